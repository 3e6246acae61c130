package roundtable

import "slices"

// Carriers are the businesses that carry groups, numbered so that the reach over
// very many of them is found without asking about each.
type Carriers struct {
	ids     []string
	numbers map[string]int
	byGroup map[int64][]int
}

// NewCarriers returns no businesses yet.
func NewCarriers() *Carriers {
	return &Carriers{numbers: make(map[string]int), byGroup: make(map[int64][]int)}
}

// Add notes that a business carries a group.
func (c *Carriers) Add(business string, group int64) {
	number, known := c.numbers[business]
	if !known {
		number = len(c.ids)
		c.ids = append(c.ids, business)
		c.numbers[business] = number
	}
	c.byGroup[group] = append(c.byGroup[group], number)
}

// Select returns the businesses in reach, ascending: those of which Covers says so.
// Of every group that r names, all carriers must have been added.
func (r Reach) Select(carriers *Carriers) []string {
	covered := make([]bool, len(carriers.ids))
	sections := make([]int, len(carriers.ids))
	for _, set := range r.sets {
		clear(sections)
		carriers.cover(set, sections, covered)
	}
	selected := make([]string, 0, len(carriers.ids))
	for number, in := range covered {
		if in {
			selected = append(selected, carriers.ids[number])
		}
	}
	slices.Sort(selected)
	return selected
}

// cover marks the businesses that one access set covers. sections counts, of each
// business, the sections of the set in which it was found so far; it comes empty.
func (c *Carriers) cover(set map[int64][]int64, sections []int, covered []bool) {
	passed := 0
	for _, groups := range set {
		for _, group := range groups {
			for _, number := range c.byGroup[group] {
				if sections[number] == passed {
					sections[number]++
				}
			}
		}
		passed++
	}
	for number, found := range sections {
		if found == len(set) {
			covered[number] = true
		}
	}
}
