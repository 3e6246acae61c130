package roundtable

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// labelled is a random organisation, as far as reach reads it.
type labelled struct {
	groups     map[int64]Group
	businesses [][]int64   // the groups of each
	accesses   [][][]int64 // of each GROUP_MANAGER
}

func randomLabelled(r *rand.Rand) *labelled {
	c := &labelled{groups: make(map[int64]Group)}
	for id := range int64(2 + r.IntN(8)) {
		c.groups[id+1] = Group{ID: id + 1, OrgID: 1, SectionID: 1 + r.Int64N(4)}
	}
	some := func(most int) (ids []int64) {
		for range most {
			if id := 1 + r.Int64N(int64(len(c.groups))); !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		return ids
	}
	for range 15 {
		c.businesses = append(c.businesses, some(r.IntN(6)))
	}
	for range 6 {
		var sets [][]int64
		for range r.IntN(4) {
			sets = append(sets, some(1+r.IntN(5)))
		}
		c.accesses = append(c.accesses, sets)
	}
	return c
}

// delete is the organisation without some groups.
func (c *labelled) delete(gone map[int64]bool) *labelled {
	left := &labelled{groups: make(map[int64]Group)}
	for id, group := range c.groups {
		if !gone[id] {
			left.groups[id] = group
		}
	}
	for _, carried := range c.businesses {
		left.businesses = append(left.businesses, slices.DeleteFunc(slices.Clone(carried), func(id int64) bool { return gone[id] }))
	}
	for _, sets := range c.accesses {
		left.accesses = append(left.accesses, WithoutGroups(sets, gone, c.groups))
	}
	return left
}

func (c *labelled) reaches(manager, business int) bool {
	return NewReach(1, c.accesses[manager], c.groups).Covers(c.businesses[business])
}

// whole is section 2, "Accesses", said another way: of some set the business carries,
// for every section that the set ever named, a group that is still there.
func (c *labelled) whole(manager, business int, gone map[int64]bool) bool {
	return slices.ContainsFunc(c.accesses[manager], func(set []int64) bool {
		return !slices.ContainsFunc(set, func(wanted int64) bool {
			return !slices.ContainsFunc(set, func(id int64) bool {
				return c.groups[id].SectionID == c.groups[wanted].SectionID && !gone[id] && slices.Contains(c.businesses[business], id)
			})
		})
	})
}

// No deletion adds a business to anybody's reach, and none takes more than it must.
func TestDeletionNeverWidensReach(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	kept, lost := 0, 0
	for range 3000 {
		before, gone := randomLabelled(r), make(map[int64]bool)
		section := r.Int64N(5) // 0: one group, not a section
		for id, group := range before.groups {
			if group.SectionID == section {
				gone[id] = true
			}
		}
		if section == 0 {
			gone[1+r.Int64N(int64(len(before.groups)))] = true
		}
		after := before.delete(gone)
		for manager := range before.accesses {
			for business := range before.businesses {
				had, has := before.reaches(manager, business), after.reaches(manager, business)
				switch {
				case has && !had:
					t.Fatalf("deleting %v of %+v gives business %d to %v, then %v", gone, before, business, before.accesses[manager], after.accesses[manager])
				case has != before.whole(manager, business, gone):
					t.Fatalf("deleting %v of %+v: business %d of %v reached: %t", gone, before, business, before.accesses[manager], has)
				case has:
					kept++
				case had:
					lost++
				}
			}
		}
	}
	if kept < 1000 || lost < 1000 {
		t.Errorf("%d businesses kept, %d lost: the companies show nothing", kept, lost)
	}
}

// Taking one business out of a group adds it to nobody's reach.
func TestLeavingAGroupNeverWidensReach(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		c := randomLabelled(r)
		for manager := range c.accesses {
			for business, carried := range c.businesses {
				had := c.reaches(manager, business)
				for i := range carried {
					c.businesses[business] = slices.Delete(slices.Clone(carried), i, i+1)
					if c.reaches(manager, business) && !had {
						t.Fatalf("leaving group %d, %v gains business %d of %v", carried[i], c.accesses[manager], business, carried)
					}
				}
				c.businesses[business] = carried
			}
		}
	}
}

func TestWithoutGroups(t *testing.T) {
	t.Parallel()
	groups := newCompany().facts.Groups
	for name, c := range map[string]struct{ before, gone, after any }{
		"the only one of its section": {[][]int64{{1, 2}, {1, 3}}, []int64{2}, [][]int64{{1, 3}}},
		"one of two":                  {[][]int64{{1, 4, 2}}, []int64{1}, [][]int64{{4, 2}}},
		"both of a section":           {[][]int64{{1, 4, 2}, {2}}, []int64{1, 4}, [][]int64{{2}}},
		"two become alike":            {[][]int64{{1, 4, 2}, {4, 2}}, []int64{1}, [][]int64{{4, 2}}},
		"none of them":                {[][]int64{{1, 2}}, []int64{3}, [][]int64{{1, 2}}},
		"all":                         {[][]int64{{1}}, []int64{1}, [][]int64{}},
		"no set":                      {[][]int64{}, []int64{1}, [][]int64{}},
	} {
		got := WithoutGroups(c.before.([][]int64), setOf(c.gone.([]int64)), groups)
		if !slices.EqualFunc(got, c.after.([][]int64), slices.Equal) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
