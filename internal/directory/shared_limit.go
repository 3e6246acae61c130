package directory

import (
	"context"
	crand "crypto/rand"
	"math/rand/v2"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
)

const (
	// tellEvery is how often nodes tell each other what they have counted: the limit may
	// be passed by what comes within two such spans.
	tellEvery = 400 * time.Millisecond
	// forgetAfter is how long what a node has told is kept.
	forgetAfter = 10 * QuotaWindow
	// clocksDiffer is how far the clock of another node may be ahead.
	clocksDiffer = 5 * time.Second
)

// told is what a node has counted of an organisation.
type told struct {
	org   int64
	since int64 // Unix microseconds
	n     int
}

// beginLimit shares the count of requests where other nodes may be.
func (d *Directory) beginLimit() {
	ctx, cancel := context.WithCancel(context.Background())
	d.node, d.endLimit, d.limitKept = crand.Text(), cancel, make(chan struct{})
	if d.rates.limit <= 0 || d.db.Engine() != db.PostgreSQL {
		close(d.limitKept)
		return
	}
	go d.keepLimit(ctx)
}

// keepLimit tells the other nodes what was counted here, and hears what they have
// counted, time after time until ctx ends. No request waits for it, or writes.
func (d *Directory) keepLimit(ctx context.Context) {
	defer close(d.limitKept)
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := d.shareLimit(ctx); err != nil && ctx.Err() == nil {
				d.log.Warn("requests on other nodes not counted", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// shareLimit writes what was counted here since the last time, and reads what the
// others have: apart, so that nodes are never in each other's way.
func (d *Directory) shareLimit(ctx context.Context) error {
	now := d.now()
	news, open := d.rates.news(now)
	if len(news) > 0 {
		if err := d.db.Write(ctx, func(tx *db.Tx) error { return d.tell(tx, news, now) }); err != nil {
			d.rates.untold(news)
			return err
		}
	}
	var heard []told
	err := d.db.Get(ctx, func(tx *db.Tx) error {
		return db.EachIn(tx, "SELECT org_id, since, requests FROM rate_windows WHERE node <> $1 AND since > $2 AND org_id IN (?ids)",
			[]any{d.node, now.Add(-QuotaWindow).UnixMicro()}, open, func(rows *db.Rows) error {
				var t told
				err := rows.Scan(&t.org, &t.since, &t.n)
				heard = append(heard, t)
				return err
			})
	})
	if err == nil {
		d.rates.hear(heard, now)
	}
	return err
}

// tell writes what was counted, and now and then drops what nobody asks for any more.
func (d *Directory) tell(tx *db.Tx, news []told, now time.Time) error {
	for _, t := range news {
		err := tx.Later("INSERT INTO rate_windows (org_id, node, since, requests) VALUES ($1, $2, $3, $4)"+
			" ON CONFLICT (org_id, node) DO UPDATE SET since = excluded.since, requests = excluded.requests", t.org, d.node, t.since, t.n)
		if err != nil {
			return err
		}
	}
	if rand.N(100) > 0 {
		return nil
	}
	return tx.Later("DELETE FROM rate_windows WHERE since < $1", now.Add(-forgetAfter).UnixMicro())
}

// news is what the others do not know yet, and the organisations that they may know
// something of.
func (l *rateLimit) news(now time.Time) (list []told, open []int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for org, w := range l.windows {
		if !w.holds(now) {
			delete(l.windows, org)
			continue
		}
		open = append(open, org)
		if !w.told {
			list = append(list, told{org, w.since.UnixMicro(), w.n})
			w.told = true
		}
	}
	return list, open
}

// untold has to be told again.
func (l *rateLimit) untold(list []told) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, t := range list {
		if w := l.windows[t.org]; w != nil {
			w.told = false
		}
	}
}

// hear takes in what other nodes have counted. The window of whoever began first is
// everybody's.
func (l *rateLimit) hear(list []told, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	others := make(map[int64]int)
	for _, t := range list {
		w, since := l.windows[t.org], time.UnixMicro(t.since)
		if !w.holds(now) || since.After(now.Add(clocksDiffer)) {
			continue
		}
		others[t.org] += t.n
		if since.Before(w.since) {
			w.since, w.told = since, false
		}
	}
	for org, n := range others {
		l.windows[org].others = n
	}
}
