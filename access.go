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

// WithoutGroups is access sets after groups are deleted: those are taken out of every
// set, and a set in which no group of their section is left is dropped whole, so that
// no deletion adds a business to anybody's reach.
func WithoutGroups(accesses [][]int64, gone map[int64]bool, groups map[int64]Group) [][]int64 {
	kept := [][]int64{}
	for _, set := range accesses {
		rest := slices.DeleteFunc(slices.Clone(set), func(id int64) bool { return gone[id] })
		left := make(map[int64]bool, len(rest))
		for _, id := range rest {
			left[groups[id].SectionID] = true
		}
		whole := len(rest) > 0
		for _, id := range set {
			whole = whole && left[groups[id].SectionID]
		}
		if whole && !slices.ContainsFunc(kept, func(s []int64) bool { return slices.Equal(s, rest) }) {
			kept = append(kept, rest)
		}
	}
	return kept
}

// DropGroups is what becomes of a user when groups are deleted; nil: nothing.
func DropGroups(user *User, gone map[int64]bool, groups map[int64]Group) *Outcome {
	after := *user
	after.Accesses = WithoutGroups(user.accessSets(), gone, groups)
	changes := diff(user, &after)
	if len(changes) == 0 {
		return nil
	}
	after.Version++
	return &Outcome{Before: user, After: &after, Changes: changes}
}
