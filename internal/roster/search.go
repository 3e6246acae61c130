package roster

import (
	"slices"
	"unicode/utf8"

	"github.com/roundtable-directory/roundtable"
)

// Query is a search by a caller.
type Query struct {
	*roundtable.UserSearch
	Caller   *roundtable.User // with its lists, and in this organisation unless it is a PROVIDER
	Mistyped bool             // words may hold a mistake
}

// NeedsShops reports whether the search reads businesses and who is assigned to them.
func (q *Query) NeedsShops() bool {
	return !roundtable.SearchesOver(q.Caller) || q.HasBusinesses.Set || q.Business != ""
}

// Result is who matches.
type Result struct {
	roster *Roster
	slots  set
	Count  int
}

// Search finds who matches. The e-mail address is not looked at, and Business is the
// id of one that exists.
func (r *Roster) Search(q *Query) Result {
	found := r.scopeOf(q.Caller)
	if table := allowed(q.UserSearch); table != nil {
		found.keep(func(slot uint32) bool { return table[r.traits[slot]] })
	}
	if q.LastName != "" {
		names := r.last.containing(q.LastName)
		found.keep(func(slot uint32) bool { return names.has(r.lastNames[slot]) })
	}
	if len(q.Keywords) > 0 {
		r.keepKeywords(found, q.Keywords)
	}
	if q.Business != "" {
		r.keepReaders(found, q.Business)
	}
	if q.Query.Set {
		r.keepWords(found, roundtable.Words(q.Query.Value), q.Mistyped)
	}
	return Result{roster: r, slots: found, Count: found.count()}
}

func (r *Roster) keepKeywords(found set, keywords []string) {
	holders := newSet(len(r.ids))
	for _, text := range folded(keywords) {
		holders.union(r.keywords.find(wanted{prefix: text, whole: true}, len(r.ids)))
	}
	found.intersect(holders)
}

// keepReaders keeps those who may READ a business; one that is not here is another
// organisation's, of the same provider.
func (r *Roster) keepReaders(found set, business string) {
	shop := r.shops.number(business)
	if shop == noShop {
		found.keep(func(slot uint32) bool { return r.traits[slot].role() == roundtable.Provider })
		return
	}
	var over [1 << 6]bool // traits of those who READ it whoever they are
	for n := range over {
		switch traits(n).role() {
		case roundtable.Provider, roundtable.OrgAdmin, roundtable.OrgManager:
			over[n] = true
		case roundtable.Publisher:
			over[n] = r.shops.shown.has(shop)
		}
	}
	assigned := roleTrait(roundtable.BusinessManager)
	found.keep(func(slot uint32) bool {
		t := r.traits[slot]
		if t&hasRole == assigned {
			return t&hasShops != 0 && slices.Contains(r.assigned.get(slot), shop)
		}
		return over[t] || r.accesses[slot].shops.has(shop)
	})
}

// keepWords keeps those who have, for each word, one that begins with it. A search for
// nothing but signs finds nobody.
func (r *Roster) keepWords(found set, words []string, mistyped bool) {
	if len(words) == 0 {
		clear(found)
	}
	for _, word := range words {
		wanted := wanted{prefix: word}
		if mistyped && utf8.RuneCountInString(word) >= roundtable.MistypedLength {
			wanted.mistyped = word
		}
		found.intersect(r.words.find(wanted, len(r.ids)))
	}
}
