package directory

import (
	"maps"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// accessTarget loads a user whose access the caller may ask for; with its reach, as far
// as the caller may READ that, if it is wanted.
func (o *operation) accessTarget(id string, wantReach bool) (*roundtable.User, reach, error) {
	var visible reach
	actor := o.actor.User
	if roundtable.ValidID(id) {
		if err := o.loadStanding([]string{id}, roundtable.GroupManager, roundtable.BusinessManager); err != nil {
			return nil, visible, err
		}
	}
	user := o.users[id]
	if user == nil || !o.facts.CanReadOrg(actor, user.OrgID) {
		return nil, visible, roundtable.ReadUserAccess(o.actor, nil, o.facts)
	}
	needs := roundtable.ReadNeeds(actor, user)
	if wantReach || needs.Overlap {
		var err error
		if visible, err = o.visibleReach(user); err != nil {
			return nil, visible, err
		}
	}
	wanted := &wantedFacts{businesses: make(map[string]bool)}
	if needs.TargetReach {
		wanted.wantBusinesses(user.BusinessIDs)
	}
	if needs.ActorBusinesses {
		wanted.wantBusinesses(actor.BusinessIDs)
	}
	if needs.Overlap { // that they share one is enough
		wanted.wantBusinesses(visible.ids[:min(len(visible.ids), 1)])
	}
	if err := o.loadBusinesses(o.tx, wanted); err != nil {
		return nil, visible, err
	}
	return user, visible, roundtable.ReadUserAccess(o.actor, user, o.facts)
}

// visibleReach is the reach of a user as far as the caller may READ it.
func (o *operation) visibleReach(user *roundtable.User) (reach, error) {
	own, err := o.reachOf(o.actor.User)
	if err != nil || user == o.actor.User {
		return own, err
	}
	visible, err := o.reachOf(user)
	return visible.and(own), err
}

// loadStanding loads users with their organisations and, of the roles named, their
// lists and the groups of their accesses, as far as they are not loaded yet.
func (o *operation) loadStanding(ids []string, withLists ...roundtable.Role) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return o.users[id] != nil })
	if err := o.loadUsersByID(o.tx, ids); err != nil {
		return err
	}
	orgs, managers := make(map[int64]bool), []string{}
	for _, id := range ids {
		user := o.users[id]
		if user == nil {
			continue
		}
		if o.facts.Orgs[user.OrgID] == nil {
			orgs[user.OrgID] = true
		}
		if slices.Contains(withLists, user.Role) {
			managers = append(managers, id)
		}
	}
	if err := o.loadOrgs(o.tx, keys(orgs)); err != nil {
		return err
	}
	if err := o.loadLists(o.tx, managers); err != nil {
		return err
	}
	wanted := &wantedFacts{groups: make(map[int64]bool)}
	for _, id := range managers {
		maps.Copy(wanted.groups, accessGroups(o.users[id]))
	}
	return o.loadGroups(o.tx, wanted)
}

// sharedGroups are the groups that the user's accesses and the businesses have in
// common.
func (o *operation) sharedGroups(user *roundtable.User, businesses []string) map[int64]bool {
	named, shared := accessGroups(user), make(map[int64]bool)
	for _, id := range businesses {
		for _, group := range o.facts.Businesses[id].GroupIDs {
			if named[group] {
				shared[group] = true
			}
		}
	}
	return shared
}

// loadLabels reads what people call the groups.
func (o *operation) loadLabels(groups map[int64]bool) (map[int64]roundtable.GroupLabel, error) {
	labels := make(map[int64]roundtable.GroupLabel, len(groups))
	const text = "SELECT g.id, g.name, s.id, s.name FROM groups g JOIN sections s ON s.id = g.section_id WHERE g.id IN (?ids)"
	err := db.EachIn(o.tx, text, nil, keys(groups), func(rows *db.Rows) error {
		var label roundtable.GroupLabel
		err := rows.Scan(&label.ID, &label.Name, &label.SectionID, &label.SectionName)
		labels[label.ID] = label
		return err
	})
	return labels, err
}

// loadNamed loads businesses with their groups and organisations, and returns their
// names.
func (o *operation) loadNamed(ids []string) (map[string]BusinessName, error) {
	wanted := &wantedFacts{businesses: make(map[string]bool)}
	wanted.wantBusinesses(ids)
	if err := o.loadBusinesses(o.tx, wanted); err != nil {
		return nil, err
	}
	names, orgs := make(map[string]BusinessName, len(ids)), make(map[int64]bool)
	err := db.EachIn(o.tx, "SELECT id, org_id, code, name FROM businesses WHERE id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		var name BusinessName
		err := rows.Scan(&name.ID, &name.OrgID, &name.Code, &name.Name)
		names[name.ID], orgs[name.OrgID] = name, true
		return err
	})
	if err != nil {
		return nil, err
	}
	return names, o.loadOrgs(o.tx, keys(orgs))
}

// businessNamed loads the business of an id, or of c- and a code of the caller's
// organisation; nil: there is none. A PROVIDER has no codes: it is of many
// organisations, and a code is unique in one.
func (o *operation) businessNamed(name string) (*roundtable.Business, error) {
	id, err := o.businessID(name)
	if id == "" || err != nil {
		return nil, err
	}
	names, err := o.loadNamed([]string{id})
	if _, found := names[id]; !found || err != nil {
		return nil, err
	}
	business := o.facts.Businesses[id]
	return &business, nil
}
