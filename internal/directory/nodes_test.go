package directory

import (
	"fmt"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// Two nodes on one database change the same users at once: every update that is
// acknowledged took place once, and none by half.
func TestPostgreSQLTwoNodes(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	beside := New(dbtest.Opened(t, d.place), Options{})
	t.Cleanup(beside.Close)
	done := make([][]int, 2)
	var group sync.WaitGroup
	var mu sync.Mutex
	for n, node := range []*Directory{d.Directory, beside} {
		done[n] = make([]int, leodagan+1)
		for worker := range 4 {
			group.Go(func() {
				for i := range 12 {
					target := arthur + (worker+i)%5
					shops := shopIDs(1+(worker+i)%3, 4)
					patch := roundtable.UserPatch{Phone: some(fmt.Sprint(n, worker, i))}
					if target == perceval {
						patch.BusinessIDs = some(shops)
					}
					_, err := node.UpdateUser(t.Context(), d.caller(merlin), userID(target), roundtable.Update{Patch: patch})
					if err != nil {
						t.Error(err)
						continue
					}
					mu.Lock()
					done[n][target]++
					mu.Unlock()
				}
			})
		}
	}
	group.Wait()
	d.checkInvariants(t, "afterwards")
	for target := arthur; target < arthur+5; target++ {
		if user := d.user(t, target); user.Version != int64(1+done[0][target]+done[1][target]) {
			t.Errorf("user %d has version %d after %d and %d updates", target, user.Version, done[0][target], done[1][target])
		}
	}
}
