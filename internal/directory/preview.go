package directory

import (
	"context"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// maxListedAccess is how many businesses a preview lists each way.
const maxListedAccess = 100

// Preview is what an update would do (section 1.8).
type Preview struct {
	Current    *roundtable.User // as it is now
	CurrentOrg *roundtable.Org  // of Current
	Ignored    []string         // fields that were named and are not used
	Changes    []roundtable.Change
	Effects    []roundtable.Effect
	Access     AccessDifference
}

// AccessDifference is the businesses that a user can reach after a change and not
// before, and the other way round: at most 100 ids each, ascending, with exact
// counts.
type AccessDifference struct {
	Gained      []string `json:"gained"`
	Lost        []string `json:"lost"`
	GainedCount int      `json:"gained_count"`
	LostCount   int      `json:"lost_count"`
}

// PreviewUser judges an update as UpdateUser does, on a read snapshot. Nothing is
// hashed and nothing written.
func (d *Directory) PreviewUser(ctx context.Context, caller Caller, id string, update roundtable.Update) (*Preview, error) {
	var preview *Preview
	it := newItem(ctx, caller, id, &update)
	err := d.read(ctx, caller.Course, func(tx *db.Tx) error {
		w := d.newWorkingSet()
		if err := w.load(tx, []*item{it}); err != nil {
			return err
		}
		outcome, err := d.judgeSafely(w, it, toPreview)
		if err != nil {
			return err
		}
		preview, err = w.preview(tx, it, outcome)
		return err
	})
	if err != nil {
		return nil, d.explain(it, translate(err))
	}
	return preview, nil
}

// preview tells what an item would come to.
func (w *workingSet) preview(tx *db.Tx, it *item, outcome *roundtable.Outcome) (*Preview, error) {
	if err := w.mayRead(it.caller, outcome.Before); err != nil {
		return nil, err // a preview shows what is there now
	}
	access, err := w.accessDifference(tx, outcome)
	return &Preview{
		Current: outcome.Before, CurrentOrg: w.facts.Orgs[outcome.Before.OrgID], Ignored: outcome.Ignored,
		Changes: outcome.Changes, Effects: outcome.Effects, Access: access,
	}, err
}

// accessDifference compares what the user can reach before and after.
func (w *workingSet) accessDifference(tx *db.Tx, o *roundtable.Outcome) (AccessDifference, error) {
	difference := AccessDifference{Gained: []string{}, Lost: []string{}}
	if !o.After.StandingDiffers(o.Before) {
		return difference, nil
	}
	before, err := w.reachable(tx, o.Before)
	if err != nil {
		return difference, err
	}
	after, err := w.reachable(tx, o.After)
	if err != nil {
		return difference, err
	}
	difference.Gained, difference.GainedCount = firstMissing(after, before)
	difference.Lost, difference.LostCount = firstMissing(before, after)
	return difference, nil
}

// firstMissing returns the first ids of list that are not in other, and how many
// there are.
func firstMissing(list, other map[string]bool) ([]string, int) {
	missing := []string{}
	for id := range list {
		if !other[id] {
			missing = append(missing, id)
		}
	}
	slices.Sort(missing)
	return missing[:min(len(missing), maxListedAccess)], len(missing)
}

// reachable returns the businesses that the user may READ.
func (w *workingSet) reachable(tx *db.Tx, user *roundtable.User) (map[string]bool, error) {
	wanted := &wantedFacts{businesses: make(map[string]bool), groups: make(map[int64]bool), overlaps: make(map[int64]bool)}
	var err error
	switch user.Role {
	case roundtable.GroupManager:
		for _, set := range user.Accesses {
			for _, group := range set {
				wanted.groups[group], wanted.overlaps[group] = true, true
			}
		}
		err = w.loadOverlaps(tx, wanted)
	case roundtable.BusinessManager:
		wanted.wantBusinesses(user.BusinessIDs)
	default:
		err = tx.Each("SELECT id FROM businesses WHERE org_id = $1", []any{user.OrgID}, func(rows *db.Rows) error {
			var id string
			err := rows.Scan(&id)
			wanted.businesses[id] = true
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	if err := w.loadGroups(tx, wanted); err != nil {
		return nil, err
	}
	if err := w.loadBusinesses(tx, wanted); err != nil {
		return nil, err
	}
	reachable := make(map[string]bool, len(wanted.businesses))
	for id := range wanted.businesses {
		if w.facts.CanReadBusiness(user, w.facts.Businesses[id]) {
			reachable[id] = true
		}
	}
	return reachable, nil
}
