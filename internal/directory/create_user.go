package directory

import (
	"context"
	"slices"

	"github.com/roundtable-directory/roundtable"
)

// CreateUser makes a user, or returns a *roundtable.Error that says everything that
// stands against it (section 3). An invitation that was asked for is queued with it.
func (d *Directory) CreateUser(ctx context.Context, caller Caller, creation roundtable.Creation) (*Updated, error) {
	var err error
	if creation.ID, err = d.ids.next(d.random, d.now()); err != nil {
		return nil, err
	}
	creation.CreatedAt = roundtable.Micros(d.now())
	ignored := creation.Defaults()
	created := func(o *roundtable.Outcome) *Updated {
		return &Updated{User: o.After, Org: o.Org, Ignored: slices.Concat(ignored, o.Ignored)}
	}
	it := newCreation(ctx, caller, &creation)
	it.result = func(o *roundtable.Outcome) any { return created(o) }
	outcome, err := d.submit(it, &creation.PasswordHash)
	if err != nil {
		return nil, err
	}
	return created(outcome), nil
}
