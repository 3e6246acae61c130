package roundtable

import "slices"

// Reach is the access of a GROUP_MANAGER, ready to be asked about single
// businesses (section 2, "Accesses").
type Reach struct {
	sets []map[int64][]int64 // for each access set: section to its groups
}

// NewReach prepares access sets. A set that names a group which does not exist
// in orgID reaches nothing: no accident may widen it.
func NewReach(orgID int64, accesses [][]int64, groups map[int64]Group) Reach {
	var reach Reach
	for _, set := range accesses {
		bySection := make(map[int64][]int64)
		whole := len(set) > 0
		for _, id := range set {
			group, ok := groups[id]
			whole = whole && ok && group.OrgID == orgID
			bySection[group.SectionID] = append(bySection[group.SectionID], id)
		}
		if whole {
			reach.sets = append(reach.sets, bySection)
		}
	}
	return reach
}

// Covers reports whether a business that carries the groups is in reach: some
// set has, for each of its sections, one of the business's groups.
func (r Reach) Covers(groups []int64) bool {
	return slices.ContainsFunc(r.sets, func(set map[int64][]int64) bool {
		for _, wanted := range set {
			if !slices.ContainsFunc(wanted, func(id int64) bool { return slices.Contains(groups, id) }) {
				return false
			}
		}
		return true
	})
}
