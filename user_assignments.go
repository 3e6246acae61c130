package roundtable

import (
	"fmt"
	"slices"
)

// This file judges the two lists that give businesses to managers. A list that
// the resulting role does not use must be sound in itself, is stored nowhere, and
// its references are not looked up.

func (j *judgement) judgeAccesses() bool {
	given := j.update.Patch.Accesses.Value
	if len(given) > maxAccessSets {
		j.note("accesses", tooManyItems(maxAccessSets))
		return true
	}
	sets := make([][]int64, 0, len(given))
	for _, set := range given {
		if set = unique(set); !slices.ContainsFunc(sets, func(s []int64) bool { return slices.Equal(s, set) }) {
			sets = append(sets, set)
		}
	}
	if slices.EqualFunc(sets, j.before.accessSets(), slices.Equal) {
		return false
	}
	j.noteAccessSizes(given)
	if j.after.Role != GroupManager {
		j.ignored = append(j.ignored, "accesses")
		return true
	}
	j.noteUnknownGroups(given)
	j.after.Accesses = sets
	return true
}

func (j *judgement) noteAccessSizes(given [][]int64) {
	for i, set := range given {
		path := fmt.Sprintf("accesses.%d", i)
		switch {
		case len(set) == 0:
			j.note(path, &problem{CodeEmptyAccessSet, "An access set must name at least one group."})
		case len(set) > maxAccessGroups:
			j.note(path, tooManyItems(maxAccessGroups))
		}
	}
}

func (j *judgement) noteUnknownGroups(given [][]int64) {
	for i, set := range given {
		if len(set) > maxAccessGroups {
			continue
		}
		for k, id := range set {
			if group, known := j.facts.Groups[id]; !known || group.OrgID != j.after.OrgID {
				j.note(fmt.Sprintf("accesses.%d.%d", i, k), &problem{CodeUnknownGroup, fmt.Sprintf("Group %d does not exist.", id)})
			}
		}
	}
}

// GroupIDs are the groups that a patch names and that must be looked up: none of a
// list that is too long.
func (p *UserPatch) GroupIDs() []int64 {
	var ids []int64
	if len(p.Accesses.Value) > maxAccessSets {
		return nil
	}
	for _, set := range p.Accesses.Value {
		if len(set) <= maxAccessGroups {
			ids = append(ids, set...)
		}
	}
	return ids
}

func (j *judgement) judgeBusinessIDs() bool {
	given := j.update.Patch.BusinessIDs.Value
	if len(given) > maxBusinessIDs {
		j.note("business_ids", tooManyItems(maxBusinessIDs))
		return true
	}
	ids := unique(given)
	if slices.Equal(ids, j.before.businessIDs()) {
		return false
	}
	if j.after.Role != BusinessManager {
		j.ignored = append(j.ignored, "business_ids")
		return true
	}
	j.noteUnknownBusinesses(given)
	j.after.BusinessIDs = ids
	return true
}

// noteUnknownBusinesses looks up what the list adds: what the user has already
// exists and belongs to its organisation.
func (j *judgement) noteUnknownBusinesses(given []string) {
	var has map[string]bool
	if j.after.OrgID == j.before.OrgID {
		has = setOf(j.before.businessIDs())
	}
	for i, id := range given {
		if has[id] {
			continue
		}
		if business, known := j.facts.Businesses[id]; known && business.OrgID == j.after.OrgID {
			continue
		}
		j.note(fmt.Sprintf("business_ids.%d", i), &problem{CodeUnknownBusiness, "This business does not exist."})
	}
}

// AddedBusinessIDs are the businesses that a patch names and target does not have
// in the organisation it would be in, so that they must be looked up.
func AddedBusinessIDs(target *User, patch *UserPatch) []string {
	if len(patch.BusinessIDs.Value) > maxBusinessIDs {
		return nil
	}
	var has map[string]bool
	if !patch.OrgID.Set {
		has = setOf(target.businessIDs())
	}
	added := make([]string, 0, 4)
	for _, id := range patch.BusinessIDs.Value {
		if !has[id] && ValidID(id) {
			added = append(added, id)
		}
	}
	return added
}

func setOf[T comparable](list []T) map[T]bool {
	set := make(map[T]bool, len(list))
	for _, v := range list {
		set[v] = true
	}
	return set
}
