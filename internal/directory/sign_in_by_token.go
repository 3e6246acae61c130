package directory

import (
	"context"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// SignInByConnectionToken begins a session for the user that a connection token is for,
// and consumes the token: whatever comes at the same time, it lets in once. One that is
// not good is refused with unauthenticated. Attempts are not counted: nobody guesses 192
// bits, and many may come from one address.
func (d *Directory) SignInByConnectionToken(ctx context.Context, text string, v Visitor) (*NewSession, error) {
	began := time.Now()
	orgID := int64(0)
	refusal := roundtable.Accepted
	err := d.read(ctx, v.Course, func(tx *db.Tx) error {
		o := &operation{workingSet: d.newWorkingSet(), tx: tx}
		user, err := o.tokenUser(text, &refusal)
		if user != nil {
			orgID = user.OrgID
		}
		return err
	})
	if err != nil {
		return nil, translate(err)
	}
	if refusal != roundtable.Accepted {
		return nil, d.refuse(ctx, v, began, refusal)
	}
	session, err := admitting(ctx, d, v, orgID, func(o *operation) (*NewSession, error) {
		user, err := o.tokenUser(text, &refusal)
		if err != nil || refusal != roundtable.Accepted {
			return nil, err
		}
		hash := secret.HashToken(text)
		if err := o.tx.Later("UPDATE connection_tokens SET consumed_at = $2 WHERE token_hash = $1", hash[:], o.now.UnixMicro()); err != nil {
			return nil, err
		}
		return o.beginSession(user, roundtable.TokenSession, v)
	})
	if err == nil && session == nil {
		return nil, d.refuse(ctx, v, began, refusal)
	}
	return session, err
}

// tokenUser returns whom a connection token lets in, or why it does not.
func (o *operation) tokenUser(text string, refusal *roundtable.Refusal) (*roundtable.User, error) {
	*refusal = roundtable.TokenUnknown
	token, err := o.connectionToken("", text)
	if err != nil || token == nil {
		return nil, err
	}
	if token.Status(o.now) != roundtable.TokenValid {
		*refusal = roundtable.TokenSpent
		return nil, nil
	}
	err = o.loadUsersByID(o.tx, []string{token.UserID})
	user := o.users[token.UserID]
	*refusal = roundtable.RefuseSignIn(user, roundtable.TokenSession)
	return user, err
}
