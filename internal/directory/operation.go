package directory

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// operation is whatever is not the update of one user, while it is carried out: its
// transaction, its caller by the rows of that, and the rows that were loaded for it.
type operation struct {
	*workingSet
	tx    *db.Tx
	item  *item
	actor roundtable.Actor
}

// changing carries out a change in the write path, within the transaction of its
// batch and after the updates of that. An error of do undoes what do did, and nothing
// else. When it returns, the change is on the disk. weight is how many rows do will
// touch, about; at least 1.
func changing[T any](ctx context.Context, d *Directory, caller Caller, weight int, do func(*operation) (T, error)) (T, error) {
	return carryOut(d, &item{ctx: ctx, caller: caller, weight: max(1, weight), answered: make(chan struct{})}, do)
}

// admitting is changing for a visitor, who is nobody yet: do judges what it is let do. The
// turn in the queue is that of an organisation.
func admitting[T any](ctx context.Context, d *Directory, v Visitor, orgID int64, do func(*operation) (T, error)) (T, error) {
	caller := Caller{OrgID: orgID, Origin: v.Origin, RequestID: v.RequestID, Course: v.Course}
	return carryOut(d, &item{ctx: ctx, caller: caller, server: true, weight: 1, answered: make(chan struct{})}, do)
}

// carryOut sends an item through the write path.
func carryOut[T any](d *Directory, it *item, do func(*operation) (T, error)) (T, error) {
	var result T
	it.result = func(*roundtable.Outcome) any { return result }
	it.do = func(o *operation) (err error) {
		result, err = do(o)
		return err
	}
	if err := d.queue.push(it); err != nil {
		return result, err
	}
	select {
	case <-it.answered:
		it.caller.Course.add(it.step)
		return result, it.err
	case <-it.ctx.Done():
		var none T
		return none, it.ctx.Err()
	}
}

// judging carries out a change, or only judges it on a snapshot where its form is wrong
// and no answer is to be kept, so that nothing is written.
func judging[T any](
	ctx context.Context, d *Directory, caller Caller, weight int, form []roundtable.FieldError, do func(*operation) (T, error),
) (T, error) {
	if len(form) > 0 && caller.Retry == nil {
		return reading(ctx, d, caller, do)
	}
	return changing(ctx, d, caller, weight, do)
}

// reading answers from one read snapshot.
func reading[T any](ctx context.Context, d *Directory, caller Caller, do func(*operation) (T, error)) (T, error) {
	return readingBy(ctx, d, caller, d.db.Read, do)
}

// readingBy is reading by another way than the usual one.
func readingBy[T any](ctx context.Context, d *Directory, caller Caller, read snapshot, do func(*operation) (T, error)) (result T, err error) {
	err = readBy(ctx, caller.Course, read, func(tx *db.Tx) error {
		o, err := d.newOperation(tx, &item{ctx: ctx, caller: caller})
		if err != nil {
			return err
		}
		result, err = do(o)
		return err
	})
	return result, translate(err)
}

// newOperation judges the caller by the rows of the transaction and loads what its
// READ scope is made of: its organisation, its lists, the groups of its accesses.
func (d *Directory) newOperation(tx *db.Tx, it *item) (*operation, error) {
	o := &operation{workingSet: d.newWorkingSet(), tx: tx, item: it}
	if it.server {
		return o, nil
	}
	if err := o.loadUsers(tx, []*item{it}); err != nil {
		return nil, err
	}
	var err error
	if o.actor, err = o.workingSet.actor(it.caller); err != nil {
		return nil, err
	}
	user := o.actor.User
	if user.Role != roundtable.GroupManager && user.Role != roundtable.BusinessManager {
		return o, o.loadOrgs(tx, []int64{user.OrgID})
	}
	if err := arrived(tx, o.askOrgs(tx, []int64{user.OrgID}), o.askLists(tx, []string{user.ID})); err != nil {
		return nil, err
	}
	return o, o.loadGroupsOf(tx, user)
}

// about loads the user that the operation is on, nil if there is none, with what
// judging it takes.
func (o *operation) about(id string, needed func(actor, target *roundtable.User) roundtable.Needs) (*roundtable.User, error) {
	subject := newReading(o.item.ctx, o.item.caller, id)
	subject.needed = needed
	if err := o.load(o.tx, []*item{subject}); err != nil {
		return nil, err
	}
	var err error
	o.actor, err = o.workingSet.actor(o.item.caller)
	return o.users[id], err
}

// loadGroupsOf loads the groups of somebody's accesses.
func (w *workingSet) loadGroupsOf(tx *db.Tx, user *roundtable.User) error {
	return w.loadGroups(tx, &wantedFacts{groups: accessGroups(user)})
}

// operateOnce carries out one operation, or finds that it was answered before. err is
// that the transaction as a whole cannot go on.
func (d *Directory) operateOnce(tx *db.Tx, it *item) (refusal, err error) {
	retry := it.caller.Retry
	if retry == nil {
		return d.operateSafely(tx, it, it.do)
	}
	replayed, err := d.replay(tx, retry, d.now())
	if err != nil {
		return nil, err
	}
	if replayed == nil {
		if refusal, err = d.operateSafely(tx, it, it.do); err != nil {
			return refusal, err
		}
		var result any
		if refusal == nil {
			result = it.result(nil)
		}
		_, err = d.keepAnswer(tx, it, result, refusal, d.now())
		return refusal, err
	}
	refusal, err = d.operateSafely(tx, it, func(o *operation) error {
		anew := it.do(o)
		if retry.Deletes && deleted(replayed) && isNotFound(anew) {
			anew = nil
		}
		return cmp.Or(anew, replayed) // judged anew, and undone
	})
	if err == nil && !judgedAnew(refusal) {
		refusal = replayed
	}
	return refusal, err
}

// operateSafely carries out one operation in a savepoint. refusal is its own error;
// err is that the transaction as a whole cannot go on.
func (d *Directory) operateSafely(tx *db.Tx, it *item, do func(*operation) error) (refusal, err error) {
	refusal, err = tx.Savepoint(func() (failed error) {
		defer func() {
			if p := recover(); p != nil {
				d.log.Error("panic in an operation", "panic", p, "request_id", it.caller.RequestID, "stack", string(debug.Stack()))
				failed = fmt.Errorf("panic: %v", p)
			}
		}()
		o, err := d.newOperation(tx, it)
		if err != nil {
			return err
		}
		return do(o)
	})
	if err == nil && d.inTheWay(refusal) {
		err = refusal // the whole batch is tried again
	}
	return refusal, err
}

// record takes the change of a user into the operation, to be written by writeUsers.
func (o *operation) record(outcome *roundtable.Outcome) { o.apply(o.item, outcome) }

// writeUsers writes the users that record was told of, with their events.
func (o *operation) writeUsers() error { return o.write(o.tx) }
