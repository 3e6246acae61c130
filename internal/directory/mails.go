package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync/atomic"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// MailLease is how long a mail that was claimed is nobody else's. Whoever sends it renews
// that with HoldMails; if the process dies, the mail is free again after so long.
const MailLease = 2 * time.Minute

// Mail is a mail to be sent, as its reader is now.
type Mail struct {
	ID        int64
	Kind      roundtable.MailKind
	UserID    string
	Address   string
	FirstName string
	LastName  string
	Lang      string
	Org       string // the name of the reader's organisation
	About     json.RawMessage
	Token     string // of the link that it carries; "": it carries none
	CreatedAt time.Time
	Tries     int // with this one
}

// MailClaim is mails that nobody else sends meanwhile.
type MailClaim struct {
	Mails []Mail

	name string
	at   int64 // when, in Unix microseconds: the links of the claim were made then
}

// outbox is what a directory remembers of the mails of its node.
type outbox struct {
	queued atomic.Bool   // in the batch that is being written
	wake   chan struct{} // holds one if mails were queued since
	claims atomic.Int64

	sent, deferred, failed atomic.Int64
}

func (b *outbox) mailsQueued() { b.queued.Store(true) }

// written is told that a batch is on the disk.
func (b *outbox) written() {
	if !b.queued.Swap(false) {
		return
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// MailsQueued receives soon after a mail was queued on this node. What other nodes queue,
// and what becomes due, is found by DueMails only.
func (d *Directory) MailsQueued() <-chan struct{} { return d.outbox.wake }

// waitingMail is the condition on which a mail is to be sent sooner or later.
const waitingMail = "sent_at IS NULL AND cancelled_at IS NULL AND failed_at IS NULL"

// dueOfKind is what the index has in this order.
const dueOfKind = "SELECT id, due_at FROM mails WHERE kind = $1 AND " + waitingMail + " AND due_at <= $2 ORDER BY due_at, id LIMIT $3"

// dueMail is a mail that may be sent now.
type dueMail struct{ id, due int64 }

// DueMails are the ids of mails to be claimed now: urgent ones before others, and of each
// the longest due first. A quarter of the places is for others while there are any, so
// that neither waits for the end of the other. The due date of a mail that is claimed is the end of
// that. Kinds that only a newer version knows are left to the nodes that have it.
func (d *Directory) DueMails(ctx context.Context, most int) (ids []int64, err error) {
	var urgent, others []dueMail
	err = d.db.Get(ctx, func(tx *db.Tx) error {
		for _, kind := range roundtable.MailKinds() {
			due := &others
			if kind.Urgent() {
				due = &urgent
			}
			err := tx.EachLater(dueOfKind, []any{string(kind), d.now().UnixMicro(), most}, func(rows *db.Rows) error {
				var m dueMail
				err := rows.Scan(&m.id, &m.due)
				*due = append(*due, m)
				return err
			})
			if err != nil {
				return err
			}
		}
		return tx.Flush()
	})
	places := most - min(len(others), most/4)
	for _, due := range [][]dueMail{longestDue(urgent, places), longestDue(others, most-min(len(urgent), places))} {
		for _, m := range due {
			ids = append(ids, m.id)
		}
	}
	return ids, translate(err)
}

// longestDue are the first of them, at most so many.
func longestDue(due []dueMail, most int) []dueMail {
	slices.SortFunc(due, func(a, b dueMail) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.id, b.id)) })
	return due[:min(len(due), most)]
}

// asServer carries out a change that no caller asks for.
func asServer[T any](ctx context.Context, d *Directory, weight int, do func(*operation) (T, error)) (T, error) {
	return carryOut(d, &item{ctx: ctx, server: true, bulk: true, weight: max(1, weight), answered: make(chan struct{})}, do)
}

// mailRow is a mail as it is stored.
type mailRow struct {
	id, createdAt int64
	user          string
	kind          roundtable.MailKind
	about         string
	tries         int
}

// dueAmong reads those of the mails that may be claimed, in the order of ids.
func (o *operation) dueAmong(ids []int64) (due []mailRow, err error) {
	err = db.EachIn(o.tx, "SELECT id, user_id, kind, about, created_at, tries FROM mails WHERE "+waitingMail+" AND due_at <= $1 AND id IN (?ids)",
		[]any{o.now.UnixMicro()}, ids, func(rows *db.Rows) error {
			var m mailRow
			err := rows.Scan(&m.id, &m.user, &m.kind, &m.about, &m.createdAt, &m.tries)
			due = append(due, m)
			return err
		})
	slices.SortFunc(due, func(a, b mailRow) int { return slices.Index(ids, a.id) - slices.Index(ids, b.id) })
	return due, err
}

// MailStats are figures of the outbox. What is counted was done by this node.
type MailStats struct {
	Waiting int           // of all nodes
	Oldest  time.Duration // since the first of them was queued
	Dead    int           // given up

	Sent, Deferred, Failed int64
}

// mailStats counts the mails in the database only if that answers.
func (d *Directory) mailStats(ctx context.Context, answers bool) (s MailStats) {
	s.Sent, s.Deferred, s.Failed = d.outbox.sent.Load(), d.outbox.deferred.Load(), d.outbox.failed.Load()
	if !answers {
		return s
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var oldest *int64
	err := d.db.Read(ctx, func(tx *db.Tx) error {
		_, err := tx.One("SELECT count(*), min(created_at) FROM mails WHERE "+waitingMail, nil, &s.Waiting, &oldest)
		if err == nil {
			_, err = tx.One("SELECT count(*) FROM mails WHERE failed_at IS NOT NULL", nil, &s.Dead)
		}
		return err
	})
	if err != nil {
		d.log.Warn("mails not counted", "error", err)
	}
	if oldest != nil {
		s.Oldest = max(0, d.now().Sub(time.UnixMicro(*oldest)))
	}
	return s
}
