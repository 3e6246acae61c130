package directory

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// A user whom two nodes change at once has every change that was acknowledged, each
// whole, in an unbroken chain.
func TestTwoNodesChangeOneUser(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{Workers: manyWorkers})
	nodes := []*opened{d, d.node(t)}
	const each = 40
	names := make([][]string, len(nodes))
	var writers sync.WaitGroup
	for n, node := range nodes {
		writers.Go(func() {
			for i := range each {
				name := fmt.Sprintf("change %d of node %d", i, n)
				patch := roundtable.UserPatch{FirstName: some(name), LastName: some(name)}
				if _, err := node.UpdateUser(t.Context(), node.caller(arthur), userID(perceval), roundtable.Update{Patch: patch}); err != nil {
					t.Error(err)
				}
				names[n] = append(names[n], name)
			}
		})
	}
	writers.Wait()
	if half := d.query(t, "SELECT first_name || ', ' || last_name FROM users WHERE first_name <> last_name AND id = $1", userID(perceval)); len(half) > 0 {
		t.Errorf("half of a change: %q", half)
	}
	events := d.query(t, "SELECT changes FROM events WHERE user_id = $1", userID(perceval))
	for _, name := range slices.Concat(names...) {
		whole := 0
		for _, changes := range events {
			if strings.Count(changes, `"after":"`+name+`"`) == 2 {
				whole++
			}
		}
		if whole != 1 {
			t.Errorf("%d events of %s", whole, name)
		}
	}
	d.checkChains(t, "in the end")
}

// What one node switches off is off on the next request to another, which knew the
// caller as one of its own.
func TestNodesSeeWhatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	for what, do := range map[string]func(*opened) error{
		"revoked": func(d *opened) error {
			_, err := d.RevokeAPIKey(t.Context(), d.caller(arthur), perceval, nil)
			return err
		},
		"disabled": func(d *opened) error {
			_, err := d.UpdateUser(t.Context(), d.caller(arthur), userID(perceval), roundtable.Update{Patch: roundtable.UserPatch{Disabled: some(true)}})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := open(t, smallCompany(), Options{Workers: manyWorkers})
			other := d.node(t)
			caller, err := other.Authenticate(t.Context(), keyOf(perceval), loopback(), "before")
			if err == nil {
				_, _, err = other.User(t.Context(), caller, userID(perceval))
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := do(d); err != nil {
				t.Fatal(err)
			}
			caller, err = other.Authenticate(t.Context(), keyOf(perceval), loopback(), "after")
			if err == nil {
				_, _, err = other.User(t.Context(), caller, userID(perceval))
			}
			if code := wrong(t, err); code != "unauthenticated" {
				t.Errorf("reading: %q", code)
			}
			_, err = other.UpdateUser(t.Context(), caller, userID(perceval), roundtable.Update{Patch: setPhone("+33 1")})
			if code := wrong(t, err); code != "unauthenticated" {
				t.Errorf("changing: %q", code)
			}
		})
	}
}

// Two nodes on one database change the same users at once: every update that is
// acknowledged took place once, and none by half.
func TestPostgreSQLTwoNodes(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{Workers: manyWorkers})
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
