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
	if len(update.Form) > 0 {
		_, err := d.judgeOnSnapshot(ctx, caller, id, update)
		return nil, err
	}
	if update.Patch.Password.Set && !update.Patch.Password.Null {
		if err := d.hashPassword(ctx, caller, id, update); err != nil {
			return nil, err
		}
	}
	it := newItem(ctx, caller, id, update)
	if err := d.queue.push(it); err != nil {
		return nil, err
	}
	select {
	case <-it.answered:
		return it.outcome, it.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hashPassword hashes before the queue, and only what a snapshot says would be
// accepted: hashing is dear.
func (d *Directory) hashPassword(ctx context.Context, caller Caller, id string, update *roundtable.Update) error {
	if _, err := d.judgeOnSnapshot(ctx, caller, id, update); err != nil {
		return err
	}
	hash, err := d.hasher.Hash(ctx, d.random, update.Patch.Password.Value)
	if err != nil {
		return translate(err)
	}
	update.PasswordHash = hash
	return nil
}

// judgeOnSnapshot judges an update without writing it.
func (d *Directory) judgeOnSnapshot(ctx context.Context, caller Caller, id string, update *roundtable.Update) (outcome *roundtable.Outcome, err error) {
	it := newItem(ctx, caller, id, update)
	err = d.db.Read(ctx, func(tx *db.Tx) error {
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
