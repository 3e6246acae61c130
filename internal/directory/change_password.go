package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// ChangePassword gives the user who is signed in a new password, if old is its present one.
// Its other sessions end. A wrong old password is an error on old_password, what is wrong
// with the new one an error on password, too many attempts are rate_limited.
func (d *Directory) ChangePassword(ctx context.Context, caller Caller, old, password string) error {
	v := Visitor{Origin: caller.Origin, RequestID: caller.RequestID, Course: caller.Course}
	h, account, err := d.ownHolder(ctx, caller)
	if err != nil {
		return err
	}
	if err := roundtable.CheckNewPassword(password); err != nil {
		return err
	}
	attempt, err := d.attemptSignIn(ctx, account, v, true)
	if err != nil {
		return err
	}
	verified, err := d.verify(ctx, h, old, v.Origin)
	if err != nil {
		attempt.forgive()
		return err
	}
	if verified.refusal != roundtable.Accepted {
		return wrongPassword()
	}
	attempt.forgive()
	hash, err := d.hasher.Hash(ctx, d.random, password)
	if err != nil {
		return translate(err)
	}
	_, err = changing(ctx, d, caller, 1, func(o *operation) (struct{}, error) {
		return struct{}{}, o.changePassword(h, password, hash)
	})
	return err
}

func wrongPassword() error {
	return roundtable.Invalid(roundtable.FieldError{
		Field: "old_password", Code: roundtable.CodeWrongPassword, Message: "This is not your present password.",
	})
}

// ownHolder reads the password of the caller, and the account that attempts count for.
func (d *Directory) ownHolder(ctx context.Context, caller Caller) (h holder, account string, err error) {
	err = d.read(ctx, caller.Course, func(tx *db.Tx) error {
		o, err := d.newOperation(tx, &item{ctx: ctx, caller: caller})
		if err != nil {
			return err
		}
		h.user, account = o.actor.User, o.actor.User.EmailKey
		_, err = tx.One("SELECT hash FROM passwords WHERE user_id = $1", []any{h.user.ID}, &h.hash)
		return err
	})
	return h, account, translate(err)
}

func (o *operation) changePassword(h holder, password, hash string) error {
	user := o.actor.User
	var present string
	if _, err := o.tx.One("SELECT hash FROM passwords WHERE user_id = $1", []any{user.ID}, &present); err != nil {
		return err
	}
	if present != h.hash {
		return wrongPassword()
	}
	if err := o.loadOwn(user); err != nil {
		return err
	}
	update := &roundtable.Update{Patch: roundtable.UserPatch{Password: roundtable.Some(password)}, PasswordHash: hash}
	outcome, err := roundtable.ChangePassword(o.actor, update, o.facts)
	if err != nil {
		return err
	}
	return o.setPassword(user, outcome, password, hash)
}
