package directory

import (
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// Nodes on one database count together: what one has told the next hears, and the
// window is that of the first.
func TestNodesShareTheLimit(t *testing.T) {
	t.Parallel()
	database := dbtest.Open(t, db.Options{})
	start := time.Unix(1_770_000_000, 0)
	now := start
	nodes := make([]*Directory, 3)
	for i := range nodes {
		nodes[i] = &Directory{db: database, now: func() time.Time { return now }, rates: rateLimit{limit: 10}, node: string(rune('a' + i))}
	}
	share := func() {
		t.Helper()
		for range 2 { // once to tell, once to hear
			for _, d := range nodes {
				if err := d.shareLimit(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	take := func(node, times int, org int64, wantLeft int, wantReset time.Duration) {
		t.Helper()
		var quota Quota
		for range times {
			quota, _ = nodes[node].Take(Caller{OrgID: org}, now)
		}
		if quota.Left != wantLeft || quota.Reset != wantReset {
			t.Errorf("node %d, organisation %d: %+v, want %d left for %s", node, org, quota, wantLeft, wantReset)
		}
	}
	take(0, 4, 1, 6, 60*time.Second)
	now = start.Add(300 * time.Millisecond)
	take(1, 3, 1, 7, 60*time.Second) // not heard of the other yet
	take(1, 1, 2, 9, 60*time.Second)
	share()
	now = start.Add(10 * time.Second)
	take(1, 1, 1, 2, 50*time.Second) // 8 in the window of the first node
	take(0, 1, 1, 2, 50*time.Second) // not heard of the last one
	share()
	take(0, 2, 1, 0, 50*time.Second) // one left, and one refused
	take(2, 1, 1, 9, 60*time.Second) // a node that was not asked before
	share()
	take(2, 1, 1, 0, 50*time.Second)
	take(0, 1, 2, 9, 60*time.Second)
	now = start.Add(61 * time.Second)
	share()
	take(0, 1, 1, 9, 60*time.Second) // the next window
}
