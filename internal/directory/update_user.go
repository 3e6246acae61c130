package directory

import (
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
	outcome, err := d.update(ctx, caller, id, &update)
	if err != nil {
		return nil, d.explain(ctx, caller, id, &update, err)
	}
	return &Updated{User: outcome.After, Org: outcome.Org, Ignored: outcome.Ignored}, nil
}

// update judges what cannot be written on a snapshot, and the rest in the write
// path.
func (d *Directory) update(ctx context.Context, caller Caller, id string, update *roundtable.Update) (*roundtable.Outcome, error) {
	return d.submit(newItem(ctx, caller, id, update), &update.PasswordHash)
}

// submit sends an update or a creation through the write path. What cannot be written
// is judged on a snapshot; a password is hashed into hash before the queue.
func (d *Directory) submit(it *item, hash *string) (*roundtable.Outcome, error) {
	if len(it.form()) > 0 {
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
		return it.outcome, it.err
	case <-it.ctx.Done():
		return nil, it.ctx.Err()
	}
}

// hashPassword hashes before the queue, and only what a snapshot says would be
// accepted: hashing is dear.
func (d *Directory) hashPassword(it *item, password string, hash *string) (err error) {
	if _, err := d.judgeOnSnapshot(it); err != nil {
		return err
	}
	*hash, err = d.hasher.Hash(it.ctx, d.random, password)
	return translate(err)
}

// judgeOnSnapshot judges an item without writing it.
func (d *Directory) judgeOnSnapshot(it *item) (outcome *roundtable.Outcome, err error) {
	err = d.db.Read(it.ctx, func(tx *db.Tx) error {
		w := d.newWorkingSet()
		if err := w.load(tx, []*item{it}); err != nil {
			return err
		}
		outcome, err = d.judgeSafely(w, it)
		return err
	})
	return outcome, translate(err)
}

// explain adds to a version conflict what only a further look can tell.
func (d *Directory) explain(ctx context.Context, caller Caller, id string, update *roundtable.Update, err error) error {
	if refusal, ok := errors.AsType[*roundtable.Error](err); ok && refusal.Code == roundtable.CodeVersionConflict {
		return d.versionConflict(ctx, caller, id, update.IfMatch)
	}
	return err
}
