package api

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

const (
	maxQueryWords = 10
	maxListed     = 1_000 // members of a list in a query
)

// planAliases are the short names of plans that subscribed_to_… ends with.
var planAliases = []struct{ short, plan string }{
	{"pm", "presence_management"}, {"rm", "review_management"}, {"rb", "review_booster"},
}

// businessSearch reads the parameters of a search for businesses.
func (q *query) businessSearch() directory.BusinessSearch {
	f := directory.BusinessSearch{
		IDs: q.listed("business__in"), Codes: q.listed("codes"), Groups: q.integers("groups"), OrgID: q.integer("org_id"),
		Code: q.text("code"), Name: q.text("name"), City: q.text("city"), Zipcode: q.text("zipcode"), Country: q.text("country"),
		ModifiedSince: q.seconds("modified__gte"), NoFeatures: q.choices("features__notin", roundtable.PlanNames()...),
	}
	if q.values.Get("status") != "" {
		f.Statuses = q.choices("status", roundtable.BusinessStatuses()...)
	}
	if f.Country.Set && !roundtable.ValidCountry(f.Country.Value) {
		q.invalid("country", "Must be two upper-case letters, such as FR.")
	}
	if text := q.text("query"); text.Set {
		if f.Words = append([]string{}, roundtable.QueryWords(text.Value)...); len(f.Words) > maxQueryWords {
			q.invalid("query", fmt.Sprintf("Must have at most %d words.", maxQueryWords))
		}
	}
	if features := q.choices("features__in", roundtable.PlanNames()...); features != nil {
		f.Features = append(f.Features, features)
	}
	for _, alias := range planAliases {
		switch subscribed := q.boolean("subscribed_to_" + alias.short); {
		case subscribed.Value:
			f.Features = append(f.Features, []string{alias.plan})
		case subscribed.Set:
			f.NoFeatures = append(f.NoFeatures, alias.plan)
		}
	}
	for _, name := range []string{"connected_to_gmb_location", "connected_to_facebook_location"} {
		f.Connected = q.boolean(name).Value || f.Connected
	}
	return f
}

// listed reads a comma-separated parameter as a set; nil: it is not given.
func (q *query) listed(name string) []string {
	if q.values.Get(name) == "" {
		return nil
	}
	list := append([]string{}, q.list(name)...)
	slices.Sort(list)
	if list = slices.Compact(list); len(list) > maxListed {
		q.invalid(name, fmt.Sprintf("Must have at most %d members.", maxListed))
		return nil
	}
	return list
}

// integers reads a comma-separated parameter of integers; nil: it is not given.
func (q *query) integers(name string) []int64 {
	var list []int64
	for _, text := range q.listed(name) {
		value, ok := parseInteger(text)
		if !ok {
			q.invalid(name, "Must be integers, separated by commas.")
			return nil
		}
		list = append(list, value)
	}
	return list
}

// seconds reads Unix seconds, with a fraction or without.
func (q *query) seconds(name string) roundtable.Opt[roundtable.UnixMicros] {
	text := q.text(name)
	if !text.Set {
		return roundtable.Opt[roundtable.UnixMicros]{}
	}
	seconds, err := strconv.ParseFloat(text.Value, 64)
	if err != nil || !(math.Abs(seconds) <= lastInstant) {
		q.invalid(name, "Must be Unix seconds, with a fraction or without.")
		return roundtable.Opt[roundtable.UnixMicros]{}
	}
	return roundtable.Some(roundtable.UnixMicros(math.Round(seconds * 1e6)))
}
