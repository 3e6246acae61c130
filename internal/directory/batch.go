package directory

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// item is one update on its way through the write path.
type item struct {
	ctx    context.Context // of the caller: an item whose caller is gone is not begun
	caller Caller
	target string
	update *roundtable.Update
	bulk   bool
	weight int // list elements, at least 1

	outcome  *roundtable.Outcome
	err      error
	answered chan struct{}
}

func newItem(ctx context.Context, caller Caller, target string, update *roundtable.Update) *item {
	weight := 1 + len(update.Patch.BusinessIDs.Value)
	for _, set := range update.Patch.Accesses.Value {
		weight += len(set)
	}
	return &item{ctx: ctx, caller: caller, target: target, update: update, weight: weight, answered: make(chan struct{})}
}

func (it *item) needs(actor, target *roundtable.User) roundtable.Needs {
	if it.update == nil {
		return roundtable.ReadNeeds(actor, target)
	}
	return roundtable.UpdateNeeds(actor, target, &it.update.Patch)
}

func (it *item) answer(outcome *roundtable.Outcome, err error) {
	it.outcome, it.err = outcome, err
	close(it.answered)
}

// work is the one worker of an engine with one writer. It ends when the queue is
// closed and empty.
func (d *Directory) work() {
	defer close(d.stopped)
	for {
		batch := d.queue.take(d.maxBatch)
		if batch == nil {
			return
		}
		d.queue.putBack(d.run(batch))
	}
}

// verdict is what a batch found for an item.
type verdict struct {
	outcome *roundtable.Outcome
	err     error
	waits   bool // left for a later batch
}

// run carries out a batch in one transaction and answers its items. It returns
// those that have to wait for a later one. A write that fails is bisected until
// the item that breaks it stands alone.
func (d *Directory) run(batch []*item) (waiting []*item) {
	verdicts, err := d.attempt(batch)
	switch {
	case err == nil:
		for i, it := range batch {
			if verdicts[i].waits {
				waiting = append(waiting, it)
			} else {
				it.answer(verdicts[i].outcome, verdicts[i].err)
			}
		}
	case len(batch) > 1 && !errors.Is(err, db.ErrUnavailable):
		d.log.Error("batch failed, taking it apart", "items", len(batch), "error", err)
		half := len(batch) / 2
		waiting = append(d.run(batch[:half]), d.run(batch[half:])...)
	default:
		for _, it := range batch {
			it.answer(nil, translate(err))
		}
	}
	return waiting
}

// errNothingToWrite rolls back a batch that changed nothing.
var errNothingToWrite = errors.New("nothing to write")

// attempt judges the items one after the other and writes what they came to. A panic
// fails the batch like an error: it has been rolled back.
func (d *Directory) attempt(batch []*item) (verdicts []verdict, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	verdicts = make([]verdict, len(batch))
	err = d.db.Write(context.Background(), func(tx *db.Tx) error {
		w := d.newWorkingSet()
		if err := w.load(tx, batch); err != nil {
			return err
		}
		for i, it := range batch {
			if w.mustWait(it) {
				verdicts[i].waits = true
				continue
			}
			verdicts[i].outcome, verdicts[i].err = d.judgeSafely(w, it)
		}
		if len(w.outcomes) == 0 {
			return errNothingToWrite
		}
		return w.write(tx)
	})
	if errors.Is(err, errNothingToWrite) {
		err = nil
	}
	return verdicts, err
}

// judgeSafely judges one item; a panic fails that item only. A rule changes the
// working set after all its judging, so a panic leaves it whole.
func (d *Directory) judgeSafely(w *workingSet, it *item) (outcome *roundtable.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.log.Error("panic in a rule", "panic", p, "request_id", it.caller.RequestID, "stack", string(debug.Stack()))
			outcome, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	return w.judge(it)
}
