package directory

import (
	"fmt"
	"maps"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// regrouping is a business whose groups change.
type regrouping struct {
	business      string
	before, after []int64
}

// regroup writes changes of what groups businesses of an organisation carry, and
// records in the history of every GROUP_MANAGER what it reaches since and what no
// longer. Like record it leaves the users to writeUsers, which the operation calls
// when all its changes are recorded.
func (o *operation) regroup(orgID int64, changes []regrouping) error {
	if err := o.writeMemberships(changes); err != nil {
		return err
	}
	if err := o.shopsChanged(orgID); err != nil {
		return err
	}
	managers, err := o.loadManagersOf(orgID, changedGroups(changes))
	if err != nil {
		return err
	}
	kinds := kindsOf(changes)
	for _, manager := range managers {
		reach := roundtable.NewReach(orgID, manager.Accesses, o.facts.Groups)
		var gained, lost [][]string
		for _, kind := range kinds {
			switch had, has := reach.Covers(kind.before), reach.Covers(kind.after); {
			case has && !had:
				gained = append(gained, kind.businesses)
			case had && !has:
				lost = append(lost, kind.businesses)
			}
		}
		if outcome := roundtable.ChangeAccess(manager, gained, lost); outcome != nil {
			outcome.Credentials = o.facts.Credentials[manager.ID]
			o.record(outcome)
		}
	}
	return nil
}

// writeMemberships writes the difference that the changes make.
func (o *operation) writeMemberships(changes []regrouping) error {
	removed, added := make(map[int64][]string), make(map[int64][]string)
	for _, c := range changes {
		for _, group := range without(c.before, c.after) {
			removed[group] = append(removed[group], c.business)
		}
		for _, group := range without(c.after, c.before) {
			added[group] = append(added[group], c.business)
		}
	}
	for _, group := range slices.Sorted(maps.Keys(removed)) {
		_, err := db.ExecIn(o.tx, "DELETE FROM business_groups WHERE group_id = $1 AND business_id IN (?ids)", []any{group}, removed[group])
		if err != nil {
			return err
		}
	}
	for _, group := range slices.Sorted(maps.Keys(added)) {
		n, err := db.ExecIn(o.tx, "INSERT INTO business_groups (business_id, group_id)"+
			" SELECT b.id, g.id FROM businesses b JOIN groups g ON g.id = $1 WHERE b.id IN (?ids)", []any{group}, added[group])
		if err != nil {
			return err
		}
		if int(n) != len(added[group]) {
			return fmt.Errorf("group %d: %d of %d memberships written", group, n, len(added[group]))
		}
	}
	return nil
}

// without returns the groups of list that are not in other, each once.
func without(list, other []int64) []int64 {
	rest := slices.DeleteFunc(slices.Clone(list), func(group int64) bool { return slices.Contains(other, group) })
	slices.Sort(rest)
	return slices.Compact(rest)
}

// changedGroups returns the groups that some business gains or loses.
func changedGroups(changes []regrouping) []int64 {
	changed := make(map[int64]bool)
	for _, c := range changes {
		for _, group := range slices.Concat(without(c.before, c.after), without(c.after, c.before)) {
			changed[group] = true
		}
	}
	return keys(changed)
}

// regroupingKind is all businesses that change alike, ascending: reach is asked once
// for them.
type regroupingKind struct {
	before, after []int64
	businesses    []string
}

func kindsOf(changes []regrouping) []*regroupingKind {
	var kinds []*regroupingKind
	known := make(map[string]*regroupingKind)
	for _, c := range changes {
		before, after := slices.Sorted(slices.Values(c.before)), slices.Sorted(slices.Values(c.after))
		name := fmt.Sprint(before, after)
		if known[name] == nil {
			known[name] = &regroupingKind{before: before, after: after}
			kinds = append(kinds, known[name])
		}
		known[name].businesses = append(known[name].businesses, c.business)
	}
	for _, kind := range kinds {
		slices.Sort(kind.businesses)
	}
	return kinds
}

// loadManagersOf loads the GROUP_MANAGERs of an organisation that have one of the
// groups in an access set, with their lists and all groups of those.
func (o *operation) loadManagersOf(orgID int64, groups []int64) ([]*roundtable.User, error) {
	holders, err := o.loadHoldersOf(groups)
	return slices.DeleteFunc(holders, func(user *roundtable.User) bool {
		return user.Role != roundtable.GroupManager || user.OrgID != orgID
	}), err
}

// loadHoldersOf loads everybody who has one of the groups in an access set, with
// their lists and all groups of those.
func (o *operation) loadHoldersOf(groups []int64) ([]*roundtable.User, error) {
	ids := make(map[string]bool)
	err := db.EachIn(o.tx, "SELECT DISTINCT user_id FROM user_accesses WHERE group_id IN (?ids)", nil, groups, func(rows *db.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids[id] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := o.loadWithLists(keys(ids)); err != nil {
		return nil, err
	}
	holders, wanted := make([]*roundtable.User, 0, len(ids)), &wantedFacts{groups: make(map[int64]bool)}
	for _, id := range keys(ids) {
		holders = append(holders, o.users[id])
		maps.Copy(wanted.groups, accessGroups(o.users[id]))
	}
	return holders, o.loadGroups(o.tx, wanted)
}

// loadWithLists loads users with their lists. What was loaded before, and perhaps
// changed since, stays as it is.
func (o *operation) loadWithLists(ids []string) error {
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return o.users[id] != nil })
	if err := o.loadUsersByID(o.tx, unknown); err != nil {
		return err
	}
	return o.loadLists(o.tx, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return o.users[id].Accesses != nil }))
}
