package directory

import (
	"errors"
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// Batch is a transaction of the write path that has ended, for those who watch it.
type Batch struct {
	Items    int
	Began    time.Time
	Took     time.Duration
	Conflict bool  // another had changed what it read: it is begun anew
	Err      error // nil: it is on the disk, or there was nothing to write, or a conflict
}

// writing knows which transactions of the write path are at work, and how the last one
// ended that wrote.
type writing struct {
	mu     sync.Mutex
	last   int
	began  map[int]time.Time // of those at work
	failed error             // of the last that had something to write; nil: it is on the disk
}

// begin notes a transaction.
func (w *writing) begin(now time.Time) (id int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.began == nil {
		w.began = make(map[int]time.Time)
	}
	w.last++
	w.began[w.last] = now
	return w.last
}

// end notes how a transaction ended. One that had nothing to write, or failed by its own
// fault, tells nothing about the next.
func (w *writing) end(id int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.began, id)
	if err == nil || errors.Is(err, db.ErrUnavailable) || errors.Is(err, db.ErrClosed) {
		w.failed = err
	}
}

// state returns since when the oldest transaction has been at work, zero if there is
// none, and the error that the last write ended with.
func (w *writing) state() (oldest time.Time, failed error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, began := range w.began {
		if oldest.IsZero() || began.Before(oldest) {
			oldest = began
		}
	}
	return oldest, w.failed
}

// begin notes that a batch begins. ended notes its end, in its items too, before they are
// answered.
func (d *Directory) begin(batch []*item) (ended func(error)) {
	began := time.Now()
	id := d.writing.begin(began)
	return func(err error) {
		d.writing.end(id, err)
		conflict := errors.Is(err, db.ErrConflict)
		if conflict || errors.Is(err, errNothingToWrite) {
			err = nil
		}
		took := time.Since(began)
		for _, it := range batch {
			it.step = Step{Asked: it.asked, Waited: began.Sub(it.asked), Took: took, Items: len(batch)}
		}
		if d.observe != nil {
			d.observe(Batch{Items: len(batch), Began: began, Took: took, Conflict: conflict, Err: err})
		}
	}
}
