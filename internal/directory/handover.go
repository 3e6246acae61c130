package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// CheckedHandover is who opened a page, for the application behind it.
type CheckedHandover struct {
	UserID string           `json:"user_id"`
	Page   string           `json:"page"`
	User   *roundtable.User `json:"user"`
}

// HandOver makes the token with which a page hands the caller over to the application
// behind it, once and within a minute. A page that the caller lacks is not_found.
func (d *Directory) HandOver(ctx context.Context, caller Caller, page string) (token string, err error) {
	token, hash, err := secret.NewToken(d.random)
	if err != nil {
		return "", err
	}
	return changing(ctx, d, caller, 1, func(o *operation) (string, error) {
		user, now := o.actor.User, o.now.UnixMicro()
		if err := roundtable.HandOver(o.actor, o.facts.Orgs[user.OrgID], page); err != nil {
			return "", err
		}
		if err := o.tx.Later("DELETE FROM handovers WHERE user_id = $1 AND expires_at <= $2", user.ID, now); err != nil {
			return "", err
		}
		return token, o.tx.Later("INSERT INTO handovers (token_hash, user_id, page, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
			hash[:], user.ID, page, now, o.now.Add(roundtable.HandoverLifetime).UnixMicro())
	})
}

// CheckHandover tells whom a token hands over, to a caller who may READ that user, and
// spends the token. One that is not good is not_found.
func (d *Directory) CheckHandover(ctx context.Context, caller Caller, asked roundtable.HandoverCheck) (*CheckedHandover, error) {
	return judging(ctx, d, caller, 1, asked.Form, func(o *operation) (*CheckedHandover, error) {
		hash, read := secret.HashToken(asked.Token.Value), new(roundtable.Handover)
		found, err := o.tx.One("SELECT "+d.handovers.list+" FROM handovers WHERE token_hash = $1", []any{hash[:]}, d.handovers.into(read)...)
		if err != nil {
			return nil, err
		}
		if !found {
			read = nil
		}
		var user *roundtable.User
		if found {
			if user, err = o.about(read.UserID, handoverNeeds); err != nil {
				return nil, err
			}
		}
		if err := roundtable.CheckHandover(o.actor, read, user, &asked, o.now, o.facts); err != nil {
			return nil, err
		}
		_, err = o.tx.Exec("UPDATE handovers SET used_at = $2 WHERE token_hash = $1", hash[:], o.now.UnixMicro())
		return &CheckedHandover{user.ID, read.Page, user.View(o.facts.Orgs[user.OrgID])}, err
	})
}

// handoverNeeds is what reading somebody takes, and what is told of it.
func handoverNeeds(actor, target *roundtable.User) roundtable.Needs {
	needs := roundtable.ReadNeeds(actor, target)
	needs.TargetLists = true
	return needs
}
