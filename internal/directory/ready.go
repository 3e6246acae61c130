package directory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
)

const (
	readyFor    = time.Second      // how long Ready says yes without looking again
	readyWithin = 2 * time.Second  // when it is given up
	stuckAfter  = 10 * time.Second // how long a transaction may be at work
)

// errSilent is a database that does not answer in time.
var errSilent = fmt.Errorf("%w: no answer within %s", db.ErrUnavailable, readyWithin)

// readiness remembers the last good check for a moment, so that it costs little to ask
// often, and one check at a time is all that hangs on a database which does.
type readiness struct {
	mu    sync.Mutex
	check *check
}

// check is one look at the database.
type check struct {
	ended chan struct{} // closed once the rest is known
	at    time.Time
	took  time.Duration
	err   error
}

// isOver reports whether the answer is not to be given again: it is too old, or no.
func (c *check) isOver() bool {
	select {
	case <-c.ended:
		return c.err != nil || time.Since(c.at) >= readyFor
	default:
		return false
	}
}

// Ready reports whether the database answers and takes writes: nil, or an error of code
// unavailable. It may be asked as often as one likes.
func (d *Directory) Ready(ctx context.Context) error {
	_, err := d.ready(ctx)
	return err
}

// ready is Ready, with the time that the check took.
func (d *Directory) ready(ctx context.Context) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	c := d.recentCheck()
	select {
	case <-c.ended:
		took, err = c.took, c.err
	case <-ctx.Done():
		took, err = readyWithin, errSilent
	}
	if err != nil {
		err = errors.Join(unavailable(), err)
	}
	return took, err
}

// recentCheck is the last check, or a new one.
func (d *Directory) recentCheck() *check {
	d.checks.mu.Lock()
	defer d.checks.mu.Unlock()
	if last := d.checks.check; last != nil && !last.isOver() {
		return last
	}
	c := &check{ended: make(chan struct{})}
	d.checks.check = c
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
		defer cancel()
		began := time.Now()
		c.err = d.check(ctx)
		c.at = time.Now()
		c.took = c.at.Sub(began)
		close(c.ended)
	}()
	return c
}

// check looks at the database. It writes only if it must: if the last write failed, or
// the database cannot tell otherwise whether there is room for one.
func (d *Directory) check(ctx context.Context) error {
	if d.queue.isClosed() {
		return errors.New("the server stops")
	}
	oldest, failed := d.writing.state()
	if !oldest.IsZero() && time.Since(oldest) > stuckAfter {
		return fmt.Errorf("%w: a transaction has been at work since %s", db.ErrUnavailable, oldest.UTC().Format(time.RFC3339))
	}
	sure, err := d.db.Check(ctx)
	if err != nil || failed == nil && sure {
		return err
	}
	return d.tryWrite(ctx)
}

// tryWrite writes a row as it is, through the write path.
func (d *Directory) tryWrite(ctx context.Context) error {
	it := &item{ctx: ctx, server: true, weight: 1, answered: make(chan struct{})}
	it.do = func(o *operation) error {
		_, err := o.tx.Exec("UPDATE providers SET label = label WHERE id = (SELECT MIN(id) FROM providers)")
		return err
	}
	if err := d.queue.push(it); err != nil {
		return err
	}
	select {
	case <-it.answered:
		return it.err
	case <-ctx.Done():
		return errSilent
	}
}
