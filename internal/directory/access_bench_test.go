package directory

import (
	"log/slog"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// Businesses of the benchmarks' organisation, and how many of them its GROUP_MANAGERs
// reach.
const (
	chainShops   = 20_000
	chainReached = 10_000
)

// chain is an organisation of many businesses: half of them in country 1, half in 2;
// all in one of two services and in one of fifty regions. User 1 is its administrator;
// 2 reaches country 1 by [[1, 3], [1, 4]], 3 the same by fifty regions, 4 has them
// assigned.
func chain() Seed {
	sections, groups := map[int64][]int64{1: {1, 2, 3}}, map[int64][]int64{1: {1, 2}, 2: {3, 4}}
	for region := range int64(50) {
		groups[3] = append(groups[3], 10+region)
	}
	shops := make([][]int64, chainShops)
	for i := range shops {
		country := int64(1 + i/chainReached)
		shops[i] = []int64{country, 3 + int64(i)%2, 10 + int64(i)%50}
	}
	twice, fifty, assigned := person(2, 1, roundtable.GroupManager), person(3, 1, roundtable.GroupManager), manager(4, 1)
	twice.Accesses = [][]int64{{1, 3}, {1, 4}}
	for region := range int64(50) {
		fifty.Accesses = append(fifty.Accesses, []int64{1, 10 + region})
	}
	for i := range chainReached {
		assigned.BusinessIDs = append(assigned.BusinessIDs, shopID(i+1))
	}
	return seedOf([]SeedOrg{{ID: 1, ProviderID: 1}}, sections, groups, map[int64][][]int64{1: shops},
		[]roundtable.User{person(1, 1, roundtable.OrgAdmin), twice, fifty, assigned})
}

// BenchmarkUserAccess is the figure of an access list: a page with its count of
// somebody who reaches 10,000 businesses, under 30 ms.
func BenchmarkUserAccess(b *testing.B) {
	database := dbtest.New(b)
	seed := chain()
	if err := Plant(b.Context(), database, seed, roundtable.Micros(noon)); err != nil {
		b.Fatal(err)
	}
	d := &opened{seed: seed, Directory: New(database, Options{Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler)})}
	b.Cleanup(d.Close)
	for _, test := range []struct {
		name       string
		by, target int
		page       Page
	}{
		{"two sets, by an administrator", 1, 2, Page{1, 30}},
		{"two sets, the last page", 1, 2, Page{100, 100}},
		{"fifty sets, by an administrator", 1, 3, Page{1, 100}},
		{"by itself", 2, 2, Page{1, 30}},
		{"by another manager", 3, 2, Page{1, 30}},
		{"assigned", 1, 4, Page{1, 30}},
		{"the whole organisation", 1, 1, Page{1, 30}},
	} {
		b.Run(test.name, func(b *testing.B) {
			for b.Loop() {
				list, err := d.UserAccess(b.Context(), d.caller(test.by), userID(test.target), test.page)
				want := chainReached
				if test.target == 1 {
					want = chainShops
				}
				if err != nil || list.Count != want || len(list.Access) != test.page.PerPage {
					b.Fatalf("%v: %+v", err, list)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms/list")
		})
	}
}
