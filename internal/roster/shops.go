package roster

import (
	"bytes"
	"slices"
	"sort"

	"github.com/roundtable-directory/roundtable"
)

// noShop is the number of a business that the organisation does not have.
const noShop = ^uint32(0)

// Shops are the businesses and groups of an organisation.
type Shops struct {
	Businesses []Shop // by id
	Groups     []roundtable.Group
}

// Shop is a business.
type Shop struct {
	ID                 string
	PresenceManagement bool
	GroupIDs           []int64
}

// shops are numbered in the order of their ids.
type shops struct {
	ids    []key
	shown  set // those subscribed to presence management
	groups map[int64]*group
}

type group struct {
	section int64
	members set
}

// reach is the accesses of a GROUP_MANAGER with what they come to.
type reach struct {
	accesses [][]int64
	shops    set
}

func newShops(from *Shops) (*shops, error) {
	s := &shops{groups: make(map[int64]*group, len(from.Groups))}
	for _, g := range from.Groups {
		s.groups[g.ID] = &group{section: g.SectionID}
	}
	for i, shop := range from.Businesses {
		id, err := keyOf(shop.ID)
		if err != nil {
			return nil, err
		}
		s.ids = append(s.ids, id)
		if shop.PresenceManagement {
			s.shown.add(uint32(i))
		}
		for _, g := range shop.GroupIDs {
			if s.groups[g] != nil {
				s.groups[g].members.add(uint32(i))
			}
		}
	}
	return s, nil
}

func (s *shops) number(id string) uint32 {
	k, err := keyOf(id)
	if err != nil {
		return noShop
	}
	n := sort.Search(len(s.ids), func(i int) bool { return bytes.Compare(s.ids[i][:], k[:]) >= 0 })
	if n < len(s.ids) && s.ids[n] == k {
		return uint32(n)
	}
	return noShop
}

func (s *shops) numbers(ids []string) []uint32 {
	list := make([]uint32, len(ids))
	for i, id := range ids {
		list[i] = s.number(id)
	}
	return list
}

// reached is what accesses come to (section 2): of a set, businesses with a group of
// each of its sections; of several sets, all.
func (s *shops) reached(accesses [][]int64) set {
	all := newSet(len(s.ids))
	for _, access := range accesses {
		var sections []int64
		known := len(access) > 0
		for _, id := range access {
			g := s.groups[id]
			if known = known && g != nil; !known {
				break
			}
			if !slices.Contains(sections, g.section) {
				sections = append(sections, g.section)
			}
		}
		if known {
			all.union(s.inEach(access, sections))
		}
	}
	return all
}

// inEach are the businesses with one of the groups in each of the sections.
func (s *shops) inEach(groups, sections []int64) set {
	var found set
	for _, section := range sections {
		some := newSet(len(s.ids))
		for _, id := range groups {
			if s.groups[id].section == section {
				some.union(s.groups[id].members)
			}
		}
		if found == nil {
			found = some
		} else {
			found.intersect(some)
		}
	}
	return found
}

func (s *shops) bytes() int {
	n := 12 * len(s.ids)
	for _, g := range s.groups {
		n += 64 + 8*len(g.members)
	}
	return n
}

// HasShops reports whether businesses have been filled in.
func (r *Roster) HasShops() bool { return r.shops != nil }

// SetShops fills in the businesses, or their present state. Who is assigned to them
// stays.
func (r *Roster) SetShops(from *Shops) error {
	fresh, err := newShops(from)
	if err != nil {
		return err
	}
	if r.shops != nil {
		renumbered := make([]uint32, len(r.shops.ids))
		for i, id := range r.shops.ids {
			renumbered[i] = fresh.number(id.String())
		}
		r.renumberShops(renumbered)
	}
	r.shops = fresh
	for slot, has := range r.accesses {
		r.accesses[slot] = reach{has.accesses, fresh.reached(has.accesses)}
	}
	clear(r.scopes)
	r.holders = nil
	return nil
}

func (r *Roster) renumberShops(renumbered []uint32) {
	for _, slot := range r.byID {
		list := r.assigned.get(slot)
		for i, n := range list {
			if n != noShop {
				list[i] = renumbered[n]
			}
		}
	}
}

// Assign gives a user who is there its businesses and accesses.
func (r *Roster) Assign(id string, businesses []string, accesses [][]int64) error {
	k, err := keyOf(id)
	if err != nil {
		return err
	}
	slot, _, known := r.find(k)
	if !known || r.shops == nil {
		return nil
	}
	r.assigned.set(slot, r.shops.numbers(businesses))
	t := r.traits[slot] &^ hasShops
	if len(businesses) > 0 {
		t |= hasShops
	}
	r.setTraits(slot, t)
	delete(r.accesses, slot)
	if len(accesses) > 0 {
		r.accesses[slot] = reach{accesses, r.shops.reached(accesses)}
	}
	r.rescope(slot)
	r.repost(slot)
	return nil
}

// Managers are the users of a role, who may have lists.
func (r *Roster) Managers(roles ...roundtable.Role) []string {
	var ids []string
	for _, slot := range r.byID {
		if slices.Contains(roles, r.traits[slot].role()) {
			ids = append(ids, r.ids[slot].String())
		}
	}
	return ids
}
