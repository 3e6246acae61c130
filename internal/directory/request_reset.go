package directory

import (
	"context"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// RequestReset has a link mailed with which the user with an e-mail address sets a new
// password, if there is one who may: enabled, active and not sso_only. One mail goes out in
// five minutes. The answer is the same, and comes after the same time, whether there is
// such a user or not; too many requests are rate_limited.
func (d *Directory) RequestReset(ctx context.Context, email string, v Visitor) error {
	began := time.Now()
	account, _ := roundtable.EmailKey(email)
	if _, err := d.attemptSignIn(ctx, "reset "+account, v, true); err != nil {
		return err
	}
	_, err := admitting(ctx, d, v, 0, func(o *operation) (struct{}, error) { return struct{}{}, o.queueReset(account) })
	if err != nil {
		return err
	}
	return d.refusalTimeAfter(ctx, began)
}

func (o *operation) queueReset(account string) error {
	var id string
	found, err := o.tx.One("SELECT id FROM users WHERE email_key = $1", []any{account}, &id)
	if err != nil || !found {
		return err
	}
	if err := o.loadUsersByID(o.tx, []string{id}); err != nil {
		return err
	}
	last, err := o.lastMail(id, mailReset)
	if err != nil || !roundtable.MayReset(o.users[id]) || roundtable.MailedLately(last, o.now) > 0 {
		return err
	}
	return o.replaceMail(id, mailReset)
}
