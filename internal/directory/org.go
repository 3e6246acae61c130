package directory

import (
	"context"
	"strconv"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// Org returns an organisation, or not_found outside of the caller's READ scope.
func (d *Directory) Org(ctx context.Context, caller Caller, id int64) (*roundtable.Org, error) {
	return d.readOrg(ctx, caller, id, roundtable.ReadOrg)
}

// OrgPlans returns an organisation for the sake of its plans, ended ones included.
func (d *Directory) OrgPlans(ctx context.Context, caller Caller, id int64) (*roundtable.Org, error) {
	return d.readOrg(ctx, caller, id, roundtable.ReadPlans)
}

func (d *Directory) readOrg(
	ctx context.Context, caller Caller, id int64, may func(roundtable.Actor, *roundtable.Org, *roundtable.Facts) error,
) (*roundtable.Org, error) {
	return reading(ctx, d, caller, func(o *operation) (*roundtable.Org, error) {
		org, err := o.org(id)
		if err != nil {
			return nil, err
		}
		return org, may(o.actor, org, o.facts)
	})
}

// org loads an organisation; nil: there is none.
func (o *operation) org(id int64) (*roundtable.Org, error) {
	err := o.loadOrgs(o.tx, []int64{id})
	return o.facts.Orgs[id], err
}

// Orgs is a page of organisations.
type Orgs struct {
	Count int
	Orgs  []*roundtable.Org
}

// SearchOrgs lists organisations of the caller's READ scope, by their ids.
func (d *Directory) SearchOrgs(ctx context.Context, caller Caller, search roundtable.OrgSearch, page Page) (*Orgs, error) {
	return reading(ctx, d, caller, func(o *operation) (*Orgs, error) {
		if err := roundtable.ReadOrgs(o.actor); err != nil {
			return nil, err
		}
		ids, err := o.findOrgs(search)
		if err != nil {
			return nil, err
		}
		found := &Orgs{Count: len(ids)}
		from, to := page.Window(len(ids))
		ids = ids[from:to]
		if err := o.loadOrgs(o.tx, ids); err != nil {
			return nil, err
		}
		for _, id := range ids {
			found.Orgs = append(found.Orgs, o.facts.Orgs[id])
		}
		return found, nil
	})
}

// findOrgs reads no more than the organisations of one provider.
func (o *operation) findOrgs(search roundtable.OrgSearch) ([]int64, error) {
	user := o.actor.User
	where, args := "id = $1", []any{user.OrgID}
	if user.Role == roundtable.Provider {
		where, args = "provider_id = $1", []any{o.facts.Orgs[user.OrgID].ProviderID}
	}
	also := func(column string, value any) {
		args = append(args, value)
		where += " AND " + column + " = $" + strconv.Itoa(len(args))
	}
	if search.ID.Set {
		also("id", search.ID.Value)
	}
	if search.Alias.Set {
		also("alias", search.Alias.Value)
	}
	nameKey := "name_key"
	if search.Query == "" {
		nameKey = "''" // ids alone come from an index
	}
	ids, matches := []int64{}, search.Matcher()
	err := o.tx.Each("SELECT id, "+nameKey+" FROM orgs WHERE "+where+" ORDER BY id", args, func(rows *db.Rows) error {
		var id int64
		var nameKey string
		err := rows.Scan(&id, &nameKey)
		if matches(id, nameKey) {
			ids = append(ids, id)
		}
		return err
	})
	return ids, err
}
