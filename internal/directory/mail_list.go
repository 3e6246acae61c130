package directory

import (
	"cmp"
	"context"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// QueuedMail is a mail that waits or was given up, for whoever looks after the outbox.
type QueuedMail struct {
	ID        int64     `json:"id"`
	State     string    `json:"state"` // waiting, sending, failed
	Kind      string    `json:"kind"`
	UserID    string    `json:"user_id"`
	Address   string    `json:"email"`
	CreatedAt time.Time `json:"created_at"`
	DueAt     time.Time `json:"due_at"`
	Tries     int       `json:"tries"`
	Error     string    `json:"error"` // of the last try
}

// QueuedMails lists mails that were given up, the latest first, and then those that wait,
// the first due first: of each at most so many.
func (d *Directory) QueuedMails(ctx context.Context, most int) (list []QueuedMail, err error) {
	now := d.now()
	err = d.db.Read(ctx, func(tx *db.Tx) error {
		for _, which := range []string{"failed_at IS NOT NULL ORDER BY failed_at DESC", waitingMail + " ORDER BY due_at, m.id"} {
			err := tx.Each("SELECT m.id, m.kind, m.user_id, m.about, u.email, m.created_at, m.due_at, m.tries, m.error, m.leased_until, m.failed_at"+
				" FROM mails m JOIN users u ON u.id = m.user_id WHERE "+which+" LIMIT $1", []any{most}, func(rows *db.Rows) error {
				mail, err := scanQueued(rows, now)
				list = append(list, mail)
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return list, translate(err)
}

func scanQueued(rows *db.Rows, now time.Time) (QueuedMail, error) {
	m := QueuedMail{State: "waiting"}
	var created, due int64
	var leased, failed *int64
	var about string
	err := rows.Scan(&m.ID, &m.Kind, &m.UserID, &about, &m.Address, &created, &due, &m.Tries, &m.Error, &leased, &failed)
	m.CreatedAt, m.DueAt = time.UnixMicro(created).UTC(), time.UnixMicro(max(created, due)).UTC()
	row := mailRow{kind: roundtable.MailKind(m.Kind), about: about}
	m.Address = cmp.Or(row.contact().Contact, m.Address)
	switch {
	case failed != nil:
		m.State = "failed"
	case leased != nil && *leased > now.UnixMicro():
		m.State = "sending"
	}
	return m, err
}

// RetryMail puts a mail that was given up back into the queue, with all its tries. A mail
// that was not given up is not found.
func (d *Directory) RetryMail(ctx context.Context, id int64) error {
	_, err := asServer(ctx, d, 1, func(o *operation) (struct{}, error) {
		n, err := o.tx.Exec("UPDATE mails SET failed_at = NULL, error = '', tries = 0, due_at = $2 WHERE id = $1 AND failed_at IS NOT NULL AND sent_at IS NULL",
			id, o.now.UnixMicro())
		if err == nil && n == 0 {
			err = &roundtable.Error{Code: roundtable.CodeNotFound}
		}
		o.d.outbox.mailsQueued()
		return struct{}{}, err
	})
	return err
}
