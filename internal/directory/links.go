package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// mintLink makes the link that a mail carries, in the transaction that claims the mail for
// sending, and returns its token, which is stored nowhere. kind is invitation or reset.
func (o *operation) mintLink(user, kind string, mailID int64) (token string, err error) {
	token, hash, err := secret.NewToken(o.d.random)
	if err != nil {
		return "", err
	}
	now, lifetime := o.now.UnixMicro(), roundtable.LinkKind(kind).Lifetime()
	return token, o.tx.Later("INSERT INTO links (token_hash, user_id, kind, mail_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
		hash[:], user, kind, mailID, now, now+lifetime.Microseconds())
}

// MailedLink is a link that is good, for the page that it leads to.
type MailedLink struct {
	UserID    string
	Email     string
	FirstName string
	Lang      string
}

// LookUpLink returns whom a link is for, if it is good: a page may then ask for the new
// password. Otherwise it refuses with unauthenticated.
func (d *Directory) LookUpLink(ctx context.Context, kind roundtable.LinkKind, token string, v Visitor) (*MailedLink, error) {
	var found *MailedLink
	err := d.read(ctx, v.Course, func(tx *db.Tx) error {
		o := &operation{workingSet: d.newWorkingSet(), tx: tx}
		user, err := o.linkedUser(kind, token, v)
		if err == nil {
			found = &MailedLink{UserID: user.ID, Email: user.Email, FirstName: user.FirstName, Lang: user.Lang}
		}
		return err
	})
	return found, translate(err)
}

// linkedUser returns whom a link is for, if it is good.
func (o *operation) linkedUser(kind roundtable.LinkKind, token string, v Visitor) (*roundtable.User, error) {
	var link *roundtable.Link
	read := new(roundtable.Link)
	hash := secret.HashToken(token)
	found, err := o.tx.One("SELECT "+o.d.links.list+" FROM links WHERE token_hash = $1 AND kind = $2", []any{hash[:], string(kind)}, o.d.links.into(read)...)
	if err != nil {
		return nil, err
	}
	var user *roundtable.User
	if found {
		link = read
		if err := o.loadUsersByID(o.tx, []string{link.UserID}); err != nil {
			return nil, err
		}
		user = o.users[link.UserID]
	}
	if refusal := link.Refuse(user, o.now); refusal != roundtable.Accepted {
		o.d.log.Warn("link refused", "reason", string(refusal), "kind", string(kind), "address", v.address(), "request_id", v.RequestID)
		return nil, &roundtable.Error{Code: roundtable.CodeUnauthenticated}
	}
	return user, nil
}
