package roster

import (
	"slices"

	"github.com/roundtable-directory/roundtable"
)

// traits are what has few values: role, status, and whether disabled or assigned a
// business.
type traits uint8

const (
	hasRole traits = 1<<3 - 1 // its place among roundtable.AllRoles

	isDisabled traits = 1 << 3
	isInvited  traits = 1 << 4
	hasShops   traits = 1 << 5
)

func traitsOf(m *Member) traits {
	t := roleTrait(m.Role)
	if m.Disabled {
		t |= isDisabled
	}
	if m.Status == roundtable.Invited {
		t |= isInvited
	}
	return t
}

func roleTrait(role roundtable.Role) traits {
	return traits(slices.Index(roundtable.AllRoles(), role)) & hasRole
}

func (t traits) role() roundtable.Role {
	if i := int(t & hasRole); i < len(roundtable.AllRoles()) {
		return roundtable.AllRoles()[i]
	}
	return ""
}

func (t traits) status() roundtable.Status {
	if t&isInvited != 0 {
		return roundtable.Invited
	}
	return roundtable.Active
}

// kinds are the slots by what has few values.
type kinds struct {
	roles                       [hasRole + 1]set
	disabled, invited, assigned set
}

// setTraits says what a slot has now.
func (r *Roster) setTraits(slot uint32, t traits) {
	k := &r.kinds
	k.roles[r.traits[slot]&hasRole].remove(slot)
	k.roles[t&hasRole].add(slot)
	k.disabled.put(slot, t&isDisabled != 0)
	k.invited.put(slot, t&isInvited != 0)
	k.assigned.put(slot, t&hasShops != 0)
	r.traits[slot] = t
}

// keepKinds keeps those that a search for roles and the like lets through.
func (r *Roster) keepKinds(found *narrowed, search *roundtable.UserSearch) {
	if len(search.Roles) > 0 {
		found.to(r.ofRoles(search.Roles...))
	}
	if len(search.Statuses) > 0 {
		found.own().keepIf(r.kinds.invited, slices.Contains(search.Statuses, roundtable.Invited), slices.Contains(search.Statuses, roundtable.Active))
	}
	if search.Disabled.Set {
		found.own().keepIf(r.kinds.disabled, search.Disabled.Value, !search.Disabled.Value)
	}
	if search.HasBusinesses.Set {
		found.own().keepIf(r.kinds.assigned, search.HasBusinesses.Value, !search.HasBusinesses.Value)
	}
}

// ofRoles are the slots of users with one of the roles, for the caller to keep.
func (r *Roster) ofRoles(roles ...roundtable.Role) set {
	all := newSet(len(r.ids))
	for _, role := range roles {
		if slices.Contains(roundtable.AllRoles(), role) {
			all.union(r.kinds.roles[roleTrait(role)])
		}
	}
	return all
}

func (k *kinds) bytes() int {
	n := len(k.disabled) + len(k.invited) + len(k.assigned)
	for _, s := range k.roles {
		n += len(s)
	}
	return 8 * n
}
