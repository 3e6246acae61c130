package roster

import (
	"bytes"
	"cmp"
	"slices"
	"sort"

	"github.com/roundtable-directory/roundtable"
)

// Entry is a user who was found, with what it is ordered by.
type Entry struct{ Key, ID string }

// Page returns n of the found users from a place on, in an order.
func (f Result) Page(order roundtable.UserOrder, descending bool, from, n int) []Entry {
	entries := make([]Entry, 0, min(n, max(0, f.Count-from)))
	if cap(entries) == 0 {
		return entries
	}
	r := f.roster
	if f.Count <= fewFound && f.Count*16 <= len(r.byID) {
		return r.sorted(f.slots, order, descending, from, n)
	}
	f.inOrder(order, descending, func(slot uint32) bool {
		if from > 0 {
			from--
			return true
		}
		entries = append(entries, Entry{r.key(order, slot), r.ids[slot].String()})
		return len(entries) < n
	})
	return entries
}

// fewFound is how many are put in order, rather than looked for among all.
const fewFound = 256

// sorted returns n of the slots from a place on, in an order.
func (r *Roster) sorted(slots set, order roundtable.UserOrder, descending bool, from, n int) []Entry {
	var entries []Entry
	slots.each(func(slot uint32) { entries = append(entries, Entry{r.key(order, slot), r.ids[slot].String()}) })
	slices.SortFunc(entries, func(a, b Entry) int {
		if descending {
			a, b = b, a
		}
		return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID))
	})
	return entries[from:min(from+n, len(entries))]
}

// inOrder visits the found slots in an order, or from its other end, until visit has
// enough.
func (f Result) inOrder(order roundtable.UserOrder, descending bool, visit func(slot uint32) bool) {
	r := f.roster
	switch order {
	case roundtable.OrderByEmail, roundtable.OrderByFirstName, roundtable.OrderByLastName:
		f.walk(r.ordered(order), descending, visit)
	case roundtable.OrderByRole, roundtable.OrderByStatus:
		f.byTrait(order, descending, visit)
	default:
		f.walk(r.byID, descending, visit)
	}
}

// walk visits the found among slots, and reports whether it came to the end.
func (f Result) walk(slots []uint32, descending bool, visit func(slot uint32) bool) bool {
	for i := range slots {
		slot := slots[i]
		if descending {
			slot = slots[len(slots)-1-i]
		}
		if f.slots.has(slot) && !visit(slot) {
			return false
		}
	}
	return true
}

// byTrait goes through the few values, one after the other.
func (f Result) byTrait(order roundtable.UserOrder, descending bool, visit func(slot uint32) bool) {
	values := f.valuesOf(order)
	slices.SortFunc(values, func(a, b value) int { return cmp.Compare(a.name, b.name) })
	if descending {
		slices.Reverse(values)
	}
	for _, v := range values {
		wanted := func(slot uint32) bool { return v.slots.has(slot) != v.is || visit(slot) }
		if !f.walk(f.roster.byID, descending, wanted) {
			return
		}
	}
}

// value is a value of a trait: that of the slots, or if not is, of all others.
type value struct {
	name  string
	slots set
	is    bool
}

// valuesOf are the values of roles or statuses that somebody has who was found.
func (f Result) valuesOf(order roundtable.UserOrder) []value {
	kinds := &f.roster.kinds
	if order == roundtable.OrderByStatus {
		return []value{{string(roundtable.Invited), kinds.invited, true}, {string(roundtable.Active), kinds.invited, false}}
	}
	var values []value
	for n, slots := range kinds.roles {
		if f.slots.intersects(slots) {
			values = append(values, value{string(traits(n).role()), slots, true})
		}
	}
	return values
}

// key is what a user is ordered by, before its id.
func (r *Roster) key(order roundtable.UserOrder, slot uint32) string {
	switch order {
	case roundtable.OrderByEmail:
		return unpacked(r.emails.get(slot))
	case roundtable.OrderByFirstName:
		return roundtable.Fold(r.first.get(r.firstNames[slot]))
	case roundtable.OrderByLastName:
		return roundtable.Fold(r.last.get(r.lastNames[slot]))
	case roundtable.OrderByRole:
		return string(r.traits[slot].role())
	case roundtable.OrderByStatus:
		return string(r.traits[slot].status())
	}
	return ""
}

// ordered is all slots in an order, worked out when it is first asked for.
func (r *Roster) ordered(order roundtable.UserOrder) []uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slots, known := r.orders[order]; known {
		return slots
	}
	slots := slices.Clone(r.byID)
	keys := make([]string, len(r.ids))
	for _, slot := range slots {
		keys[slot] = r.key(order, slot)
	}
	slices.SortStableFunc(slots, func(a, b uint32) int { return cmp.Compare(keys[a], keys[b]) })
	r.orders[order] = slots
	return slots
}

// leaveOrders takes a user who is about to change out of the orders.
func (r *Roster) leaveOrders(slot uint32) {
	for order, slots := range r.orders {
		at := r.placeIn(order, slots, slot)
		r.orders[order] = slices.Delete(slots, at, at+1)
	}
}

func (r *Roster) joinOrders(slot uint32) {
	for order, slots := range r.orders {
		r.orders[order] = slices.Insert(slots, r.placeIn(order, slots, slot), slot)
	}
}

// placeIn is where a user stands in an order, or belongs.
func (r *Roster) placeIn(order roundtable.UserOrder, slots []uint32, slot uint32) int {
	key := r.key(order, slot)
	return sort.Search(len(slots), func(i int) bool {
		if c := cmp.Compare(r.key(order, slots[i]), key); c != 0 {
			return c > 0
		}
		return bytes.Compare(r.ids[slots[i]][:], r.ids[slot][:]) >= 0
	})
}
