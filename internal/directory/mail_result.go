package directory

import (
	"context"
	"math/rand/v2"

	"github.com/roundtable-directory/roundtable"
)

// maxMailError bounds what is kept of why a mail failed.
const maxMailError = 500

// MailResult says how a try to send a mail ended.
type MailResult struct {
	Sent      bool
	Permanent bool   // no further try will fare better
	Unsure    bool   // it may have arrived all the same
	Error     string // why it was not sent
}

// RecordMail stores how sending a claimed mail ended. One that failed waits for its next
// try, or is given up. That one was sent counts whoever holds it now, so that nobody
// sends it again.
func (d *Directory) RecordMail(ctx context.Context, claim *MailClaim, id int64, result MailResult) error {
	given, err := asServer(ctx, d, 1, func(o *operation) (gaveUp bool, err error) {
		if result.Sent {
			return false, o.mailSent(id)
		}
		return o.mailFailed(claim, id, result)
	})
	switch {
	case err != nil:
	case result.Sent:
		d.outbox.sent.Add(1)
	case given:
		d.outbox.failed.Add(1)
	default:
		d.outbox.deferred.Add(1)
	}
	return err
}

func (o *operation) mailSent(id int64) error {
	_, err := o.tx.Exec("UPDATE mails SET sent_at = $2, failed_at = NULL, error = '', leased_by = NULL, leased_until = NULL"+
		" WHERE id = $1 AND sent_at IS NULL", id, o.now.UnixMicro())
	return err
}

func (o *operation) mailFailed(claim *MailClaim, id int64, result MailResult) (gaveUp bool, err error) {
	tries := 0
	held, err := o.tx.One("SELECT tries FROM mails WHERE id = $1 AND leased_by = $2 AND "+waitingMail, []any{id, claim.name}, &tries)
	if err != nil || !held {
		return false, err
	}
	if !result.Unsure {
		if err := o.dropLinks(claim, []int64{id}); err != nil {
			return false, err
		}
	}
	reason := result.Error
	if runes := []rune(reason); len(runes) > maxMailError {
		reason = string(runes[:maxMailError])
	}
	wait, again := roundtable.MailWait(tries, rand.Float64())
	if again && !result.Permanent {
		_, err = o.tx.Exec("UPDATE mails SET due_at = $2, error = $3, leased_by = NULL, leased_until = NULL WHERE id = $1",
			id, o.now.Add(wait).UnixMicro(), reason)
		return false, err
	}
	_, err = o.tx.Exec("UPDATE mails SET failed_at = $2, error = $3, leased_by = NULL, leased_until = NULL WHERE id = $1",
		id, o.now.UnixMicro(), reason)
	return true, err
}
