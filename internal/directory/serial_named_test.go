package directory

import (
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

// together carries out patches in one batch, and in the later ones that it leads
// to, and returns how each was answered.
func (d *opened) together(t *testing.T, items ...*item) []string {
	t.Helper()
	d.runAll(t, items)
	answers := make([]string, len(items))
	for i, it := range items {
		answers[i] = wrong(t, it.err)
	}
	return answers
}

func wantAnswers(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("answers\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The named cases of what a batch must not mix up. An empty answer is a success.
func TestBatchNamedCases(t *testing.T) {
	t.Parallel()
	const (
		unauthenticated = "unauthenticated"
		forbidden       = "operation_not_allowed"
		notFound        = "not_found"
		taken           = "invalid (email: email_taken)"
	)
	t.Run("the last two administrators demote each other", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t, d.item(t, arthur, guenever, setRole(roundtable.OrgManager)), d.item(t, guenever, arthur, setRole(roundtable.OrgManager)))
		wantAnswers(t, got, "", forbidden)
	})
	t.Run("the last two administrators resign", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t, d.item(t, arthur, arthur, setRole(roundtable.OrgManager)), d.item(t, guenever, guenever, setRole(roundtable.OrgManager)))
		wantAnswers(t, got, "", "operation_not_allowed (role: last_org_admin)")
	})
	t.Run("the last two administrators disable each other", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t, d.item(t, guenever, arthur, setDisabled(true)), d.item(t, arthur, guenever, setDisabled(true)))
		wantAnswers(t, got, "", unauthenticated)
	})
	t.Run("an administrator is made before the last one leaves", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t,
			d.item(t, leodagan, leodagan, setRole(roundtable.OrgManager)),
			d.item(t, leodagan, demetra, setRole(roundtable.OrgAdmin)),
			d.item(t, leodagan, leodagan, setRole(roundtable.OrgManager)))
		wantAnswers(t, got, "operation_not_allowed (role: last_org_admin)", "", "")
	})
	t.Run("a caller is disabled earlier", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t,
			d.item(t, arthur, yvain, setPhone("1")), d.item(t, merlin, arthur, setDisabled(true)), d.item(t, arthur, yvain, setPhone("2")))
		wantAnswers(t, got, "", "", unauthenticated)
	})
	t.Run("a caller is demoted earlier", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t,
			d.item(t, merlin, bohort, setRole(roundtable.Publisher)), d.item(t, bohort, yvain, setPhone("2")))
		wantAnswers(t, got, "", notFound)
	})
	t.Run("a caller is promoted earlier", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t,
			d.item(t, yvain, perceval, setPhone("1")),
			d.item(t, arthur, yvain, setRole(roundtable.OrgAdmin)), d.item(t, yvain, perceval, setPhone("2")))
		wantAnswers(t, got, notFound, "", "")
	})
	t.Run("a caller loses the businesses that it gives", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t,
			d.item(t, karadoc, perceval, setShops(1, 2, 6)),
			d.item(t, bohort, karadoc, setAccesses([]int64{2})),
			d.item(t, karadoc, perceval, setShops(1)))
		wantAnswers(t, got, "", "", notFound)
	})
	t.Run("e-mail addresses are swapped", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t,
			d.item(t, arthur, perceval, setEmail("u8@example.com")), // gauvain's, still
			d.item(t, arthur, perceval, setEmail("between@example.com")),
			d.item(t, arthur, gauvain, setEmail("U7@Example.com")),
			d.item(t, arthur, perceval, setEmail("u8@example.com")))
		wantAnswers(t, got, taken, "", "", "")
		if a, b := d.user(t, perceval).Email, d.user(t, gauvain).Email; a != "u8@example.com" || b != "U7@Example.com" {
			t.Errorf("addresses %s and %s", a, b)
		}
	})
	t.Run("e-mail addresses move up a chain", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t,
			d.item(t, arthur, yvain, setEmail("free@example.com")),
			d.item(t, arthur, gauvain, setEmail("u9@example.com")),
			d.item(t, arthur, perceval, setEmail("u8@example.com")),
			d.item(t, merlin, demetra, setEmail("u7@example.com")),
			d.item(t, arthur, venec, setEmail("u7@example.com")))
		wantAnswers(t, got, "", "", "", "", taken)
	})
	t.Run("an address is let go and taken back", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t,
			d.item(t, arthur, perceval, setEmail("new@example.com")),
			d.item(t, arthur, perceval, setEmail("u7@example.com")),
			d.item(t, arthur, gauvain, setEmail("new@example.com")),
			d.item(t, arthur, yvain, setEmail("u7@example.com")))
		wantAnswers(t, got, "", "", "", taken)
		if version := d.user(t, perceval).Version; version != 3 {
			t.Errorf("version %d after two changes", version)
		}
	})
	t.Run("a move, then the old and the new administrator", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		got := d.together(t,
			d.item(t, leodagan, perceval, setPhone("0")),
			d.item(t, merlin, perceval, setOrg(2)),
			d.item(t, arthur, perceval, setPhone("1")),
			d.item(t, leodagan, perceval, setShops(7)),
			d.item(t, leodagan, perceval, setShops(1)),
			d.item(t, perceval, perceval, setPhone("2"))) // the move revokes the key
		wantAnswers(t, got, notFound, "", notFound, "", "invalid (business_ids.0: unknown_business)", unauthenticated)
	})
	t.Run("two items know the same version", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		first, second := d.item(t, arthur, yvain, setPhone("1")), d.item(t, bohort, yvain, setPhone("2"))
		for _, it := range []*item{first, second} {
			it.update.IfMatch = roundtable.Precondition{Given: true, States: seen(1)}
		}
		wantAnswers(t, d.together(t, first, second), "", "version_conflict")
	})
	t.Run("the same change twice", func(t *testing.T) {
		t.Parallel()
		d := openSmall(t)
		wantAnswers(t, d.together(t, d.item(t, arthur, yvain, setPhone("1")), d.item(t, bohort, yvain, setPhone("1"))), "", "")
		if version := d.user(t, yvain).Version; version != 2 {
			t.Errorf("version %d after one change and one that changes nothing", version)
		}
	})
}

// A reference is looked up in the transaction that stores it: what was deleted
// since the request came in is not granted.
func TestDeletedReferencesAreNotGranted(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	batch := []*item{
		d.item(t, arthur, karadoc, setAccesses([]int64{1}, []int64{3, 4})),
		d.item(t, arthur, karadoc, setAccesses([]int64{3})),
		d.item(t, arthur, perceval, setShops(1, 2, 4)),
	}
	d.exec(t, "DELETE FROM business_groups WHERE group_id = 4 OR business_id = '"+shopID(4)+"'",
		"DELETE FROM groups WHERE id = 4", "DELETE FROM businesses WHERE id = '"+shopID(4)+"'")
	wantAnswers(t, d.together(t, batch...), "invalid (accesses.1.1: unknown_group)", "", "invalid (business_ids.2: unknown_business)")
}

// A batch that changes nothing writes nothing.
func TestBatchWithoutChangesWritesNothing(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.wantUnchanged(t, "a batch of refusals and no-ops", func() {
		got := d.together(t,
			d.item(t, yvain, arthur, setPhone("1")), d.item(t, arthur, nobody, setPhone("1")),
			d.item(t, arthur, yvain, setPhone("")), d.item(t, nobody, yvain, setPhone("1")))
		wantAnswers(t, got, "operation_not_allowed", "not_found", "", "unauthenticated")
	})
}
