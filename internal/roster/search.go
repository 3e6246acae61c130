package roster

import (
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
	slots  set // not to be changed, and gone with the next change of the roster
	Count  int
}

// Search finds who matches. The e-mail address is not looked at, and Business is the
// id of one that exists.
func (r *Roster) Search(q *Query) Result {
	found := &narrowed{set: r.scopeOf(q.Caller)}
	r.keepKinds(found, q.UserSearch)
	if q.LastName != "" {
		r.keepBearers(found, q.LastName)
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
	return Result{roster: r, slots: found.set, Count: found.count()}
}

func (r *Roster) keepKeywords(found *narrowed, keywords []string) {
	holders := newSet(len(r.ids))
	for _, text := range folded(keywords) {
		holders.union(r.keywords.find(wanted{prefix: text, whole: true}, len(r.ids)))
	}
	found.to(holders)
}

// keepReaders keeps those who may READ a business; one that is not here is another
// organisation's, of the same provider.
func (r *Roster) keepReaders(found *narrowed, business string) {
	shop := r.shops.number(business)
	if shop == noShop {
		found.to(r.ofRoles(roundtable.Provider))
		return
	}
	readers := r.ofRoles(roundtable.Provider, roundtable.OrgAdmin, roundtable.OrgManager)
	if r.shops.shown.has(shop) {
		readers.union(r.kinds.roles[roleTrait(roundtable.Publisher)])
	}
	manager := roleTrait(roundtable.BusinessManager)
	for slot, has := range r.accesses {
		if has.shops.has(shop) && r.traits[slot]&hasRole != manager {
			readers.add(slot)
		}
	}
	r.addHolders(readers, shop)
	found.to(readers)
}

// keepWords keeps those who have, for each word, one that begins with it. A search for
// nothing but signs finds nobody.
func (r *Roster) keepWords(found *narrowed, words []string, mistyped bool) {
	if len(words) == 0 {
		found.to(nil)
	}
	for _, word := range words {
		wanted := wanted{prefix: word}
		if mistyped && utf8.RuneCountInString(word) >= roundtable.MistypedLength {
			wanted.mistyped = word
		}
		found.to(r.words.find(wanted, len(r.ids)))
	}
}
