package roundtable

import "testing"

// TestReachCovers: groups of one section widen a set, groups of different sections narrow
// it, sets add up. Sections: Country (1 France, 4 Scotland, 8 Italy), Service (2 Bakery,
// 3 Florist), Size (9 Big).
func TestReachCovers(t *testing.T) {
	t.Parallel()
	groups := newCompany().facts.Groups
	groups[8] = Group{ID: 8, OrgID: 123, SectionID: 1}
	groups[9] = Group{ID: 9, OrgID: 123, SectionID: 5}
	shops := map[string][]int64{
		"French bakery": {1, 2}, "French florist": {1, 3}, "Scottish bakery": {4, 2}, "Scottish florist": {4, 3},
		"big French bakery": {9, 2, 1}, "bakery anywhere": {2}, "French and Scottish": {1, 4}, "no group": {}, "of the sister": {5},
	}
	for name, test := range map[string]struct {
		accesses [][]int64
		covered  []string
	}{
		"no list":                          {nil, nil},
		"an empty list":                    {[][]int64{}, nil},
		"an empty set":                     {[][]int64{{}}, nil},
		"one group":                        {[][]int64{{1}}, []string{"French bakery", "French florist", "big French bakery", "French and Scottish"}},
		"one section: or":                  {[][]int64{{2, 3}}, []string{"French bakery", "French florist", "Scottish bakery", "Scottish florist", "big French bakery", "bakery anywhere"}},
		"two sections: and":                {[][]int64{{1, 2}}, []string{"French bakery", "big French bakery"}},
		"the order does not matter":        {[][]int64{{2, 1}}, []string{"French bakery", "big French bakery"}},
		"or within and":                    {[][]int64{{1, 4, 2}}, []string{"French bakery", "Scottish bakery", "big French bakery"}},
		"three sections":                   {[][]int64{{1, 2, 9}}, []string{"big French bakery"}},
		"or in both":                       {[][]int64{{1, 4, 2, 3}}, []string{"French bakery", "French florist", "Scottish bakery", "Scottish florist", "big French bakery"}},
		"two sets: union":                  {[][]int64{{1, 2}, {4, 3}}, []string{"French bakery", "Scottish florist", "big French bakery"}},
		"a set in another":                 {[][]int64{{1}, {1, 2}}, []string{"French bakery", "French florist", "big French bakery", "French and Scottish"}},
		"nothing carries it":               {[][]int64{{8}}, nil},
		"nothing carries both":             {[][]int64{{8, 2}}, nil},
		"one of a section is enough":       {[][]int64{{8, 1, 2}}, []string{"French bakery", "big French bakery"}},
		"a group twice":                    {[][]int64{{1, 1, 2}}, []string{"French bakery", "big French bakery"}},
		"an unknown group":                 {[][]int64{{99}}, nil},
		"an unknown group beside a known":  {[][]int64{{1, 99}}, nil}, // not all of France
		"a group of another organisation":  {[][]int64{{5}}, nil},
		"one of another beside one of its": {[][]int64{{1, 5}}, nil},
		"an empty set beside a good one":   {[][]int64{{}, {1, 3}}, []string{"French florist"}},
		"an unknown set beside a good one": {[][]int64{{99, 2}, {1, 3}}, []string{"French florist"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reach := NewReach(123, test.accesses, groups)
			covered := setOf(test.covered)
			for shop, carries := range shops {
				if got := reach.Covers(carries); got != covered[shop] {
					t.Errorf("accesses %v cover %s %v: %v", test.accesses, shop, carries, got)
				}
			}
		})
	}
}

func TestReachOfNobody(t *testing.T) {
	t.Parallel()
	if (Reach{}).Covers([]int64{1, 2, 3}) || (Reach{}).Covers(nil) {
		t.Error("a reach that nobody prepared covers something")
	}
}
