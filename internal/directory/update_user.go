package directory

import (
	"cmp"
	"context"
	"errors"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// Updated is the answer to an update.
type Updated struct {
	User    *roundtable.User // as it is now
	Org     *roundtable.Org  // of User
	Ignored []string         // fields that were named and are not used
}

// UpdateUser changes a user, or returns a *roundtable.Error that says everything
// that stands against it; then nothing is changed. When it returns, the change
// and its event are on the disk (section 1).
func (d *Directory) UpdateUser(ctx context.Context, caller Caller, id string, update roundtable.Update) (*Updated, error) {
	it := newItem(ctx, caller, id, &update)
	it.result = func(o *roundtable.Outcome) any { return updated(o) }
	outcome, err := d.submit(it, &update.PasswordHash)
	if err != nil {
		return nil, d.explain(it, err)
	}
	return updated(outcome), nil
}

func updated(o *roundtable.Outcome) *Updated {
	return &Updated{User: o.After, Org: o.Org, Ignored: o.Ignored}
}

// submit sends an update or a creation through the write path. What cannot be written
// is judged on a snapshot; a password is hashed into hash before the queue.
func (d *Directory) submit(it *item, hash *string) (*roundtable.Outcome, error) {
	if len(it.form()) > 0 && it.caller.Retry == nil {
		_, err := d.judgeOnSnapshot(it)
		return nil, err
	}
	if password := it.patch().Password; password.Set && !password.Null {
		if err := d.hashPassword(it, password.Value, hash); err != nil {
			return nil, err
		}
	}
	if err := d.queue.push(it); err != nil {
		return nil, err
	}
	select {
	case <-it.answered:
		it.caller.Course.add(it.step)
		return it.outcome, it.err
	case <-it.ctx.Done():
		return nil, it.ctx.Err()
	}
}

// hashPassword hashes before the queue, and only what a snapshot says would be
// accepted or, of a request that may be sent again, refused for good: hashing is dear.
func (d *Directory) hashPassword(it *item, password string, hash *string) (err error) {
	_, err = d.judgeOnSnapshot(it)
	if _, answered := errors.AsType[*Replayed](err); answered {
		return nil // the write path tells how, and needs no hash for that
	}
	if err != nil && (it.caller.Retry == nil || !final(err)) {
		return err
	}
	*hash, err = d.hasher.Hash(it.ctx, d.random, password)
	return translate(err)
}

// judgeOnSnapshot judges an item without writing it.
func (d *Directory) judgeOnSnapshot(it *item) (outcome *roundtable.Outcome, err error) {
	err = d.read(it.ctx, it.caller.Course, func(tx *db.Tx) error {
		if retry := it.caller.Retry; retry != nil {
			if replayed, err := d.replay(tx, retry, d.now()); replayed != nil || err != nil {
				return cmp.Or(err, replayed)
			}
		}
		w := d.newWorkingSet()
		if err := w.load(tx, []*item{it}); err != nil {
			return err
		}
		outcome, err = d.judgeSafely(w, it, toPreview)
		return err
	})
	return outcome, translate(err)
}

// explain adds to a version conflict what only a further look can tell.
func (d *Directory) explain(it *item, err error) error {
	if it.caller.Retry != nil || !isVersionConflict(err) {
		return err
	}
	failed := d.read(it.ctx, it.caller.Course, func(tx *db.Tx) error {
		err = d.explainIn(tx, it, err)
		return nil
	})
	if failed != nil {
		return translate(failed)
	}
	return err
}

// explainIn is explain by the rows of a transaction.
func (d *Directory) explainIn(tx *db.Tx, it *item, err error) error {
	if !isVersionConflict(err) {
		return err
	}
	return d.versionConflict(tx, it)
}

func isVersionConflict(err error) bool {
	refusal, ok := errors.AsType[*roundtable.Error](err)
	return ok && refusal.Code == roundtable.CodeVersionConflict
}
