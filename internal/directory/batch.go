package directory

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// item is one change on its way through the write path: an update of one user, or
// an operation of another kind.
type item struct {
	ctx    context.Context // of the caller: an item whose caller is gone is not begun
	caller Caller
	target string               // the user that is updated
	update *roundtable.Update   // of target; nil: it is only to be read
	create *roundtable.Creation // of target
	do     func(*operation) error
	needed func(actor, target *roundtable.User) roundtable.Needs // of an operation on target; nil: what reading it takes
	bulk   bool
	server bool // no caller asked for it: nobody's rights are judged

	reverts *int64 // the event of the target that the update undoes
	weight  int    // list elements, at least 1

	// result is what the caller is answered with, once the item has been carried out.
	result func(*roundtable.Outcome) any

	asked    time.Time // when it was put into the queue
	kind     kind      // since then
	outruns  int       // how often another node was quicker
	step     Step      // its transaction, once it is answered
	outcome  *roundtable.Outcome
	err      error
	answered chan struct{}
}

func newItem(ctx context.Context, caller Caller, target string, update *roundtable.Update) *item {
	return &item{ctx: ctx, caller: caller, target: target, update: update, weight: weightOf(&update.Patch), answered: make(chan struct{})}
}

func newCreation(ctx context.Context, caller Caller, creation *roundtable.Creation) *item {
	return &item{ctx: ctx, caller: caller, target: creation.ID, create: creation, weight: weightOf(&creation.Patch), answered: make(chan struct{})}
}

func weightOf(patch *roundtable.UserPatch) int {
	weight := 1 + len(patch.BusinessIDs.Value)
	for _, set := range patch.Accesses.Value {
		weight += len(set)
	}
	return weight
}

// patch is what the item asks to set; nil: nothing.
func (it *item) patch() *roundtable.UserPatch {
	switch {
	case it.create != nil:
		return &it.create.Patch
	case it.update != nil:
		return &it.update.Patch
	}
	return nil
}

func (it *item) form() []roundtable.FieldError {
	if it.create != nil {
		return it.create.Form
	}
	return it.update.Form
}

func (it *item) needs(actor, target *roundtable.User) roundtable.Needs {
	switch {
	case it.create != nil:
		return roundtable.CreationNeeds(actor)
	case it.update != nil:
		return roundtable.UpdateNeeds(actor, target, &it.update.Patch)
	case it.needed != nil:
		return it.needed(actor, target)
	}
	return roundtable.ReadNeeds(actor, target)
}

func (it *item) answer(outcome *roundtable.Outcome, err error) {
	it.outcome, it.err = outcome, err
	close(it.answered)
}

// kindOf is decides unless nothing that the item changes is read by a rule.
func kindOf(it *item) kind {
	if it.update != nil && it.update.Patch.Inert() {
		return inert
	}
	return decides
}

// work carries out batches of some kinds of items until the queue is closed and empty.
func (d *Directory) work(of []kind) {
	for {
		batch := d.queue.take(d.maxBatch, of)
		if batch == nil {
			return
		}
		d.queue.putBack(d.run(batch))
		d.queue.done(batch)
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
	verdicts, err := d.attemptAgain(batch)
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
		if !d.inTheWay(err) {
			d.log.Error("batch failed, taking it apart", "items", len(batch), "error", err)
		}
		half := len(batch) / 2
		waiting = append(d.run(batch[:half]), d.run(batch[half:])...)
	default:
		if d.inTheWay(err) && !errors.Is(err, db.ErrConflict) { // it is not another's doing
			d.log.Error("the database refuses an item", "items", len(batch), "error", err)
		}
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
	ended := d.begin(batch)
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
		ended(err)
		if errors.Is(err, errNothingToWrite) {
			err = nil
		}
		if err == nil {
			d.outbox.written()
		}
		if err != nil { // nobody was told anything
			for i, v := range verdicts {
				if saysTaken(v.err) {
					d.emails.forgive(batch[i].caller.OrgID)
				}
			}
		}
	}()
	verdicts = make([]verdict, len(batch))
	w := d.newWorkingSet()
	judge := func(tx *db.Tx) error { return d.judgeUpdates(tx, w, batch, verdicts) }
	if slices.ContainsFunc(batch, func(it *item) bool { return kindOf(it) == decides }) {
		err = d.db.Write(context.Background(), func(tx *db.Tx) error {
			if err := judge(tx); err != nil {
				return err
			}
			return d.storeAndOperate(tx, w, batch, verdicts)
		})
	} else {
		err = d.db.ReadThenWrite(context.Background(), judge, func(tx *db.Tx) error { return d.storeUnchanged(tx, w, batch, verdicts) })
	}
	if err == nil {
		w.putOff(batch, verdicts)
	}
	return verdicts, err
}

// judgeUpdates judges the updates of a batch, by what is read set-wise.
func (d *Directory) judgeUpdates(tx *db.Tx, w *workingSet, batch []*item, verdicts []verdict) (err error) {
	if err := w.load(tx, updatesOf(batch)); err != nil {
		return err
	}
	for i, it := range batch {
		switch {
		case it.do != nil:
		case w.mustWait(it):
			verdicts[i].waits = true
		default:
			verdicts[i], err = d.judgeOnce(tx, w, it)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// storeAndOperate stores what the updates of a batch came to, and carries out its
// operations.
func (d *Directory) storeAndOperate(tx *db.Tx, w *workingSet, batch []*item, verdicts []verdict) error {
	if len(w.outcomes) > 0 {
		if err := w.write(tx); err != nil {
			return err
		}
	}
	kept, err := d.keepAnswers(tx, w, batch, verdicts)
	if err != nil {
		return err
	}
	operated, err := d.attemptOperations(tx, batch, verdicts)
	if err == nil && len(w.outcomes) == 0 && !kept && !operated {
		return errNothingToWrite
	}
	return err
}

// storeUnchanged stores what came to those users whom nobody has changed since they were
// read. The answer to an update that is not stored is not kept either.
func (d *Directory) storeUnchanged(tx *db.Tx, w *workingSet, batch []*item, verdicts []verdict) error {
	if len(w.outcomes) > 0 {
		if err := w.writeUnchanged(tx); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(batch, func(it *item) bool { return it.caller.Retry != nil }) {
		if err := tx.Flush(); err != nil {
			return err
		}
		w.putOff(batch, verdicts)
	}
	kept, err := d.keepAnswers(tx, w, batch, verdicts)
	if err == nil && len(w.outcomes) == 0 && !kept {
		return errNothingToWrite
	}
	return err
}

// judgeOnce judges one update, or finds that it was answered before. A twin within the
// batch waits until the first is on the disk.
func (d *Directory) judgeOnce(tx *db.Tx, w *workingSet, it *item) (v verdict, err error) {
	retry := it.caller.Retry
	if retry == nil {
		v.outcome, v.err = d.judgeSafely(w, it, toApply)
		return v, nil
	}
	if w.retries[retry.Scope] {
		return verdict{waits: true}, nil
	}
	w.retries[retry.Scope] = true
	replayed, err := d.replay(tx, retry, w.now)
	if err != nil {
		return v, err
	}
	if replayed == nil {
		v.outcome, v.err = d.judgeSafely(w, it, toApply)
		return v, nil
	}
	if _, v.err = d.judgeSafely(w, it, toReplay); !judgedAnew(v.err) {
		v.err = replayed
	}
	return v, nil
}

// keepAnswers stores the answers to those updates that may be sent again.
func (d *Directory) keepAnswers(tx *db.Tx, w *workingSet, batch []*item, verdicts []verdict) (kept bool, err error) {
	for i, it := range batch {
		v := &verdicts[i]
		if it.do != nil || it.caller.Retry == nil || v.waits || !final(v.err) {
			continue
		}
		if v.err != nil && it.update != nil {
			v.err = d.explainIn(tx, it, v.err)
		}
		var result any
		if v.err == nil {
			result = it.result(v.outcome)
		}
		if _, err := d.keepAnswer(tx, it, result, v.err, w.now); err != nil {
			return false, err
		}
		kept = true
	}
	return kept, nil
}

// attemptOperations carries out the operations of a batch, one after the other. They
// see what the updates before them wrote.
func (d *Directory) attemptOperations(tx *db.Tx, batch []*item, verdicts []verdict) (wrote bool, err error) {
	for i, it := range batch {
		if it.do == nil {
			continue
		}
		verdicts[i].err, err = d.operateOnce(tx, it)
		if errors.Is(verdicts[i].err, db.ErrUnavailable) {
			err = verdicts[i].err // none of the others will fare better
		}
		if err != nil {
			return wrote, err
		}
		wrote = wrote || final(verdicts[i].err)
	}
	return wrote, nil
}

// updatesOf returns the items that are updates.
func updatesOf(batch []*item) []*item {
	if !slices.ContainsFunc(batch, isOperation) {
		return batch
	}
	return slices.DeleteFunc(slices.Clone(batch), isOperation)
}

func isOperation(it *item) bool { return it.do != nil }

// purpose is what an item is judged for.
type purpose int

const (
	toApply   purpose = iota // what it changes is taken into the working set
	toPreview                // and is not
	toReplay                 // only whether the caller may still be told what was answered before
)

// judgeSafely judges one item; a panic fails that item only. A rule changes the
// working set after all its judging, so a panic leaves it whole.
func (d *Directory) judgeSafely(w *workingSet, it *item, why purpose) (outcome *roundtable.Outcome, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.log.Error("panic in a rule", "panic", p, "request_id", it.caller.RequestID, "stack", string(debug.Stack()))
			outcome, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	return w.judge(it, why)
}
