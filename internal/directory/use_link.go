package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// AcceptInvitation sets the first password of whoever an invitation link is for, who is
// active from then on. A link that is not good, or was used just now by somebody else, is
// refused with unauthenticated; a password that does not do with an error on password, and
// the link stays good.
func (d *Directory) AcceptInvitation(ctx context.Context, token, password string, v Visitor) error {
	return d.useLink(ctx, roundtable.InvitationLink, token, password, v)
}

// ResetPassword sets a new password for whoever a reset link is for, as AcceptInvitation
// does. It ends all sessions of the user.
func (d *Directory) ResetPassword(ctx context.Context, token, password string, v Visitor) error {
	return d.useLink(ctx, roundtable.ResetLink, token, password, v)
}

func (d *Directory) useLink(ctx context.Context, kind roundtable.LinkKind, token, password string, v Visitor) error {
	if _, err := d.LookUpLink(ctx, kind, token, v); err != nil {
		return err
	}
	if err := roundtable.CheckNewPassword(password); err != nil {
		return err
	}
	hash, err := d.hasher.Hash(ctx, d.random, password)
	if err != nil {
		return translate(err)
	}
	_, err = admitting(ctx, d, v, 0, func(o *operation) (struct{}, error) {
		user, err := o.linkedUser(kind, token, v)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, o.setByLink(user, token, password, hash)
	})
	return err
}

// setByLink spends a link, and sets the password of its user.
func (o *operation) setByLink(user *roundtable.User, token, password, hash string) error {
	spent := secret.HashToken(token)
	if _, err := o.tx.Exec("UPDATE links SET used_at = $2 WHERE token_hash = $1", spent[:], o.now.UnixMicro()); err != nil {
		return err
	}
	if err := o.loadOwn(user); err != nil {
		return err
	}
	outcome, err := roundtable.UseLink(user, password, o.facts)
	if err != nil {
		return err
	}
	return o.setPassword(user, outcome, password, hash)
}

// loadOwn loads what judging a change of somebody's own password takes.
func (o *operation) loadOwn(user *roundtable.User) error {
	wanted := &wantedFacts{
		orgs: map[int64]bool{user.OrgID: true}, credentials: map[string]bool{user.ID: true},
	}
	return arrived(o.tx, o.askOrgs(o.tx, keys(wanted.orgs)), o.askCredentials(o.tx, wanted))
}

// setPassword writes the outcome of a change that the user itself made, with its hash.
func (o *operation) setPassword(user *roundtable.User, outcome *roundtable.Outcome, password, hash string) error {
	by := *o.item
	by.caller.UserID = user.ID
	by.update = &roundtable.Update{Patch: roundtable.UserPatch{Password: roundtable.Some(password)}, PasswordHash: hash}
	o.apply(&by, outcome)
	return o.writeUsers()
}
