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
	var wanted []uint32
	for _, text := range folded(keywords) {
		if n, known := r.keyword.find(text); known {
			wanted = append(wanted, n)
		}
	}
	found.keep(func(slot uint32) bool {
		return slices.ContainsFunc(r.keywords.get(slot), func(n uint32) bool { return slices.Contains(wanted, n) })
	})
}

func (r *Roster) keepReaders(found set, business string) {
	shop := r.shops.number(business)
	var alone set
	if shop != noShop {
		alone.add(shop)
	}
	found.keep(func(slot uint32) bool { return r.readsShop(slot, shop, alone) })
}

// keepWords keeps those who have, for each word, one that begins with it. A search for
// nothing but signs finds nobody.
func (r *Roster) keepWords(found set, words []string, mistyped bool) {
	if len(words) == 0 {
		clear(found)
	}
	for _, word := range words {
		wanted := r.word.startingWith(word)
		if mistyped && utf8.RuneCountInString(word) >= roundtable.MistypedLength {
			r.word.like(func(text string) bool { return roundtable.Mistyped(word, text) }, wanted.others.add)
		}
		found.keep(func(slot uint32) bool {
			for _, n := range r.words.get(slot) {
				if wanted.has(n) {
					return true
				}
			}
			return false
		})
	}
}
