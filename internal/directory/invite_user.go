package directory

import (
	"context"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// InviteUser queues an invitation mail for a user (section 3), in the place of one that
// still waits to be sent.
func (d *Directory) InviteUser(ctx context.Context, caller Caller, id string) error {
	_, err := changing(ctx, d, caller, 1, func(o *operation) (struct{}, error) { return struct{}{}, o.invite(id) })
	return err
}

func (o *operation) invite(id string) error {
	target, err := o.about(id, roundtable.ReadNeeds)
	if err != nil {
		return err
	}
	last, err := o.lastMail(id, mailInvitation)
	if err != nil {
		return err
	}
	if err := roundtable.InviteUser(o.actor, target, last, o.now, o.facts); err != nil {
		return err
	}
	return o.replaceMail(id, mailInvitation)
}

// replaceMail queues a mail of a kind to a user, in the place of one that still waits.
func (o *operation) replaceMail(id, kind string) error {
	_, err := o.tx.Exec("UPDATE mails SET cancelled_at = $2 WHERE user_id = $1 AND kind = $3 AND "+waitingMail,
		id, o.now.UnixMicro(), kind)
	if err != nil {
		return err
	}
	return o.queueMail(o.tx, id, kind, nil)
}

// lastMail is when the last mail of a kind to a user went out, or began to wait for that;
// the zero time if there was none.
func (o *operation) lastMail(id, kind string) (time.Time, error) {
	var last *int64
	_, err := o.tx.One("SELECT MAX(COALESCE(sent_at, created_at)) FROM mails WHERE user_id = $1 AND kind = $2 AND cancelled_at IS NULL",
		[]any{id, kind}, &last)
	if err != nil || last == nil {
		return time.Time{}, err
	}
	return time.UnixMicro(*last), nil
}
