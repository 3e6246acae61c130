package roster

import (
	"slices"

	"github.com/roundtable-directory/roundtable"
)

// maxScopes bounds how many callers' scopes are remembered.
const maxScopes = 64

// scope is whom a manager READs beside itself, by what it manages.
type scope struct {
	businesses []string
	accesses   [][]int64
	reach      set // of businesses
	members    set
}

// scopeOf is whom the manager READs, itself included (section 2). It is remembered, and
// not to be changed.
func (r *Roster) scopeOf(caller *roundtable.User) set {
	if roundtable.SearchesOver(caller) {
		return r.present
	}
	r.mu.Lock()
	known := r.scopes[caller.ID]
	r.mu.Unlock()
	if known == nil || !slices.Equal(known.businesses, caller.BusinessIDs) || !slices.EqualFunc(known.accesses, caller.Accesses, slices.Equal) {
		known = r.newScope(caller)
		r.mu.Lock()
		if len(r.scopes) >= maxScopes {
			clear(r.scopes)
		}
		r.scopes[caller.ID] = known
		r.mu.Unlock()
	}
	if id, err := keyOf(caller.ID); err == nil {
		if slot, _, found := r.find(id); found && !known.members.has(slot) { // it manages nothing
			members := known.members.clone()
			members.add(slot)
			return members
		}
	}
	return known.members
}

func (r *Roster) newScope(caller *roundtable.User) *scope {
	s := &scope{businesses: caller.BusinessIDs, accesses: caller.Accesses, members: newSet(len(r.ids))}
	switch caller.Role {
	case roundtable.GroupManager:
		s.reach = r.shops.reached(caller.Accesses)
	case roundtable.BusinessManager:
		for _, n := range r.shops.numbers(caller.BusinessIDs) {
			if n != noShop {
				s.reach.add(n)
			}
		}
	default:
		return s
	}
	for _, slot := range r.byID {
		s.members.put(slot, r.above(slot) || r.manages(slot, s.reach))
	}
	return s
}

// rescope keeps what is remembered up to date with a change of a user.
func (r *Roster) rescope(slot uint32) {
	for _, s := range r.scopes {
		s.members.put(slot, r.present.has(slot) && (r.above(slot) || r.manages(slot, s.reach)))
	}
}

// above reports whether a user is one that every manager READs.
func (r *Roster) above(slot uint32) bool {
	switch r.traits[slot].role() {
	case roundtable.OrgAdmin, roundtable.OrgManager:
		return true
	}
	return false
}

// manages reports whether a user is a manager of one of the businesses.
func (r *Roster) manages(slot uint32, reach set) bool {
	switch r.traits[slot].role() {
	case roundtable.BusinessManager:
		return slices.ContainsFunc(r.assigned.get(slot), reach.has)
	case roundtable.GroupManager:
		return r.accesses[slot].shops.intersects(reach)
	}
	return false
}
