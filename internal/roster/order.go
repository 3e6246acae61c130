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
	if descending { // the same from the other end
		from, n = max(0, f.Count-from-n), min(n, f.Count-from)
	}
	r := f.roster
	f.inOrder(order, func(slot uint32) bool {
		if from > 0 {
			from--
			return true
		}
		entries = append(entries, Entry{r.key(order, slot), r.ids[slot].String()})
		return len(entries) < n
	})
	if descending {
		slices.Reverse(entries)
	}
	return entries
}

// inOrder visits the found slots in ascending order until visit has enough.
func (f Result) inOrder(order roundtable.UserOrder, visit func(slot uint32) bool) {
	r := f.roster
	slots := r.byID
	switch order {
	case roundtable.OrderByEmail, roundtable.OrderByFirstName, roundtable.OrderByLastName:
		slots = r.ordered(order)
	case roundtable.OrderByRole, roundtable.OrderByStatus:
		f.byTrait(order, visit)
		return
	}
	for _, slot := range slots {
		if f.slots.has(slot) && !visit(slot) {
			return
		}
	}
}

// byTrait goes through the few values, one after the other.
func (f Result) byTrait(order roundtable.UserOrder, visit func(slot uint32) bool) {
	r := f.roster
	var table [1 << 6]string
	values := []string{}
	for n := range table {
		t := traits(n)
		if table[n] = string(t.status()); order == roundtable.OrderByRole {
			table[n] = string(t.role())
		}
		values = append(values, table[n])
	}
	slices.Sort(values)
	for _, value := range slices.Compact(values) {
		for _, slot := range r.byID {
			if f.slots.has(slot) && table[r.traits[slot]] == value && !visit(slot) {
				return
			}
		}
	}
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
