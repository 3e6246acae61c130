package directory

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

// TestOrgsOfOneName: however many are founded at once, each gets an alias of its own,
// and none is left out.
func TestOrgsOfOneName(t *testing.T) {
	t.Parallel()
	const count = 300 // more than are looked up at once
	d := openSmall(t)
	caller := d.caller(merlin)
	aliases := make([]string, count)
	var wait sync.WaitGroup
	for i := range aliases {
		wait.Go(func() {
			org, err := d.CreateOrg(t.Context(), caller, roundtable.OrgUpdate{Patch: roundtable.OrgPatch{Name: some("Milk")}})
			if err != nil {
				t.Error(err)
				return
			}
			aliases[i] = org.Alias
		})
	}
	wait.Wait()
	want := []string{"milk"}
	for n := 2; n <= count; n++ {
		want = append(want, fmt.Sprint("milk_", n))
	}
	slices.Sort(aliases)
	slices.Sort(want)
	if !slices.Equal(aliases, want) {
		t.Errorf("aliases %q", aliases)
	}
}

// TestOrgChangesAreSeenAtOnce: what an organisation is and has counts from the next
// request on, for its users and for the caller that it is taken from.
func TestOrgChangesAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	if _, err := d.UpdatePlans(t.Context(), d.caller(merlin), 2, roundtable.PlansUpdate{
		Plans: some([]roundtable.PlanPatch{{Name: some("posts")}}),
	}); err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, "a page without a plan", d.refusal(t, leodagan, demetra, roundtable.UserPatch{SidebarPages: some([]string{"posts", "messages"})}), "invalid (sidebar_pages.1: page_not_available)")
	d.update(t, leodagan, demetra, roundtable.UserPatch{SidebarPages: some([]string{"posts"})})

	before := d.caller(leodagan)
	if err := d.DeleteOrg(t.Context(), d.caller(merlin), 2, roundtable.OrgDeletion{Force: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Org(t.Context(), before, 2); err == nil || err.Error() != "unauthenticated" {
		t.Errorf("a user of a deleted organisation: %v", err)
	}
	if _, err := d.UpdateOrg(t.Context(), before, 2, roundtable.OrgUpdate{}); err == nil || err.Error() != "unauthenticated" {
		t.Errorf("a user of a deleted organisation: %v", err)
	}
	if _, err := d.Org(t.Context(), d.caller(merlin), 2); err == nil || err.Error() != "not_found" {
		t.Errorf("a deleted organisation: %v", err)
	}
}

// TestRefusedOrgChangesWriteNothing: what is refused leaves no row, though operations
// of a batch share its transaction.
func TestRefusedOrgChangesWriteNothing(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.wantUnchanged(t, "a refusal", func() {
		if _, err := d.CreateOrg(t.Context(), d.caller(arthur), roundtable.OrgUpdate{Patch: roundtable.OrgPatch{Name: some("X")}}); err == nil {
			t.Error("an ORG_ADMIN creates")
		}
		if err := d.DeleteOrg(t.Context(), d.caller(merlin), 2, roundtable.OrgDeletion{}); err == nil {
			t.Error("deleted without force")
		}
		if err := d.DeleteOrg(t.Context(), d.caller(merlin), 1, roundtable.OrgDeletion{Force: true}); err == nil {
			t.Error("deleted its own")
		}
		if err := d.DeleteOrg(t.Context(), d.caller(merlin), 3, roundtable.OrgDeletion{Force: true}); err == nil {
			t.Error("deleted another provider's")
		}
	})
}

// Who was deleted with an organisation is not found where he had been before, though no
// search has looked since he left.
func TestSearchAfterOrgIsDeleted(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	count := func() int {
		t.Helper()
		found, err := d.SearchUsers(t.Context(), d.caller(arthur), roundtable.UserSearch{}, Page{1, 100})
		if err != nil || found.Count != len(found.Users) {
			t.Fatalf("%v, %+v", err, found)
		}
		return found.Count
	}
	before := count()
	d.update(t, merlin, yvain, setOrg(2))
	if err := d.DeleteOrg(t.Context(), d.caller(merlin), 2, roundtable.OrgDeletion{Force: true}); err != nil {
		t.Fatal(err)
	}
	if after := count(); after != before-1 {
		t.Errorf("%d users are found, %d were before one left", after, before)
	}
}
