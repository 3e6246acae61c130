package directory

import (
	"context"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// Step is a transaction that a request was in.
type Step struct {
	Asked  time.Time     // when the request asked for it
	Waited time.Duration // until it began: in the queue, or for a connection
	Took   time.Duration // until its end
	Items  int           // of the batch that it was; 0: it read
}

// Course is where a request spent its time, for logs, metrics and traces. It belongs to
// the goroutine of its request.
type Course struct {
	steps [4]Step // few requests have more, and those lose the last ones
	n     int
}

// Steps are the transactions that the request was in, in their order.
func (c *Course) Steps() []Step { return c.steps[:c.n] }

// add notes a step; of nobody's course nothing is noted.
func (c *Course) add(s Step) {
	if c != nil && c.n < len(c.steps) {
		c.steps[c.n] = s
		c.n++
	}
}

// snapshot is one of the ways to read from a database.
type snapshot func(ctx context.Context, fn func(*db.Tx) error) error

// read runs fn on one snapshot, as a step of the course.
func (d *Directory) read(ctx context.Context, course *Course, fn func(*db.Tx) error) error {
	return readBy(ctx, course, d.db.Read, fn)
}

// readBy is read by another way than the usual one.
func readBy(ctx context.Context, course *Course, read snapshot, fn func(*db.Tx) error) error {
	s := Step{Asked: time.Now()}
	err := read(ctx, func(tx *db.Tx) error {
		s.Waited = time.Since(s.Asked)
		return fn(tx)
	})
	s.Took = time.Since(s.Asked) - s.Waited
	course.add(s)
	return err
}
