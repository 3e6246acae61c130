package roundtable

import "slices"

// maxToldAccess bounds the businesses that one event names each way: one change of a
// group may concern very many people.
const maxToldAccess = 1_000

// accessDifference is what a user reaches after a change of groups and did not
// before, and the other way round, as ascending lists. It is a change of nothing that
// the user stores.
type accessDifference struct{ gained, lost [][]string }

// ChangeAccess is what becomes of a user when the groups of businesses change under
// its accesses: an event with a change of the field "access" (section 1.8). What it
// gains and loses comes in ascending lists, which are left as they are; many users can
// share them. nil: neither.
func ChangeAccess(user *User, gained, lost [][]string) *Outcome {
	if len(gained) == 0 && len(lost) == 0 {
		return nil
	}
	after := *user
	after.Version++
	return &Outcome{
		Before: user, After: &after,
		Changes: []Change{{Field: "access", After: accessDifference{gained, lost}}},
	}
}

// record tells the difference as that of a list, ids ascending, with the counts of
// what it does not name in full.
func (d accessDifference) record(field string) ListChange {
	told := ListChange{Field: field}
	told.Added, told.AddedCount = firstAccess(d.gained)
	told.Removed, told.RemovedCount = firstAccess(d.lost)
	return told
}

// firstAccess returns the first ids of all lists, and how many there are in all if
// that is not all of them.
func firstAccess(lists [][]string) (first []string, count int) {
	first = []string{}
	for _, ids := range lists {
		count += len(ids)
		first = append(first, ids[:min(len(ids), maxToldAccess)]...)
	}
	slices.Sort(first)
	if count <= maxToldAccess {
		return first, 0
	}
	return first[:maxToldAccess], count
}
