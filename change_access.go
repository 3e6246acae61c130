package roundtable

import "slices"

// maxToldAccess bounds the businesses that one event names each way: one change of a
// group may concern very many people.
const maxToldAccess = 1_000

// accessDifference is what a user reaches after a change of groups and did not
// before, and the other way round. It is a change of nothing that the user stores.
type accessDifference struct{ gained, lost []string }

// ChangeAccess is what becomes of a user when the groups of businesses change under
// its accesses: an event with a change of the field "access" (section 1.8). nil: it
// neither gains nor loses anything.
func ChangeAccess(user *User, gained, lost []string) *Outcome {
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

func firstAccess(ids []string) (first []string, count int) {
	first = append([]string{}, ids...)
	slices.Sort(first)
	if len(first) <= maxToldAccess {
		return first, 0
	}
	return first[:maxToldAccess], len(ids)
}
