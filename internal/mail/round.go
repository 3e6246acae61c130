package mail

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/roundtable-directory/roundtable/internal/directory"
)

// round is one claim of mails while it is sent over one connection.
type round struct {
	*Worker
	connection connection
	claim      *directory.MailClaim
	left       []directory.Mail // not yet sent
	renewed    time.Time        // when the claim was last asked for
}

// errBroken is a server that has hung up.
var errBroken = errors.New("the mail server has ended the connection")

// send sends mail after mail. Each is recorded before the next is begun, so that if the
// process dies, one at most is sent again that was sent before.
func (r *round) send(ctx context.Context) error {
	defer r.release(ctx)
	sent := 0
	for len(r.left) > 0 && ctx.Err() == nil {
		if err := r.renew(ctx); err != nil || len(r.left) == 0 {
			return err
		}
		m := r.left[0]
		d := r.hand(&m)
		if d.unseen {
			if sent > 0 {
				return nil // servers may end a connection when they have had enough
			}
			return errors.Join(errBroken, errors.New(d.Error))
		}
		r.left = r.left[1:]
		if err := r.record(ctx, &m, d.MailResult); err != nil {
			return err
		}
		sent++
		if d.broken {
			return nil
		}
	}
	return nil
}

// hand hands a mail to the server. One that cannot be written out never will be.
func (r *round) hand(m *directory.Mail) delivery {
	message, err := r.composer.compose(m, r.now())
	if err != nil {
		return delivery{MailResult: directory.MailResult{Permanent: true, Error: line(err.Error())}}
	}
	return r.connection.send(m, message)
}

// renew makes sure that what is left is still ours, for long enough to send one.
func (r *round) renew(ctx context.Context) error {
	if r.now().Sub(r.renewed) <= holdFor {
		return nil
	}
	ids := make([]int64, len(r.left))
	for i, m := range r.left {
		ids[i] = m.ID
	}
	ask, cancel := asking(ctx)
	defer cancel()
	begun := r.now()
	held, err := r.directory.HoldMails(ask, r.claim, ids)
	if err != nil {
		return err
	}
	r.renewed = begun
	r.left = slices.DeleteFunc(slices.Clone(r.left), func(m directory.Mail) bool { return !held[m.ID] })
	if r.now().Sub(begun) > directory.MailLease/2 {
		return errors.New("the directory takes too long over a claim")
	}
	return nil
}

// record stores how sending a mail ended, and tries that for a while: if it cannot, the
// mail may be sent again.
func (r *round) record(ctx context.Context, m *directory.Mail, result directory.MailResult) error {
	begun := r.now()
	for {
		ask, cancel := asking(ctx)
		err := r.directory.RecordMail(ask, r.claim, m.ID, result)
		cancel()
		if err == nil {
			r.report(m, result)
			return nil
		}
		if r.now().Sub(begun) > recordFor {
			r.log.Error("what became of a mail could not be stored: it may be sent twice", "mail", m.ID, "sent", result.Sent, "error", err)
			return err
		}
		timer := time.NewTimer(poll)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			begun = begun.Add(-recordFor) // once more, and no longer
		}
	}
}

// report logs what is worth an operator's while. Why a server refused a mail may tell of
// its reader: the outbox has that.
func (r *round) report(m *directory.Mail, result directory.MailResult) {
	switch {
	case result.Sent:
		r.log.Debug("mail sent", "mail", m.ID, "kind", m.Kind, "try", m.Tries)
	default:
		r.log.Warn("mail not sent", "mail", m.ID, "kind", m.Kind, "try", m.Tries, "permanent", result.Permanent)
	}
}

// release gives back what is left.
func (r *round) release(ctx context.Context) {
	if len(r.left) == 0 {
		return
	}
	ids := make([]int64, len(r.left))
	for i, m := range r.left {
		ids[i] = m.ID
	}
	ask, cancel := asking(ctx)
	defer cancel()
	if err := r.directory.ReleaseMails(ask, r.claim, ids); err != nil {
		r.log.Warn("mails not given back: they are free again in a while", "mails", len(ids), "error", err)
	}
}
