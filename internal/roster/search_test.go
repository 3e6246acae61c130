package roster

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

// kept is a user as the roster was told of it.
type kept struct {
	Member
	businesses []string
}

// crowd is a roster beside what it was told.
type crowd struct {
	chance *rand.Rand
	roster *Roster
	users  map[string]*kept
	shops  []string
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{chance: rand.New(rand.NewPCG(5, 5)), roster: New(), users: make(map[string]*kept)}
	var shops Shops
	for n := range 40 {
		c.shops = append(c.shops, fmt.Sprintf("%024x", n))
		shops.Businesses = append(shops.Businesses, Shop{ID: c.shops[n], PresenceManagement: n%2 == 0})
	}
	if err := c.roster.SetShops(&shops); err != nil {
		t.Fatal(err)
	}
	return c
}

// change puts, gives shops to, or removes somebody.
func (c *crowd) change(t *testing.T) {
	t.Helper()
	id := fmt.Sprintf("%024x", 1+c.chance.IntN(400))
	user := c.users[id]
	var err error
	switch {
	case user == nil || c.chance.IntN(3) == 0:
		m := Member{
			ID: id, EmailKey: id + "@bench.example", FirstName: randomWord(c.chance), LastName: randomWord(c.chance),
			Role:   roundtable.AllRoles()[c.chance.IntN(len(roundtable.AllRoles()))],
			Status: roundtable.Active, Disabled: c.chance.IntN(2) == 0,
		}
		if c.chance.IntN(2) == 0 {
			m.Status = roundtable.Invited
		}
		if user == nil {
			user = new(kept)
			c.users[id] = user
		}
		user.Member = m
		err = c.roster.Put(&m)
	case c.chance.IntN(4) == 0:
		delete(c.users, id)
		err = c.roster.Remove(id)
	default:
		user.businesses = nil
		for range c.chance.IntN(3) {
			user.businesses = append(user.businesses, c.shops[c.chance.IntN(len(c.shops))])
		}
		err = c.roster.Assign(id, user.businesses, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (c *crowd) search() *roundtable.UserSearch {
	s := &roundtable.UserSearch{Descending: c.chance.IntN(2) == 0}
	orders := []roundtable.UserOrder{
		"", roundtable.OrderByEmail, roundtable.OrderByFirstName, roundtable.OrderByLastName, roundtable.OrderByRole, roundtable.OrderByStatus,
	}
	s.Order = orders[c.chance.IntN(len(orders))]
	switch c.chance.IntN(6) {
	case 0:
		s.LastName = randomWord(c.chance)
	case 1:
		s.Business = c.shops[c.chance.IntN(len(c.shops))]
	case 2:
		s.Roles = []roundtable.Role{roundtable.BusinessManager, roundtable.Publisher}[c.chance.IntN(2):]
	case 3:
		s.Statuses = []roundtable.Status{roundtable.Active, roundtable.Invited}[c.chance.IntN(2):]
	case 4:
		s.HasBusinesses = roundtable.Some(c.chance.IntN(2) == 0)
	default:
		s.Disabled = roundtable.Some(c.chance.IntN(2) == 0)
	}
	return s
}

func (c *crowd) matches(s *roundtable.UserSearch, u *kept) bool {
	reads := s.Business == ""
	if !reads {
		switch u.Role {
		case roundtable.BusinessManager:
			reads = slices.Contains(u.businesses, s.Business)
		case roundtable.Publisher:
			reads = slices.Index(c.shops, s.Business)%2 == 0
		case roundtable.Provider, roundtable.OrgAdmin, roundtable.OrgManager:
			reads = true
		}
	}
	return reads && strings.Contains(u.LastName, s.LastName) &&
		(len(s.Roles) == 0 || slices.Contains(s.Roles, u.Role)) && (len(s.Statuses) == 0 || slices.Contains(s.Statuses, u.Status)) &&
		(!s.HasBusinesses.Set || s.HasBusinesses.Value == (len(u.businesses) > 0)) && (!s.Disabled.Set || s.Disabled.Value == u.Disabled)
}

// found is who matches, the plain way.
func (c *crowd) found(s *roundtable.UserSearch) []Entry {
	list := []Entry{}
	for _, u := range c.users {
		if c.matches(s, u) {
			by := map[roundtable.UserOrder]string{
				roundtable.OrderByEmail: u.EmailKey, roundtable.OrderByFirstName: roundtable.Fold(u.FirstName),
				roundtable.OrderByLastName: roundtable.Fold(u.LastName), roundtable.OrderByRole: string(u.Role), roundtable.OrderByStatus: string(u.Status),
			}
			list = append(list, Entry{by[s.Order], u.ID})
		}
	}
	slices.SortFunc(list, func(a, b Entry) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID)) })
	if s.Descending {
		slices.Reverse(list)
	}
	return list
}

// What searches remember stays true through more changes than it can take in.
func TestSearchesThroughChanges(t *testing.T) {
	t.Parallel()
	c := newCrowd(t)
	admin := &roundtable.User{Role: roundtable.OrgAdmin}
	for step := range 6_000 {
		if c.change(t); step%1_500 == 0 {
			c.roster.Settle()
		}
		s := c.search()
		want := c.found(s)
		result := c.roster.Search(&Query{UserSearch: s, Caller: admin})
		from := c.chance.IntN(len(want) + 1)
		got := result.Page(s.Order, s.Descending, from, 10)
		if want = want[from:]; result.Count != from+len(want) || !slices.Equal(got, want[:min(10, len(want))]) {
			t.Fatalf("step %d, %+v from %d: found %d %v\nwant %d %v", step, s, from, result.Count, got, from+len(want), want)
		}
	}
}
