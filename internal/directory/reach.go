package directory

import (
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// reach is the businesses that somebody may READ, without naming more of them than
// needed.
type reach struct {
	provider   int64 // 0, or all organisations of a provider
	org        int64
	subscribed bool // only those subscribed to presence management
	listed     bool // only ids, ascending
	ids        []string
}

// reachOf finds the reach of a user whose organisation, lists and groups of accesses
// are loaded.
func (o *operation) reachOf(user *roundtable.User) (reach, error) {
	found := reach{org: user.OrgID}
	var err error
	switch user.Role {
	case roundtable.Provider:
		found.provider = o.facts.Orgs[user.OrgID].ProviderID
	case roundtable.Publisher:
		found.subscribed = true
	case roundtable.BusinessManager:
		found.listed, found.ids = true, slices.Sorted(slices.Values(user.BusinessIDs))
	case roundtable.GroupManager:
		found.listed = true
		found.ids, err = o.groupReach(user)
	}
	return found, err
}

// groupReach finds the businesses that the access sets of a GROUP_MANAGER cover.
func (o *operation) groupReach(user *roundtable.User) ([]string, error) {
	carriers := roundtable.NewCarriers()
	groups := accessGroups(user)
	err := db.EachIn(o.tx, "SELECT business_id, group_id FROM business_groups WHERE group_id IN (?ids)", nil, keys(groups), func(rows *db.Rows) error {
		var business string
		var group int64
		err := rows.Scan(&business, &group)
		carriers.Add(business, group)
		return err
	})
	return roundtable.NewReach(user.OrgID, user.Accesses, o.facts.Groups).Select(carriers), err
}

// accessGroups are the groups that somebody's accesses name.
func accessGroups(user *roundtable.User) map[int64]bool {
	groups := make(map[int64]bool)
	for _, set := range user.Accesses {
		for _, group := range set {
			groups[group] = true
		}
	}
	return groups
}

// and is what both reach, of two users one of whom may READ the other: so they share
// a provider, and an organisation where neither is of the whole provider.
func (r reach) and(other reach) reach {
	switch {
	case r.listed && other.listed:
		r.ids = common(r.ids, other.ids)
		return r
	case r.listed:
		return r
	case other.listed || r.provider != 0:
		return other
	}
	r.subscribed = r.subscribed || other.subscribed
	return r
}

// common returns what two ascending lists have in common.
func common(a, b []string) []string {
	both := make([]string, 0, min(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			both = append(both, a[0])
			a, b = a[1:], b[1:]
		}
	}
	return both
}

// page counts the businesses and returns those of a page, by organisation and id.
func (r reach) page(tx *db.Tx, page Page) (count int, ids []string, err error) {
	if r.listed {
		from, to := page.Window(len(r.ids))
		return len(r.ids), r.ids[from:to], nil
	}
	source, order, args := "FROM businesses b WHERE b.org_id = $1", "b.id", []any{r.org}
	if r.provider != 0 {
		source, order = "FROM orgs o JOIN businesses b ON b.org_id = o.id WHERE o.provider_id = $1", "o.id, b.id"
		args = []any{r.provider}
	}
	if r.subscribed {
		source += " AND b.presence_management"
	}
	if _, err := tx.One("SELECT COUNT(*) "+source, args, &count); err != nil {
		return 0, nil, err
	}
	from, to := page.Window(count)
	text := "SELECT b.id " + source + " ORDER BY " + order + " LIMIT $2 OFFSET $3"
	err = tx.Each(text, append(args, to-from, from), func(rows *db.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return count, ids, err
}
