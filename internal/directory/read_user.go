package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// User returns a user as the caller sees it, or not_found outside of the caller's
// READ scope (section 2).
func (d *Directory) User(ctx context.Context, caller Caller, id string) (*roundtable.User, *roundtable.Org, error) {
	var view *roundtable.User
	var org *roundtable.Org
	err := d.read(ctx, caller.Course, func(tx *db.Tx) error {
		w := d.newWorkingSet()
		target, err := w.readable(tx, newReading(ctx, caller, id))
		if err != nil {
			return err
		}
		if target.BusinessIDs == nil {
			if err := w.loadLists(tx, []string{id}); err != nil {
				return err
			}
		}
		org = w.facts.Orgs[target.OrgID]
		view = target.View(org)
		return nil
	})
	return view, org, translate(err)
}

// newReading is an item that reads its target and changes nothing.
func newReading(ctx context.Context, caller Caller, target string) *item {
	return &item{ctx: ctx, caller: caller, target: target}
}

// readable loads the target of an item, if its caller may READ it.
func (w *workingSet) readable(tx *db.Tx, reading *item) (*roundtable.User, error) {
	if err := w.load(tx, []*item{reading}); err != nil {
		return nil, err
	}
	target := w.users[reading.target]
	return target, w.mayRead(reading.caller, target)
}

// mayRead judges whether the caller may READ a target that is loaded, or nil.
func (w *workingSet) mayRead(caller Caller, target *roundtable.User) error {
	actor, err := w.actor(caller)
	if err != nil {
		return err
	}
	return roundtable.ReadUser(actor, target, w.facts)
}
