package directory

import (
	"context"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// BusinessSearch is what a search for businesses asks for. What is not set does not
// narrow it; a list that is set and empty leaves nothing.
type BusinessSearch struct {
	Words []string // each begins a word of name, city or zipcode; nil: any

	IDs, Codes, Statuses []string
	Groups               []int64 // groups of a section widen, sections narrow

	OrgID         roundtable.Opt[int64] // for a PROVIDER; nobody else has a choice
	Code          roundtable.Opt[string]
	Name, City    roundtable.Opt[string] // without regard to case and accents
	Zipcode       roundtable.Opt[string]
	Country       roundtable.Opt[string]
	ModifiedSince roundtable.Opt[roundtable.UnixMicros]

	Features   [][]string // of each list the business has one
	NoFeatures []string   // of these it has none
	Connected  bool       // to a publisher: none is
}

// BusinessOrder is an order of a search.
type BusinessOrder struct {
	By         string // one of BusinessOrders; empty: by id
	Descending bool
}

// BusinessOrders are the orders of a search, with the column that each sorts by.
func BusinessOrders() []string { return []string{"name", "code", "city", "created", "modified"} }

func (o BusinessOrder) text() string {
	direction := ""
	if o.Descending {
		direction = " DESC"
	}
	columns := map[string]string{"name": "b.name_key", "code": "b.code", "city": "b.city_key", "created": "b.created_at", "modified": "b.modified_at"}
	if column, ok := columns[o.By]; ok {
		return column + direction + ", b.id" + direction
	}
	return "b.id" + direction
}

// Businesses is a page of businesses.
type Businesses struct {
	Count int
	List  []*roundtable.BusinessView
}

// SearchBusinesses returns a page of the businesses in the caller's READ scope that a
// filter asks for.
func (d *Directory) SearchBusinesses(ctx context.Context, caller Caller, filter BusinessSearch, order BusinessOrder, page Page) (*Businesses, error) {
	return reading(ctx, d, caller, func(o *operation) (*Businesses, error) {
		if err := roundtable.SearchBusinesses(o.actor); err != nil {
			return nil, err
		}
		q := &businessQuery{}
		q.andReadable(o)
		if err := q.andFilter(o, &filter); err != nil {
			return nil, err
		}
		count, ids, err := q.page(o, order, page)
		if err != nil {
			return nil, err
		}
		list, err := o.views(ids)
		return &Businesses{Count: count, List: list}, err
	})
}

// page counts what is left and returns the ids of a page. What access sets reach is worth
// finding once only, so there the count comes with the ids.
func (q *businessQuery) page(o *operation, order BusinessOrder, page Page) (count int, ids []string, err error) {
	where, args := " FROM businesses b WHERE "+q.text.String(), slices.Clone(q.args)
	counted := "COUNT(*) OVER ()"
	if o.actor.User.Role != roundtable.GroupManager || page.Number > 1 {
		counted = "0"
		if _, err = o.tx.One("SELECT COUNT(*)"+where, args, &count); err != nil || page.beyond(count) {
			return count, nil, err
		}
	}
	q.write(" ORDER BY "+order.text()+" LIMIT ? OFFSET ?", page.PerPage, page.offset())
	err = o.tx.Each("SELECT b.id, "+counted+" FROM businesses b WHERE "+q.text.String(), q.args, func(rows *db.Rows) error {
		var id string
		var all int
		err := rows.Scan(&id, &all)
		ids, count = append(ids, id), max(count, all)
		return err
	})
	return count, ids, err
}

// views loads businesses as readers see them, in the order of ids.
func (o *operation) views(ids []string) ([]*roundtable.BusinessView, error) {
	profiles, err := o.loadProfiles(ids)
	if err != nil {
		return nil, err
	}
	orgs := make(map[int64]bool)
	for _, profile := range profiles {
		orgs[profile.OrgID] = true
	}
	if err := o.loadOrgs(o.tx, keys(orgs)); err != nil {
		return nil, err
	}
	views := make([]*roundtable.BusinessView, len(profiles))
	for i, profile := range profiles {
		views[i] = o.view(profile)
	}
	return views, nil
}

// andFilter narrows to what the filter asks for.
func (q *businessQuery) andFilter(o *operation, f *BusinessSearch) error {
	if f.Words != nil {
		q.andWords(f.Words)
	}
	for _, list := range []struct {
		column string
		values []string
	}{{"b.id", f.IDs}, {"b.code", f.Codes}, {"b.status", withSynonyms(f.Statuses)}} {
		if list.values != nil {
			q.andIn(list.column, list.values)
		}
	}
	for _, equal := range []struct {
		column string
		value  roundtable.Opt[string]
		fold   bool
	}{
		{"b.code", f.Code, false},
		{"b.zipcode", f.Zipcode, false},
		{"b.country", f.Country, false},
		{"b.name_key", f.Name, true},
		{"b.city_key", f.City, true},
	} {
		if equal.fold {
			equal.value.Value = roundtable.Fold(equal.value.Value)
		}
		if equal.value.Set {
			q.and(equal.column+" = ?", equal.value.Value)
		}
	}
	if f.ModifiedSince.Set {
		q.and("b.modified_at >= ?", f.ModifiedSince.Value)
	}
	if f.OrgID.Set && o.actor.User.Role == roundtable.Provider {
		q.and("b.org_id = ?", f.OrgID.Value)
	}
	if f.Connected {
		q.and("1 = 0")
	}
	if err := q.andGroups(o, f.Groups); err != nil {
		return err
	}
	return q.andFeatures(o, f)
}

// andWords narrows to businesses with words that begin so. A word is letters and digits,
// so that it holds no sign of a pattern.
func (q *businessQuery) andWords(words []string) {
	if len(words) == 0 {
		q.and("1 = 0")
	}
	for _, word := range words {
		q.and("b.words LIKE ?", "% "+word+"%")
	}
}

// withSynonyms adds to one spelling of a temporary closing the other.
func withSynonyms(statuses []string) []string {
	both := []string{roundtable.BusinessClosedTemporarily, roundtable.BusinessTemporarilyClosed}
	if slices.ContainsFunc(statuses, func(s string) bool { return slices.Contains(both, s) }) {
		statuses = slices.Concat(statuses, both)
	}
	return statuses
}

// andGroups narrows by groups as an access set does. A group that the caller cannot READ
// is on no business.
func (q *businessQuery) andGroups(o *operation, groups []int64) error {
	if groups == nil {
		return nil
	}
	wanted, orgs := &wantedFacts{groups: make(map[int64]bool)}, make(map[int64]bool)
	for _, id := range groups {
		wanted.groups[id] = true
	}
	if err := o.loadGroups(o.tx, wanted); err != nil {
		return err
	}
	for id := range wanted.groups {
		orgs[o.facts.Groups[id].OrgID] = true
	}
	if err := o.loadOrgs(o.tx, keys(orgs)); err != nil {
		return err
	}
	set := make(map[int64][]int64)
	for id := range wanted.groups {
		group := o.facts.Groups[id]
		if !o.facts.CanReadOrg(o.actor.User, group.OrgID) {
			q.and("1 = 0")
			return nil
		}
		set[group.SectionID] = append(set[group.SectionID], id)
	}
	q.and("b.id IN (")
	q.writeSet(set)
	q.write(")")
	return nil
}

// andFeatures narrows by plans: that of presence management is switched on for each
// business, all others for its organisation.
func (q *businessQuery) andFeatures(o *operation, f *BusinessSearch) error {
	if len(f.Features) == 0 && len(f.NoFeatures) == 0 {
		return nil
	}
	orgs, err := o.readableOrgs()
	if err != nil {
		return err
	}
	for _, names := range f.Features {
		q.and("(")
		q.writeHas(orgs, names, o.day())
	}
	if len(f.NoFeatures) > 0 {
		q.and("NOT (")
		q.writeHas(orgs, f.NoFeatures, o.day())
	}
	return nil
}

// writeHas writes that a business has one of the plans, and closes a bracket.
func (q *businessQuery) writeHas(orgs []*roundtable.Org, plans []string, day string) {
	q.write("1 = 0")
	if slices.Contains(plans, "presence_management") {
		q.write(" OR b.presence_management")
	}
	var having []int64
	for _, org := range orgs {
		if slices.ContainsFunc(plans, func(plan string) bool { return plan != "presence_management" && org.RunsPlan(plan, day) }) {
			having = append(having, org.ID)
		}
	}
	if len(having) > 0 {
		text, args := places(having)
		q.write(" OR b.org_id IN "+text, args...)
	}
	q.write(")")
}

// readableOrgs loads the organisations whose businesses the caller may READ.
func (o *operation) readableOrgs() ([]*roundtable.Org, error) {
	own := o.facts.Orgs[o.actor.User.OrgID]
	if o.actor.User.Role != roundtable.Provider {
		return []*roundtable.Org{own}, nil
	}
	var orgs []*roundtable.Org
	err := o.tx.Each("SELECT "+orgColumns+" WHERE o.provider_id = $1", []any{own.ProviderID}, func(rows *db.Rows) error {
		org, err := o.scanOrg(rows)
		orgs = append(orgs, org)
		return err
	})
	return orgs, err
}
