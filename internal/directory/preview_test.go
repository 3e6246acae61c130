package directory

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

// A preview tells which businesses a user gains and loses, and changes nothing.
func TestPreviewAccess(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	tests := map[string]struct {
		by, target   int
		patch        roundtable.UserPatch
		gained, lost []int
	}{
		"businesses":             {arthur, perceval, setShops(2, 3, 4), []int{3, 4}, []int{1}},
		"another order":          {arthur, perceval, setShops(2, 1), nil, nil},
		"none":                   {arthur, perceval, roundtable.UserPatch{BusinessIDs: roundtable.Null[[]string]()}, nil, []int{1, 2}},
		"up":                     {arthur, perceval, setRole(roundtable.OrgManager), []int{3, 4, 5, 6}, nil},
		"down":                   {arthur, guenever, setRole(roundtable.BusinessManager), nil, []int{1, 2, 3, 4, 5, 6}},
		"to groups":              {arthur, perceval, roundtable.UserPatch{Role: some("GROUP_MANAGER"), Accesses: some([][]int64{{2, 3}, {1, 4}})}, []int{3}, []int{1}},
		"to no groups":           {arthur, perceval, setRole(roundtable.GroupManager), nil, []int{1, 2}},
		"other groups":           {arthur, karadoc, setAccesses([]int64{2}, []int64{1, 3}), []int{3, 4}, []int{2, 6}},
		"from groups":            {arthur, karadoc, roundtable.UserPatch{Role: some("BUSINESS_MANAGER"), BusinessIDs: some(shopIDs(5, 6))}, []int{5}, []int{1, 2}},
		"to presence management": {merlin, perceval, setRole(roundtable.Publisher), []int{3, 5}, []int{2}},
		"elsewhere":              {merlin, arthur, setOrg(2), []int{7, 8}, []int{1, 2, 3, 4, 5, 6}},
		"elsewhere with shops":   {merlin, perceval, roundtable.UserPatch{OrgID: some[int64](2), BusinessIDs: some(shopIDs(8))}, []int{8}, []int{1, 2}},
		"a phone":                {arthur, perceval, setPhone("1"), nil, nil},
		"a list that is ignored": {arthur, bohort, setShops(1), nil, nil},
	}
	for name, test := range tests {
		d.wantUnchanged(t, name, func() {
			preview, err := d.PreviewUser(t.Context(), d.caller(test.by), userID(test.target), roundtable.Update{Patch: test.patch})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			want := AccessDifference{Gained: shopIDs(test.gained...), Lost: shopIDs(test.lost...), GainedCount: len(test.gained), LostCount: len(test.lost)}
			if !reflect.DeepEqual(preview.Access, want) {
				t.Errorf("%s: access %+v, want %+v", name, preview.Access, want)
			}
		})
	}
}

// Long lists are cut at a hundred; the counts are exact.
func TestPreviewOfManyBusinesses(t *testing.T) {
	t.Parallel()
	seed := smallCompany()
	var ids []string
	for n := 1000; n < 1250; n++ {
		ids = append(ids, shopID(n))
		seed.Businesses = append(seed.Businesses, SeedBusiness{Business: roundtable.Business{ID: shopID(n), OrgID: 2}, Code: fmt.Sprint("M", n), Name: "Many"})
	}
	d := open(t, seed, Options{})
	given := slices.Clone(ids)
	slices.Reverse(given)
	patch := roundtable.UserPatch{BusinessIDs: some(given)}
	preview, err := d.PreviewUser(t.Context(), d.caller(merlin), userID(demetra), roundtable.Update{Patch: patch})
	if err != nil {
		t.Fatal(err)
	}
	if a := preview.Access; a.GainedCount != 250 || a.LostCount != 1 || !slices.Equal(a.Gained, ids[:100]) || !slices.Equal(a.Lost, shopIDs(7)) {
		t.Errorf("access %+v", a)
	}
	d.update(t, merlin, demetra, patch)
	if got := d.user(t, demetra).BusinessIDs; !slices.Equal(got, given) {
		t.Error("250 businesses are not stored in the order given")
	}
}

// A preview names changes with both values, knows the present user, and is refused
// as the update is.
func TestPreview(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	patch := roundtable.UserPatch{Phone: some("1"), BusinessIDs: some(shopIDs(3)), Password: some("Roundtable!1"), Accesses: some([][]int64{{99}})}
	preview, err := d.PreviewUser(t.Context(), d.caller(arthur), userID(perceval), roundtable.Update{Patch: patch})
	if err != nil {
		t.Fatal(err)
	}
	changes, _ := json.Marshal(preview.Changes)
	want := `[{"field":"business_ids","before":["` + shopID(1) + `","` + shopID(2) + `"],"after":["` + shopID(3) + `"]},{"field":"phone","before":null,"after":"1"},{"field":"password","before":null,"after":"***"}]`
	if string(changes) != want {
		t.Errorf("changes %s, want %s", changes, want)
	}
	if preview.Current.ID != userID(perceval) || preview.Current.Version != 1 || preview.CurrentOrg.ID != 1 || !slices.Equal(preview.Ignored, []string{"accesses"}) {
		t.Errorf("preview %+v", preview)
	}
	for what, test := range map[string]struct {
		by, target int
		patch      roundtable.UserPatch
	}{
		"forbidden": {bohort, arthur, setPhone("1")}, "not found": {caius, perceval, setPhone("1")}, "disabled": {lancelot, lancelot, setPhone("1")},
		"invalid": {arthur, perceval, setShops(7)}, "last admin": {leodagan, leodagan, setRole(roundtable.OrgManager)},
	} {
		told := d.preview(t, test.by, test.target, test.patch)
		if answer := d.refusal(t, test.by, test.target, test.patch); told == "" || told != answer {
			t.Errorf("%s: previewed %q, answered %q", what, told, answer)
		}
	}
}
