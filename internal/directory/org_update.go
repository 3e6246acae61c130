package directory

import (
	"context"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// CreateOrg makes an organisation of the caller's provider, with all plans.
func (d *Directory) CreateOrg(ctx context.Context, caller Caller, update roundtable.OrgUpdate) (*roundtable.Org, error) {
	created, err := changing(ctx, d, caller, 1, func(o *operation) (*roundtable.Org, error) {
		var err error
		if update.FreeAlias, err = o.freeAlias(update.WantedAlias(true), 0); err != nil {
			return nil, err
		}
		org, err := roundtable.CreateOrg(o.actor, &update, o.facts)
		if err != nil {
			return nil, err
		}
		_, err = o.tx.One("INSERT INTO orgs (provider_id, name, name_key, alias, type, plans, max_businesses, created_at, version)"+
			" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id", []any{
			org.ProviderID, org.Name, roundtable.Fold(org.Name), org.Alias, org.Type, roundtable.AllPlans(o.today()),
			org.MaxBusinesses, o.now.UnixMicro(), org.Version,
		}, &org.ID)
		if err != nil {
			return nil, err
		}
		return o.org(org.ID)
	})
	if err == nil {
		d.logOrg("organisation created", caller, created.ID, err)
	}
	return created, err
}

// UpdateOrg changes an organisation, or returns a *roundtable.Error that says
// everything that stands against it.
func (d *Directory) UpdateOrg(ctx context.Context, caller Caller, id int64, update roundtable.OrgUpdate) (*roundtable.Org, error) {
	updated, err := changing(ctx, d, caller, 1, func(o *operation) (*roundtable.Org, error) {
		org, err := o.org(id)
		if err != nil {
			return nil, err
		}
		if update.FreeAlias, err = o.freeAlias(update.WantedAlias(false), id); err != nil {
			return nil, err
		}
		after, err := roundtable.UpdateOrg(o.actor, org, &update, o.facts)
		if err != nil || after == org {
			return org, err
		}
		_, err = o.tx.Exec("UPDATE orgs SET name = $2, name_key = $3, alias = $4, max_businesses = $5, version = version + 1 WHERE id = $1",
			id, after.Name, roundtable.Fold(after.Name), after.Alias, after.MaxBusinesses)
		if err != nil {
			return nil, err
		}
		return o.org(id)
	})
	d.logOrg("organisation updated", caller, id, err)
	return updated, err
}

// UpdatePlans sets the plans of an organisation.
func (d *Directory) UpdatePlans(ctx context.Context, caller Caller, id int64, update roundtable.PlansUpdate) (*roundtable.Org, error) {
	updated, err := changing(ctx, d, caller, 1, func(o *operation) (*roundtable.Org, error) {
		org, err := o.org(id)
		if err != nil {
			return nil, err
		}
		update.Today = o.today()
		plans, err := roundtable.UpdatePlans(o.actor, org, &update, o.facts)
		if err != nil || plans == nil {
			return org, err
		}
		if _, err := o.tx.Exec("UPDATE orgs SET plans = $2, version = version + 1 WHERE id = $1", id, plans); err != nil {
			return nil, err
		}
		return o.org(id)
	})
	d.logOrg("plans updated", caller, id, err)
	return updated, err
}

func (o *operation) today() string { return o.now.UTC().Format(time.DateOnly) }

// logOrg tells who changed an organisation, unless err says that nobody did: the
// history is of users.
func (d *Directory) logOrg(what string, caller Caller, id int64, err error) {
	if err == nil {
		d.log.Info(what, "org_id", id, "user_id", caller.UserID, "api_key_id", caller.KeyID, "request_id", caller.RequestID)
	}
}

// aliasesAtOnce is how many spellings of an alias are looked up in one statement.
const aliasesAtOnce = 256

// freeAlias returns the first spelling of an alias that no organisation but own has;
// of none, none.
func (o *operation) freeAlias(wanted string, own int64) (string, error) {
	if wanted == "" {
		return "", nil
	}
	for first, count := 1, 1; ; first, count = first+count, aliasesAtOnce {
		spellings := make([]string, count)
		for i := range spellings {
			spellings[i] = roundtable.AliasSpelling(wanted, first+i)
		}
		taken := make(map[string]bool)
		err := db.EachIn(o.tx, "SELECT alias FROM orgs WHERE id <> $1 AND alias IN (?ids)", []any{own}, spellings, func(rows *db.Rows) error {
			var alias string
			err := rows.Scan(&alias)
			taken[alias] = true
			return err
		})
		if err != nil {
			return "", err
		}
		for _, spelling := range spellings {
			if !taken[spelling] {
				return spelling, nil
			}
		}
	}
}
