package directory

import (
	"context"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// BriefBusiness is a business in a list, without the fields that are plain data.
type BriefBusiness struct {
	ID      string  `json:"id"`
	OrgID   int64   `json:"org_id"`
	Code    string  `json:"code"`
	Name    string  `json:"name"`
	City    string  `json:"city"`
	Zipcode string  `json:"zipcode"`
	Country string  `json:"country"`
	Status  string  `json:"status"`
	Groups  []int64 `json:"groups"`
}

// BusinessList is a page of businesses.
type BusinessList struct {
	Count      int
	Businesses []*BriefBusiness
}

// BusinessesOf returns the businesses that a user may READ, as far as the caller may,
// too (section 2).
func (d *Directory) BusinessesOf(ctx context.Context, caller Caller, id string, page Page) (*BusinessList, error) {
	return reading(ctx, d, caller, func(o *operation) (*BusinessList, error) {
		target, err := o.about(id, roundtable.ReadNeeds)
		if err != nil {
			return nil, err
		}
		if err := roundtable.ReadBusinessesOf(o.actor, target, o.facts); err != nil {
			return nil, err
		}
		scope, err := o.sharedScope(o.actor.User, target)
		if err != nil {
			return nil, err
		}
		return scope.page(o.tx, page)
	})
}

// businessScope is a set of businesses: by a condition on their rows, or by their ids
// in ascending order.
type businessScope struct {
	condition string
	args      []any
	ids       []string // with an empty condition
}

// sharedScope is what both a caller and a user whom it READs may READ. Of two whose
// scopes are conditions, one holds the other: that of a PROVIDER the rest.
func (o *operation) sharedScope(caller, target *roundtable.User) (businessScope, error) {
	if caller.Role == roundtable.Provider {
		return o.scopeOf(target)
	}
	own, err := o.scopeOf(caller)
	if err != nil || caller.ID == target.ID || target.Role == roundtable.Provider {
		return own, err
	}
	theirs, err := o.scopeOf(target)
	switch {
	case own.condition != "":
		return theirs, err
	case theirs.condition == "":
		own.ids = slices.DeleteFunc(own.ids, func(id string) bool {
			_, shared := slices.BinarySearch(theirs.ids, id)
			return !shared
		})
	}
	return own, err
}

// scopeOf is what a user may READ.
func (o *operation) scopeOf(user *roundtable.User) (businessScope, error) {
	switch user.Role {
	case roundtable.Provider:
		return businessScope{condition: "org_id IN (SELECT id FROM orgs WHERE provider_id = $1)", args: []any{o.facts.Orgs[user.OrgID].ProviderID}}, nil
	case roundtable.OrgAdmin, roundtable.OrgManager:
		return businessScope{condition: "org_id = $1", args: []any{user.OrgID}}, nil
	case roundtable.Publisher:
		return businessScope{condition: "org_id = $1 AND presence_management", args: []any{user.OrgID}}, nil
	}
	if user.BusinessIDs == nil {
		if err := o.loadLists(o.tx, []string{user.ID}); err != nil {
			return businessScope{}, err
		}
	}
	if user.Role == roundtable.BusinessManager {
		return businessScope{ids: slices.Sorted(slices.Values(user.BusinessIDs))}, nil
	}
	ids, err := o.reachOf(user)
	return businessScope{ids: ids}, err
}

// reachOf returns the businesses that a GROUP_MANAGER reaches. Each group is read once,
// whatever the number of sets that name it.
func (o *operation) reachOf(manager *roundtable.User) ([]string, error) {
	if err := o.loadGroupsOf(o.tx, manager); err != nil {
		return nil, err
	}
	named := make(map[int64]bool)
	for _, set := range manager.Accesses {
		for _, group := range set {
			named[group] = true
		}
	}
	carried := make(map[string][]int64)
	err := db.EachIn(o.tx, "SELECT business_id, group_id FROM business_groups WHERE group_id IN (?ids)", nil, keys(named), func(rows *db.Rows) error {
		var id string
		var group int64
		err := rows.Scan(&id, &group)
		carried[id] = append(carried[id], group)
		return err
	})
	reach := roundtable.NewReach(manager.OrgID, manager.Accesses, o.facts.Groups)
	var ids []string
	for id, groups := range carried {
		if reach.Covers(groups) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, err
}

// page reads one page in the order of organisations and ids.
func (s businessScope) page(tx *db.Tx, page Page) (*BusinessList, error) {
	list := &BusinessList{Businesses: []*BriefBusiness{}, Count: len(s.ids)}
	if s.condition != "" {
		if _, err := tx.One("SELECT COUNT(*) FROM businesses WHERE "+s.condition, s.args, &list.Count); err != nil {
			return nil, err
		}
	}
	if page.Number-1 > list.Count/page.PerPage {
		return list, nil
	}
	first := (page.Number - 1) * page.PerPage
	byID := make(map[string]*BriefBusiness)
	read := func(rows *db.Rows) error {
		b := &BriefBusiness{Groups: []int64{}}
		err := rows.Scan(&b.ID, &b.OrgID, &b.Code, &b.Name, &b.City, &b.Zipcode, &b.Country, &b.Status)
		list.Businesses, byID[b.ID] = append(list.Businesses, b), b
		return err
	}
	const columns = "SELECT id, org_id, code, name, city, zipcode, country, status FROM businesses WHERE "
	var err error
	if s.condition != "" {
		err = tx.Each(columns+s.condition+" ORDER BY org_id, id LIMIT $2 OFFSET $3", append(s.args, page.PerPage, first), read)
	} else {
		ids := s.ids[min(first, len(s.ids)):min(first+page.PerPage, len(s.ids))]
		err = db.EachIn(tx, columns+"id IN (?ids) ORDER BY id", nil, ids, read)
	}
	if err != nil {
		return nil, err
	}
	return list, readGroupsOf(tx, byID)
}

func readGroupsOf(tx *db.Tx, byID map[string]*BriefBusiness) error {
	ids := make(map[string]bool, len(byID))
	for id := range byID {
		ids[id] = true
	}
	return db.EachIn(tx, "SELECT business_id, group_id FROM business_groups WHERE business_id IN (?ids) ORDER BY business_id, group_id", nil, keys(ids),
		func(rows *db.Rows) error {
			var id string
			var group int64
			err := rows.Scan(&id, &group)
			byID[id].Groups = append(byID[id].Groups, group)
			return err
		})
}
