package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/mail"
	"github.com/roundtable-directory/roundtable/internal/mail/mailtest"
)

const (
	mailMode     = "mails, 10,000 queued"
	queuedMails  = 10_000
	leastMails   = 200 // a second
	mailedReview = `{"org_id": %d, "review_id": "r%d", "business_id": "%s", "business_name": "Bakery on the square", "rating": 1, "author": "Karadoc",` +
		` "text": "The bread was cold, the soup was too, and nobody said good day. We shall not come back.", "keywords": ["bread", "soup"]}`
)

// post is a directory with an outbox, and an SMTP server on loopback.
type post struct {
	db        *db.DB
	directory *directory.Directory
	server    *mailtest.Server
	worker    *mail.Worker
	runs      int
}

// newMails is the subject that measures how fast an outbox is emptied.
func newMails(ctx context.Context, m mode, path string) (*subject, error) {
	database, err := db.Open(ctx, db.Options{Path: path})
	if err != nil {
		return nil, err
	}
	p := &post{db: database, directory: directory.New(database, directory.Options{}), server: &mailtest.Server{Forgets: true}}
	if err := p.begin(ctx); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return &subject{mode: m, run: p.run, stop: p.stop}, nil
}

func (p *post) begin(ctx context.Context) error {
	if err := p.server.Start(); err != nil {
		return err
	}
	server, err := mail.ParseServer("smtp://" + p.server.Address())
	if err != nil {
		return err
	}
	p.worker, err = mail.NewWorker(p.directory, mail.Options{
		Transport: server, From: &netmail.Address{Address: "post@roundtable.example"}, PublicURL: "https://roundtable.example",
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	return p.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE users SET receive_reviews_email_notifications = TRUE")
		return err
	})
}

func (p *post) stop() error {
	p.directory.Close()
	if p.worker != nil {
		p.server.Close()
	}
	return p.db.Close()
}

// run queues mails about reviews of businesses that their readers hold, which is not counted, and sends them all.
func (p *post) run(ctx context.Context, _ int) (sample, error) {
	if err := p.queue(ctx); err != nil {
		return sample{}, err
	}
	before, begin := p.server.Count(), time.Now()
	if err := p.worker.Drain(ctx); err != nil {
		return sample{}, err
	}
	took, arrived := time.Since(begin), p.server.Count()-before
	left := p.directory.Stats(ctx).Mails
	faults := max(arrived-queuedMails, queuedMails-arrived) + left.Waiting + left.Dead
	return sample{rate: float64(arrived) / took.Seconds(), faults: faults}, nil
}

func (p *post) queue(ctx context.Context) error {
	p.runs++
	type reader struct {
		id, business string
		org          int64
	}
	var readers []reader
	return p.db.Write(ctx, func(tx *db.Tx) error {
		err := tx.Each("SELECT u.id, u.org_id, MIN(b.business_id) FROM users u JOIN user_businesses b ON b.user_id = u.id"+
			" WHERE u.status = 'active' AND NOT u.disabled GROUP BY u.id, u.org_id ORDER BY u.id LIMIT $1", []any{queuedMails}, func(rows *db.Rows) error {
			var r reader
			err := rows.Scan(&r.id, &r.org, &r.business)
			readers = append(readers, r)
			return err
		})
		if err == nil && len(readers) == 0 {
			err = errors.New("nobody to write to")
		}
		for i := 0; err == nil && i < queuedMails; i++ {
			r := readers[i%len(readers)]
			_, err = tx.Exec("INSERT INTO mails (user_id, kind, about, created_at) VALUES ($1, 'review', $2, $3)",
				r.id, fmt.Sprintf(mailedReview, r.org, p.runs, r.business), time.Now().UnixMicro())
		}
		return err
	})
}

// mailTargets: the outbox is emptied at least so fast.
func (b *bench) mailTargets() []target {
	s := b.subject(mailMode)
	if s == nil {
		return nil
	}
	return []target{{fmt.Sprintf("%s: at least %d/s", mailMode, leastMails), fmt.Sprintf("%.0f/s", s.rate()), s.rate() >= leastMails}}
}
