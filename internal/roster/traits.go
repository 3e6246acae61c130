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

// allowed are the traits that a search lets through, by their number; nil: all.
func allowed(search *roundtable.UserSearch) *[1 << 6]bool {
	if len(search.Roles) == 0 && len(search.Statuses) == 0 && !search.Disabled.Set && !search.HasBusinesses.Set {
		return nil
	}
	var table [1 << 6]bool
	for n := range table {
		t := traits(n)
		table[n] = (len(search.Roles) == 0 || slices.Contains(search.Roles, t.role())) &&
			(len(search.Statuses) == 0 || slices.Contains(search.Statuses, t.status())) &&
			(!search.Disabled.Set || search.Disabled.Value == (t&isDisabled != 0)) &&
			(!search.HasBusinesses.Set || search.HasBusinesses.Value == (t&hasShops != 0))
	}
	return &table
}
