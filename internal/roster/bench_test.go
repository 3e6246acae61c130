package roster

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

const (
	benchUsers = 200_000
	benchShops = 20_000
)

// large is an organisation of many businesses, in it a GROUP_MANAGER in a hundred.
func large(b *testing.B) *Roster {
	b.Helper()
	chance := rand.New(rand.NewPCG(4, 4))
	r := New()
	var from Shops
	for g := range int64(1_000) {
		from.Groups = append(from.Groups, roundtable.Group{ID: g, SectionID: g / 100})
	}
	for n := range benchShops {
		from.Businesses = append(from.Businesses, Shop{ID: fmt.Sprintf("%024x", n), GroupIDs: []int64{chance.Int64N(100), 100 + chance.Int64N(100)}})
	}
	if err := r.SetShops(&from); err != nil {
		b.Fatal(err)
	}
	for n := range benchUsers {
		last := make([]byte, 3)
		for i := range last {
			last[i] = byte('a' + max(0, chance.IntN(32)-6)) // an a in every second name
		}
		m := Member{
			ID: fmt.Sprintf("%024x", n), EmailKey: fmt.Sprintf("user-%d@bench.example", n), FirstName: "First" + string(last[:1]), LastName: "Lest" + string(last),
			Role: roundtable.BusinessManager, Status: roundtable.Active, Disabled: n%50 == 0, Keywords: []string{"knight"}[:n%2],
		}
		if n%100 == 0 {
			m.Role = roundtable.GroupManager
		}
		if n%10_000 == 0 {
			r.Settle()
		}
		if err := r.Put(&m); err != nil {
			b.Fatal(err)
		}
		shop := chance.IntN(benchShops - 1)
		businesses, accesses := []string{from.Businesses[shop].ID, from.Businesses[shop+1].ID}, [][]int64(nil)
		if n%100 == 0 {
			businesses, accesses = nil, [][]int64{{chance.Int64N(100), chance.Int64N(100)}, {100 + chance.Int64N(100)}}
		}
		if err := r.Assign(m.ID, businesses, accesses); err != nil {
			b.Fatal(err)
		}
	}
	r.Settle()
	return r
}

// BenchmarkSearch is what the roster of a large organisation takes to answer.
func BenchmarkSearch(b *testing.B) {
	r := large(b)
	over := &roundtable.User{Role: roundtable.OrgAdmin}
	for _, test := range []struct {
		name     string
		mistyped bool
		roundtable.UserSearch
	}{
		{name: "everybody"},
		{name: "last name one letter", UserSearch: roundtable.UserSearch{LastName: "a"}},
		{name: "last name whole", UserSearch: roundtable.UserSearch{LastName: "Lestabc"}},
		{name: "business", UserSearch: roundtable.UserSearch{Business: fmt.Sprintf("%024x", 77)}},
		{name: "word of all", UserSearch: roundtable.UserSearch{Query: roundtable.Some("example")}},
		{name: "mistyped", mistyped: true, UserSearch: roundtable.UserSearch{Query: roundtable.Some("lsetabc exmaple")}},
		{name: "two words", UserSearch: roundtable.UserSearch{Query: roundtable.Some("firsta lestabc")}},
		{name: "disabled", UserSearch: roundtable.UserSearch{Disabled: roundtable.Some(true)}},
		{name: "has businesses", UserSearch: roundtable.UserSearch{HasBusinesses: roundtable.Some(true)}},
		{name: "role", UserSearch: roundtable.UserSearch{Roles: []roundtable.Role{roundtable.GroupManager}}},
		{name: "keyword", UserSearch: roundtable.UserSearch{Keywords: []string{"knight"}}},
		{name: "by role", UserSearch: roundtable.UserSearch{Order: roundtable.OrderByRole}},
		{name: "by last name", UserSearch: roundtable.UserSearch{Order: roundtable.OrderByLastName}},
	} {
		b.Run(test.name, func(b *testing.B) {
			q := &Query{UserSearch: &test.UserSearch, Caller: over, Mistyped: test.mistyped}
			for b.Loop() {
				found := r.Search(q)
				if len(found.Page(test.Order, false, 0, 30)) == 0 {
					b.Fatal("nobody")
				}
			}
		})
	}
}
