package roundtable

import "slices"

// Merged returns the access sets, section to its groups, with as few sets as reach the
// same: those that differ in one section become one. Queries ask for each set apart.
func (r Reach) Merged() []map[int64][]int64 {
	sets := slices.Clone(r.sets)
	for i := 0; i < len(sets); i++ {
		for k := i + 1; k < len(sets); {
			section, mergeable := onlyDifference(sets[i], sets[k])
			if !mergeable {
				k++
				continue
			}
			sets[i] = widened(sets[i], section, sets[k][section])
			sets = slices.Delete(sets, k, k+1)
			k = i + 1 // what stood apart may fit now
		}
	}
	return sets
}

// widened returns a set with more groups in one of its sections.
func widened(set map[int64][]int64, section int64, groups []int64) map[int64][]int64 {
	wide := make(map[int64][]int64, len(set))
	for key, members := range set {
		wide[key] = members
	}
	wide[section] = sortedGroups(slices.Concat(set[section], groups))
	return wide
}

// onlyDifference returns a section beside which two sets are equal, if there is one.
func onlyDifference(a, b map[int64][]int64) (section int64, found bool) {
	if len(a) != len(b) {
		return 0, false
	}
	differences := 0
	for key, groups := range a {
		others, shared := b[key]
		switch {
		case !shared:
			return 0, false
		case !slices.Equal(sortedGroups(groups), sortedGroups(others)):
			section = key
			differences++
		case differences == 0:
			section = key
		}
	}
	return section, differences <= 1
}

// sortedGroups returns groups in order, each once.
func sortedGroups(groups []int64) []int64 {
	return slices.Compact(slices.Sorted(slices.Values(groups)))
}
