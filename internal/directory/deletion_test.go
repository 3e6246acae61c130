package directory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// firstManager is the first GROUP_MANAGER of randomGroups, after a PROVIDER and an
// ORG_ADMIN.
const firstManager, managers = 3, 8

// randomGroups is a company with random sections, groups, memberships and access sets.
func randomGroups(r *rand.Rand) Seed {
	sections, groups := map[int64][]int64{1: {1, 2, 3}}, make(map[int64][]int64)
	var all []int64
	for section := range int64(3) {
		for range 1 + r.IntN(3) {
			all = append(all, int64(len(all)+1))
			groups[section+1] = append(groups[section+1], int64(len(all)))
		}
	}
	some := func(most int) []int64 {
		picked := slices.Clone(all)
		r.Shuffle(len(picked), func(i, k int) { picked[i], picked[k] = picked[k], picked[i] })
		return picked[:min(most, len(picked))]
	}
	shops := make([][]int64, 12)
	for i := range shops {
		shops[i] = some(r.IntN(5))
	}
	users := []roundtable.User{person(merlin, 1, roundtable.Provider), person(arthur, 1, roundtable.OrgAdmin)}
	for i := range managers {
		var sets [][]int64
		for range r.IntN(4) {
			sets = append(sets, some(1+r.IntN(4)))
		}
		users = append(users, groupManager(firstManager+i, 1, sets))
	}
	return seedOf([]SeedOrg{{ID: 1, ProviderID: 1}}, sections, groups, map[int64][][]int64{1: shops}, users)
}

// manager's standing, as a test compares it.
type standing struct {
	reach   map[string]bool
	user    roundtable.User
	changed []string // fields of the last event
}

// standings reads what every GROUP_MANAGER reaches, from the rows.
func (d *opened) standings(t *testing.T) []standing {
	t.Helper()
	var all []standing
	for n := firstManager; n < firstManager+managers; n++ {
		err := d.db.Read(t.Context(), func(tx *db.Tx) error {
			w := d.newWorkingSet()
			if err := w.loadUsersByID(tx, []string{userID(n)}); err != nil {
				return err
			}
			if err := w.loadLists(tx, []string{userID(n)}); err != nil {
				return err
			}
			reach, err := w.reachable(tx, w.users[userID(n)])
			all = append(all, standing{reach: reach, user: *w.users[userID(n)]})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		history, err := d.History(t.Context(), d.caller(arthur), userID(n), HistoryFilter{}, Page{1, 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range history.Events {
			for _, change := range event.Changes {
				all[len(all)-1].changed = append(all[len(all)-1].changed, change.Field)
			}
		}
	}
	return all
}

// deletion is one random deletion, and its name. It may aim at what is gone.
func (d *opened) deletion(t *testing.T, r *rand.Rand) (name string, err error) {
	group := roundtable.Opt[int64]{}
	path := GroupPath{group, 1 + r.Int64N(9)}
	switch r.IntN(6) {
	case 0:
		id := 1 + r.Int64N(3)
		_, err := d.DeleteSection(t.Context(), d.caller(arthur), id)
		return fmt.Sprint("section ", id), err
	case 1, 2:
		_, err := d.DeleteGroup(t.Context(), d.caller(arthur), path)
		return fmt.Sprint("group ", path.Group), err
	}
	shops := shopIDs(1+r.IntN(12), 1+r.IntN(12), 1+r.IntN(12))
	_, err = d.RemoveFromGroup(t.Context(), d.caller(arthur), path, roundtable.GroupEdit{Businesses: some(shops), Field: "business_ids"})
	return fmt.Sprint("members of group ", path.Group), err
}

// No deletion, carried out, adds a business to anybody's reach; and who is touched,
// and nobody else, has one event of it.
func TestDeletionsNeverWidenReach(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	lost := 0
	for range 12 {
		d := open(t, randomGroups(r), Options{})
		before := d.standings(t)
		for range 12 {
			name, err := d.deletion(t, r)
			if got := wrong(t, err); got != "" && got != "not_found" {
				t.Fatalf("%s: %s", name, got)
			}
			after := d.standings(t)
			for i := range before {
				lost += len(before[i].reach) - len(after[i].reach)
				checkStanding(t, name, before[i], after[i])
			}
			before = after
		}
	}
	if lost < 30 {
		t.Errorf("%d businesses lost: the companies show nothing", lost)
	}
}

func checkStanding(t *testing.T, name string, before, after standing) {
	t.Helper()
	for id := range after.reach {
		if !before.reach[id] {
			t.Errorf("deleting %s gives %s to %v", name, id, before.user.Accesses)
		}
	}
	want, field := before.user.Version, ""
	switch {
	case !slices.EqualFunc(before.user.Accesses, after.user.Accesses, slices.Equal):
		want, field = want+1, "accesses"
	case len(before.reach) != len(after.reach):
		want, field = want+1, "access"
	}
	if after.user.Version != want {
		t.Errorf("deleting %s: version %d after %d, want %d", name, after.user.Version, before.user.Version, want)
	}
	if field != "" && !slices.Equal(after.changed, []string{field}) {
		t.Errorf("deleting %s: the event tells of %q, want %s", name, after.changed, field)
	}
}

// Two writers who add to one group and take out of it do not undo each other.
func TestGroupWritersDoNotUndoEachOther(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	failed := make(chan error, 12)
	for n := 1; n <= 6; n++ {
		edit := roundtable.GroupEdit{Businesses: some(shopIDs(n)), Field: "business_ids"}
		go func() {
			_, err := d.AddToGroup(t.Context(), d.caller(arthur), GroupPath{Group: 2}, edit)
			failed <- err
		}()
		go func() {
			_, err := d.RemoveFromGroup(t.Context(), d.caller(bohort), GroupPath{Group: 3}, edit)
			failed <- err
		}()
	}
	for range 12 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	for group, want := range map[int64][]string{2: shopIDs(1, 2, 3, 4, 5, 6), 3: {}} {
		found, err := d.Group(t.Context(), d.caller(arthur), GroupPath{Group: group})
		if err != nil || !slices.Equal(found.BusinessIDs, want) {
			t.Errorf("group %d: %v, %v", group, found, err)
		}
	}
}
