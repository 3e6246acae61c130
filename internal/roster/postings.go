package roster

import (
	"slices"

	"github.com/roundtable-directory/roundtable"
)

// maxStale bounds the slots that are looked at one by one before postings are made anew.
const maxStale = 1024

// postings are the slots under each number. They are made when they are first asked
// for; the slots that changed since are kept beside them, and may stand in both.
type postings struct {
	starts []uint32 // of each number, where its slots begin; and where the last end
	slots  []uint32
	stale  []uint32
}

// newPostings puts slots under the numbers, below size, that each of them has.
func newPostings(slots []uint32, size int, has func(slot uint32) []uint32) *postings {
	p := &postings{starts: make([]uint32, size+1)}
	total := 0
	for _, slot := range slots {
		for _, n := range has(slot) {
			if int(n) < size {
				p.starts[n]++
				total++
			}
		}
	}
	end := uint32(0)
	for n := range p.starts { // now where each ends; filling takes it down to where it begins
		end += p.starts[n]
		p.starts[n] = end
	}
	p.slots = make([]uint32, total)
	for _, slot := range slots {
		for _, n := range has(slot) {
			if int(n) < size {
				p.starts[n]--
				p.slots[p.starts[n]] = slot
			}
		}
	}
	return p
}

// change says that a slot has changed, and reports whether the postings still serve.
func (p *postings) change(slot uint32) bool {
	p.stale = append(p.stale, slot)
	return len(p.stale) <= maxStale
}

// of are the slots that stood under a number.
func (p *postings) of(n uint32) []uint32 {
	if int(n)+1 >= len(p.starts) {
		return nil
	}
	return p.slots[p.starts[n]:p.starts[n+1]]
}

// postingsOf returns postings that are remembered, made when they are first asked for.
func (r *Roster) postingsOf(at **postings, size int, has func(slot uint32) []uint32) *postings {
	r.mu.Lock()
	defer r.mu.Unlock()
	if *at == nil {
		*at = newPostings(r.byID, size, has)
	}
	return *at
}

// repost notes a change of a slot in what is remembered.
func (r *Roster) repost(slot uint32) {
	for _, at := range []**postings{&r.holders, &r.bearers} {
		if *at != nil && !(*at).change(slot) {
			*at = nil
		}
	}
}

// addHolders adds the BUSINESS_MANAGERs to whom a business is assigned.
func (r *Roster) addHolders(to set, shop uint32) {
	manager := roleTrait(roundtable.BusinessManager)
	holders := r.postingsOf(&r.holders, len(r.shops.ids), r.assigned.get)
	for _, slots := range [][]uint32{holders.of(shop), holders.stale} {
		for _, slot := range slots {
			if r.traits[slot]&hasRole == manager && slices.Contains(r.assigned.get(slot), shop) {
				to.add(slot)
			}
		}
	}
}

// keepBearers keeps those whose last name contains a part.
func (r *Roster) keepBearers(found *narrowed, part string) {
	names := r.last.containing(part)
	if names.count()*8 > r.last.size() { // then going through their slots is slower
		found.own().keepMarked(r.lastNames, names)
		return
	}
	bearers := r.postingsOf(&r.bearers, r.last.size(), func(slot uint32) []uint32 { return r.lastNames[slot : slot+1] })
	holding := newSet(len(r.ids))
	names.each(func(name uint32) { holding.addAll(bearers.of(name)) })
	for _, slot := range bearers.stale {
		holding.put(slot, names.has(r.lastNames[slot]))
	}
	found.to(holding)
}
