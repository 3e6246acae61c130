package roster

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/roundtable-directory/roundtable"
)

// Member is what searches know of a user.
type Member struct {
	ID, EmailKey        string
	FirstName, LastName string
	Role                roundtable.Role
	Status              roundtable.Status
	Disabled            bool
	Keywords            []string
}

// key is the id of a user or business.
type key [12]byte

func keyOf(id string) (k key, err error) {
	if !roundtable.ValidID(id) {
		return k, fmt.Errorf("roster: %q is not an id", id)
	}
	_, err = hex.Decode(k[:], []byte(id))
	return k, err
}

func (k key) String() string { return hex.EncodeToString(k[:]) }

// Roster is the users of an organisation, each in a slot. Searches may run at the same
// time as others, changes alone.
type Roster struct {
	ids        []key
	traits     []traits
	kinds      kinds
	emails     lists // the text, four bytes to a number
	firstNames []uint32
	lastNames  []uint32
	free       []uint32 // slots of those who have left
	present    set
	byID       []uint32 // slots in order

	first, last     dictionary
	words, keywords index

	shops    *shops           // nil: not filled in
	assigned lists            // of each slot, numbers of shops
	accesses map[uint32]reach // of the GROUP_MANAGERs

	mu     sync.Mutex // of what searches remember
	orders map[roundtable.UserOrder][]uint32
	scopes map[string]*scope

	holders *postings // of businesses: to whom they are assigned
	bearers *postings // of last names
}

// New is an empty roster. Settle it when it has been filled.
func New() *Roster {
	return &Roster{
		accesses: make(map[uint32]reach), orders: make(map[roundtable.UserOrder][]uint32), scopes: make(map[string]*scope),
	}
}

// find returns the slot of a user, or where in byID it belongs.
func (r *Roster) find(id key) (slot uint32, place int, found bool) {
	if n := len(r.byID); n > 0 && bytes.Compare(r.ids[r.byID[n-1]][:], id[:]) < 0 {
		return 0, n, false // those who come are mostly the newest
	}
	place = sort.Search(len(r.byID), func(i int) bool { return bytes.Compare(r.ids[r.byID[i]][:], id[:]) >= 0 })
	if place < len(r.byID) && r.ids[r.byID[place]] == id {
		return r.byID[place], place, true
	}
	return 0, place, false
}

// Put takes a user in, or its present state.
func (r *Roster) Put(m *Member) error {
	id, err := keyOf(m.ID)
	if err != nil {
		return err
	}
	slot, place, known := r.find(id)
	email := packed(m.EmailKey)
	renamed := !known || r.first.get(r.firstNames[slot]) != m.FirstName || r.last.get(r.lastNames[slot]) != m.LastName ||
		!slices.Equal(r.emails.get(slot), email)
	if !known {
		slot = r.slot(id)
		r.byID = slices.Insert(r.byID, place, slot)
		r.present.add(slot)
	} else if renamed {
		r.leaveOrders(slot)
	}
	r.setTraits(slot, traitsOf(m)|r.traits[slot]&hasShops)
	if renamed {
		r.emails.set(slot, email)
		r.firstNames[slot], r.lastNames[slot] = r.first.add(m.FirstName), r.last.add(m.LastName)
		r.words.put(slot, roundtable.Words(m.FirstName+" "+m.LastName+" "+m.EmailKey))
		r.joinOrders(slot)
		r.repost(slot)
	}
	r.keywords.put(slot, folded(m.Keywords))
	r.rescope(slot)
	return nil
}

// slot finds room for a new user.
func (r *Roster) slot(id key) uint32 {
	if n := len(r.free); n > 0 {
		slot := r.free[n-1]
		r.free = r.free[:n-1]
		r.ids[slot] = id
		return slot
	}
	r.ids = append(r.ids, id)
	r.traits = append(r.traits, 0)
	r.firstNames, r.lastNames = append(r.firstNames, 0), append(r.lastNames, 0)
	return uint32(len(r.ids) - 1)
}

// Remove takes a user out, if it is there.
func (r *Roster) Remove(id string) error {
	k, err := keyOf(id)
	if err != nil {
		return err
	}
	slot, place, known := r.find(k)
	if !known {
		return nil
	}
	r.leaveOrders(slot)
	r.byID = slices.Delete(r.byID, place, place+1)
	r.present.remove(slot)
	r.setTraits(slot, 0)
	r.emails.set(slot, nil)
	r.assigned.set(slot, nil)
	r.words.put(slot, nil)
	r.keywords.put(slot, nil)
	delete(r.accesses, slot)
	r.rescope(slot)
	r.repost(slot)
	r.free = append(r.free, slot)
	return nil
}

// Settle is called after changes, and now and then while many are made: it puts in
// order what they left behind, when it is worth it.
func (r *Roster) Settle() {
	if cap(r.ids) > 64+len(r.ids)*9/8 {
		r.ids, r.traits = slices.Clone(r.ids), slices.Clone(r.traits)
		r.firstNames, r.lastNames, r.byID = exact(r.firstNames), exact(r.lastNames), exact(r.byID)
	}
	for _, x := range []*index{&r.words, &r.keywords} {
		if x.unsettled() {
			x.settle()
		}
	}
	for _, l := range []*lists{&r.emails, &r.assigned} {
		if l.wasteful() {
			l.rewrite()
		}
	}
	r.settleNames(&r.first, r.firstNames)
	if r.last.unsettled() {
		r.bearers = nil
	}
	r.settleNames(&r.last, r.lastNames)
}

func (r *Roster) settleNames(names *dictionary, of []uint32) {
	if !names.unsettled() {
		return
	}
	var used set
	for _, slot := range r.byID {
		used.add(of[slot])
	}
	renumbered := names.settle(used)
	for _, slot := range r.byID {
		of[slot] = renumbered[of[slot]]
	}
}

// Len is how many users there are.
func (r *Roster) Len() int { return len(r.byID) }

// Bytes is about how much memory the roster takes.
func (r *Roster) Bytes() int {
	n := 4096 + len(r.ids)*(12+1+4+4) + 4*cap(r.byID)
	n += r.emails.bytes() + r.assigned.bytes() + r.first.bytes() + r.last.bytes() + r.words.bytes() + r.keywords.bytes()
	n += len(r.orders)*4*len(r.byID) + maxScopes*8*len(r.present) + r.kinds.bytes()
	n += r.assigned.bytes() + 4*(r.last.size()+len(r.byID)) // postings, made or not
	if r.shops != nil {
		n += r.shops.bytes() + len(r.accesses)*8*(len(r.shops.ids)/64+1)
	}
	return n
}

func folded(texts []string) []string {
	list := make([]string, len(texts))
	for i, text := range texts {
		list[i] = roundtable.Fold(text)
	}
	return list
}

// packed is a text without NUL in numbers, filled up with NULs.
func packed(text string) []uint32 {
	list := make([]uint32, (len(text)+3)/4)
	for i := range len(text) {
		list[i/4] |= uint32(text[i]) << (24 - i%4*8)
	}
	return list
}

func unpacked(list []uint32) string {
	var b strings.Builder
	for _, n := range list {
		for shift := 24; shift >= 0; shift -= 8 {
			if c := byte(n >> shift); c != 0 {
				b.WriteByte(c)
			}
		}
	}
	return b.String()
}
