package directory

import (
	"context"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// Stats are figures of a directory at one moment. What is counted is counted since it
// began.
type Stats struct {
	Waiting     int           // changes in the queue
	Oldest      time.Duration // how long the first of them has waited
	Refused     int64         // changes that found the queue full
	RateLimited int64         // requests over the limit of their organisation
	Rosters     int           // organisations whose users are in memory, for searches
	RosterBytes int           // what those take
	Passwords   secret.Load
	Mails       MailStats
	Database    db.Stats
	Ready       bool
	Check       time.Duration // what the last look at the database took
}

// Stats looks at everything that is worth watching. It takes as long as Ready.
func (d *Directory) Stats(ctx context.Context) Stats {
	s := Stats{Passwords: d.hasher.Load(), Database: d.db.Stats()}
	s.Waiting, s.Oldest, s.Refused = d.queue.stats(time.Now())
	s.Rosters, s.RosterBytes = d.rosters.stats()
	s.RateLimited = d.rates.refusals()
	var err error
	s.Check, err = d.ready(ctx)
	s.Ready = err == nil
	s.Mails = d.mailStats(ctx, s.Ready)
	return s
}

func (q *queue) stats(now time.Time) (waiting int, oldest time.Duration, refused int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, items := range q.items {
		oldest = max(oldest, now.Sub(items[0].asked))
	}
	return q.size, oldest, q.excess
}

func (s *rosters) stats() (held, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byOrg), s.bytes
}

func (l *rateLimit) refusals() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused
}
