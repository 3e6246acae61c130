package roundtable

import (
	"math/rand/v2"
	"testing"
)

// Merged sets reach what the sets reached, and sets that differ in one section are one.
func TestMergedReachesTheSame(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	groups := map[int64]Group{}
	for id := range int64(9) {
		groups[id] = Group{ID: id, OrgID: 1, SectionID: id % 3}
	}
	covers := func(sets []map[int64][]int64, carried []int64) bool { return Reach{sets: sets}.Covers(carried) }
	for range 2_000 {
		accesses := make([][]int64, r.IntN(6))
		for i := range accesses {
			for range 1 + r.IntN(4) {
				accesses[i] = append(accesses[i], r.Int64N(9))
			}
		}
		reach := NewReach(1, accesses, groups)
		merged := reach.Merged()
		if len(merged) > len(accesses) {
			t.Fatalf("%v became %v", accesses, merged)
		}
		for range 50 {
			var carried []int64
			for range r.IntN(5) {
				carried = append(carried, r.Int64N(9))
			}
			if reach.Covers(carried) != covers(merged, carried) {
				t.Fatalf("%v: %v tells otherwise of %v", accesses, merged, carried)
			}
		}
	}
	few := NewReach(1, [][]int64{{0, 1}, {0, 4}, {1, 3, 0}, {2}, {5, 8}}, groups).Merged()
	if len(few) != 3 {
		t.Errorf("merged into %v", few)
	}
}
