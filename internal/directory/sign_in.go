package directory

import (
	"context"
	"errors"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// SignIn begins a session for whoever knows the password of the user with an e-mail
// address. A wrong password and an unknown, disabled or invited user are answered alike,
// with unauthenticated, and after the same time; too many attempts with rate_limited; a
// user who signs in through single sign-on only with user_sso_only, whatever the password.
func (d *Directory) SignIn(ctx context.Context, email, password string, v Visitor) (*NewSession, error) {
	began := time.Now()
	account, _ := roundtable.EmailKey(email)
	if wait := d.attempts.refuses(account, v.Origin.Address, d.now()); wait > 0 {
		return nil, d.tooManyAttempts(v, wait)
	}
	holder, err := d.holderOf(ctx, account, v)
	if err != nil {
		return nil, err
	}
	attempt, err := d.attemptSignIn(ctx, account, v, holder.known)
	if err != nil {
		return nil, err
	}
	verified, err := d.verify(ctx, holder, password, v.Origin)
	if err != nil {
		attempt.forgive()
		return nil, err
	}
	switch refusal := roundtable.RefuseSignIn(holder.user, roundtable.PasswordSession); {
	case refusal == roundtable.OwnerSSOOnly:
		return nil, d.refuseSSOOnly(ctx, v, began)
	case verified.refusal != roundtable.Accepted && refusal == roundtable.Accepted:
		return nil, d.refuse(ctx, v, began, verified.refusal)
	case refusal != roundtable.Accepted:
		return nil, d.refuse(ctx, v, began, refusal)
	}
	session, err := admitting(ctx, d, v, holder.user.OrgID, func(o *operation) (*NewSession, error) {
		user, err := o.admit(holder, verified)
		if err != nil {
			return nil, err
		}
		return o.beginSession(user, roundtable.PasswordSession, v)
	})
	switch {
	case errors.Is(err, errChangedMeanwhile):
		return nil, d.refuse(ctx, v, began, roundtable.PasswordWrong)
	case err != nil:
		attempt.forgive() // the password was right
	default:
		attempt.succeed()
	}
	return session, err
}

func (d *Directory) refuseSSOOnly(ctx context.Context, v Visitor, began time.Time) error {
	err := d.refuse(ctx, v, began, roundtable.OwnerSSOOnly)
	if refusal, ok := errors.AsType[*roundtable.Error](err); ok {
		refusal.Code = roundtable.CodeUserSSOOnly
	}
	return err
}

// errChangedMeanwhile is that a password was right, and is not what counts any more.
var errChangedMeanwhile = errors.New("the password or its user changed meanwhile")

// holder is a user with its password, both as a snapshot had them.
type holder struct {
	user  *roundtable.User // nil: there is none
	hash  string           // empty: it has none
	known bool             // the visitor's address is that of a session of it
}

// holderOf reads who has an e-mail key.
func (d *Directory) holderOf(ctx context.Context, account string, v Visitor) (h holder, err error) {
	err = d.read(ctx, v.Course, func(tx *db.Tx) error {
		user := new(roundtable.User)
		found, err := tx.One("SELECT u.id, u.org_id, u.role, u.status, u.disabled, u.sso_only, COALESCE(p.hash, '')"+
			" FROM users u LEFT JOIN passwords p ON p.user_id = u.id WHERE u.email_key = $1",
			[]any{account}, &user.ID, &user.OrgID, &user.Role, &user.Status, &user.Disabled, &user.SSOOnly, &h.hash)
		if err != nil || !found {
			return err
		}
		h.user = user
		var sessions int
		_, err = tx.One("SELECT count(*) FROM sessions WHERE user_id = $1 AND address = $2 AND address <> ''", []any{user.ID, v.address()}, &sessions)
		h.known = sessions > 0
		return err
	})
	return h, translate(err)
}

// verified is what came of comparing a password.
type verified struct {
	refusal roundtable.Refusal
	hash    string // to be stored from now on; empty: the present one is as it should be
}

// verify compares a password with that of a holder; where there is none, with a decoy. One
// that is right and does not count where it comes from takes as long as a wrong one.
func (d *Directory) verify(ctx context.Context, h holder, password string, from roundtable.Origin) (v verified, err error) {
	if len(password) > secret.MaxPassword {
		password, h.hash = "", ""
	}
	right, again, err := d.hasher.Verify(ctx, h.hash, password)
	if !right {
		v.refusal = roundtable.PasswordWrong
	} else {
		v.refusal = roundtable.RefusePassword(d.published != nil && d.published(h.user.ID, password), from)
	}
	if err != nil || v.refusal != roundtable.Accepted || !again {
		return v, translate(err)
	}
	v.hash, err = d.hasher.Hash(ctx, d.random, password)
	if errors.Is(err, secret.ErrBusy) { // it has time until the next sign-in
		return v, nil
	}
	return v, translate(err)
}

// admit judges in the transaction whether what was verified before still counts, and
// stores the new hash of the password if there is one.
func (o *operation) admit(h holder, v verified) (*roundtable.User, error) {
	if err := o.loadUsersByID(o.tx, []string{h.user.ID}); err != nil {
		return nil, err
	}
	user := o.users[h.user.ID]
	var hash string
	if _, err := o.tx.One("SELECT hash FROM passwords WHERE user_id = $1", []any{h.user.ID}, &hash); err != nil {
		return nil, err
	}
	if hash != h.hash || roundtable.RefuseSignIn(user, roundtable.PasswordSession) != roundtable.Accepted {
		return nil, errChangedMeanwhile
	}
	if v.hash == "" {
		return user, nil
	}
	return user, o.tx.Later("UPDATE passwords SET hash = $2 WHERE user_id = $1", user.ID, v.hash)
}

// SignOut ends the session of a caller. One that is over already is no error.
func (d *Directory) SignOut(ctx context.Context, caller Caller) error {
	err := d.EndSession(ctx, caller, caller.UserID, caller.SessionID)
	if refusal, ok := errors.AsType[*roundtable.Error](err); ok && refusal.Code == roundtable.CodeUnauthenticated {
		return nil
	}
	return err
}
