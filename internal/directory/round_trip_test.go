package directory

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// fill gives every stored member of a struct a value that no other one has; with
// empty, it makes lists empty and leaves the rest.
func fill(t *testing.T, row any, empty bool) {
	t.Helper()
	value := reflect.ValueOf(row).Elem()
	for i := range value.NumField() {
		field, kind := value.Field(i), value.Type().Field(i)
		if kind.Tag.Get("db") == "" {
			continue
		}
		fillValue(t, field, kind.Name, int64(100+i), empty)
	}
}

func fillValue(t *testing.T, v reflect.Value, name string, number int64, empty bool) {
	t.Helper()
	switch {
	case v.Kind() == reflect.Slice && empty:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	case empty:
	case v.Kind() == reflect.String:
		v.SetString("é \" \\ " + name)
	case v.Kind() == reflect.Int64:
		v.SetInt(number)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(t, v.Elem(), name, number, false)
	case v.Type() == reflect.TypeFor[[]string]():
		v.Set(reflect.ValueOf([]string{name, "two", ""}))
	default:
		t.Fatalf("%s: teach this test to fill %s", name, v.Type())
	}
}

// plant opens smallCompany with one user and its key changed.
func plant(t *testing.T, change func(*SeedUser, *SeedKey)) *opened {
	t.Helper()
	seed := smallCompany()
	change(&seed.Users[perceval-1], &seed.Keys[perceval-1])
	return open(t, seed, Options{})
}

func (d *opened) loaded(t *testing.T, load func(*workingSet, *db.Tx) error) *workingSet {
	t.Helper()
	w := d.newWorkingSet()
	if err := d.db.Read(t.Context(), func(tx *db.Tx) error { return load(w, tx) }); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestUserRoundTrip(t *testing.T) {
	t.Parallel()
	for _, empty := range []bool{false, true} {
		want := roundtable.User{
			BusinessIDs: shopIDs(6, 1, 4, 2), Accesses: [][]int64{{4, 1}, {2}, {1, 4}},
		}
		if empty {
			want.BusinessIDs, want.Accesses = []string{}, [][]int64{}
		}
		fill(t, &want, empty)
		want.ID, want.OrgID, want.Email, want.Version = userID(perceval), 2, "Per.Ceval@Exämple.com", 7
		want.EmailKey = "per.ceval@xn--exmple-cua.com"
		d := plant(t, func(user *SeedUser, _ *SeedKey) {
			user.User = want
			user.EmailKey = "" // Plant computes it
		})
		w := d.loaded(t, func(w *workingSet, tx *db.Tx) error {
			if err := w.loadUsersByID(tx, []string{want.ID}); err != nil {
				return err
			}
			return w.loadLists(tx, []string{want.ID})
		})
		if got := *w.users[want.ID]; !reflect.DeepEqual(got, want) {
			t.Errorf("stored\n%+v, read back\n%+v", want, got)
		}
	}
}

func TestAPIKeyRoundTrip(t *testing.T) {
	t.Parallel()
	for _, empty := range []bool{false, true} {
		var want roundtable.APIKey
		fill(t, &want, empty)
		want.ID, want.UserID = perceval, userID(perceval)
		d := plant(t, func(_ *SeedUser, key *SeedKey) { key.APIKey = want })
		w := d.loaded(t, func(w *workingSet, tx *db.Tx) error {
			return w.loadUsers(tx, []*item{newReading(t.Context(), d.caller(perceval), userID(perceval))})
		})
		if got := w.keys[perceval].APIKey; !reflect.DeepEqual(got, want) {
			t.Errorf("stored\n%+v, read back\n%+v", want, got)
		}
		if got := d.query(t, "SELECT hex(secret_hash) || ' ' || label FROM api_keys WHERE id = 7")[0]; got != fmt.Sprintf("%X key", secret.HashAPIKey(keyOf(perceval))) {
			t.Errorf("hash and label %s", got)
		}
	}
}

func TestFactsRoundTrip(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.exec(t, "UPDATE sso_configurations SET admin_signed_in_at = 5 WHERE org_id = 1", "UPDATE orgs SET version = 9 WHERE id = 2")
	w := d.loaded(t, func(w *workingSet, tx *db.Tx) error {
		wanted := &wantedFacts{groups: map[int64]bool{3: true, 77: true}, businesses: map[string]bool{shopID(1): true, shopID(8): true, shopID(99): true}}
		if err := w.loadOrgs(tx, []int64{1, 2, 3, 99}); err != nil {
			return err
		}
		if err := w.loadGroups(tx, wanted); err != nil {
			return err
		}
		return w.loadBusinesses(tx, wanted)
	})
	pages := roundtable.SidebarPages()
	for _, org := range w.facts.Orgs { // a script of its own holds these
		org.Name, org.Alias, org.Type, org.Plans, org.Features, org.CreatedAt = "", "", "", nil, nil, 0
	}
	wantOrgs := map[int64]*roundtable.Org{
		1: {ID: 1, ProviderID: 1, ProviderLabel: "kaamelott", SidebarPages: pages, SSO: true, SSOProven: true, Version: 1},
		2: {ID: 2, ProviderID: 1, ProviderLabel: "kaamelott", SidebarPages: pages, Version: 9},
		3: {ID: 3, ProviderID: 2, ProviderLabel: "rome", SidebarPages: pages, Version: 1},
	}
	if !reflect.DeepEqual(w.facts.Orgs, wantOrgs) {
		t.Errorf("organisations %+v", w.facts.Orgs)
	}
	if want := map[int64]roundtable.Group{3: {ID: 3, OrgID: 1, SectionID: 2}}; !reflect.DeepEqual(w.facts.Groups, want) {
		t.Errorf("groups %+v", w.facts.Groups)
	}
	wantShops := map[string]roundtable.Business{
		shopID(1): {ID: shopID(1), OrgID: 1, GroupIDs: []int64{1, 3}, PresenceManagement: true},
		shopID(8): {ID: shopID(8), OrgID: 2},
	}
	if !reflect.DeepEqual(w.facts.Businesses, wantShops) {
		t.Errorf("businesses %+v", w.facts.Businesses)
	}
}

// Every column has a member, and every member without a column is known to be
// derived or to have a table of its own.
func TestMembersAndColumns(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	derived := []string{"AvailableFeatures", "BusinessIDs", "GroupID", "Accesses", "CustomRole", "ProviderLabel", "ShadowUserID", "Reports", "Permissions"}
	for table, test := range map[string]struct {
		row     reflect.Type
		without []string // members without column
		beside  []string // columns without member
	}{
		"users": {reflect.TypeFor[roundtable.User](), derived, nil},
		"api_keys": {reflect.TypeFor[roundtable.APIKeyRecord](), []string{"APIKey"}, []string{
			"secret_hash", "previous_secret_hash",
		}},
	} {
		var columns []string
		for _, column := range d.columns(t, table) {
			if !strings.HasPrefix(column.Name, "next_") { // of a later schema, see dbtest
				columns = append(columns, column.Name)
			}
		}
		for _, field := range reflect.VisibleFields(test.row) {
			column := field.Tag.Get("db")
			if stored := column != ""; stored == slices.Contains(test.without, field.Name) || stored && !slices.Contains(columns, column) {
				t.Errorf("%s: member %s, column %q", table, field.Name, column)
			}
			columns = slices.DeleteFunc(columns, func(c string) bool { return c == column })
		}
		if slices.Sort(columns); !slices.Equal(columns, slices.Sorted(slices.Values(test.beside))) {
			t.Errorf("%s: columns without member: %q", table, columns)
		}
	}
}

// Every field of a patch reaches its column, its reader and its event, and changes
// nothing beside.
func TestEveryFieldIsStored(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		target int
		patch  roundtable.UserPatch
		rows   map[string]string // what changes in the user's row
		apply  func(*roundtable.User)
		more   []string // further fields of the event
	}{
		"email": {
			perceval, setEmail(" New@Example.com "),
			map[string]string{"email": "'New@Example.com'", "email_key": "'new@example.com'"},
			func(u *roundtable.User) { u.Email, u.EmailKey = "New@Example.com", "new@example.com" }, nil,
		},
		"first_name": {perceval, roundtable.UserPatch{FirstName: some(" Ada ")}, map[string]string{"first_name": "'Ada'"}, func(u *roundtable.User) { u.FirstName = "Ada" }, nil},
		"last_name":  {perceval, roundtable.UserPatch{LastName: some("O'Hara")}, map[string]string{"last_name": "'O''Hara'"}, func(u *roundtable.User) { u.LastName = "O'Hara" }, nil},
		"org_id": {
			perceval, setOrg(2),
			map[string]string{"org_id": "2"},
			func(u *roundtable.User) { u.OrgID, u.BusinessIDs = 2, []string{} },
			[]string{"business_ids"},
		},
		"accesses": {karadoc, setAccesses([]int64{4, 1}, []int64{2}, []int64{4, 1}), nil, func(u *roundtable.User) { u.Accesses = [][]int64{{4, 1}, {2}} }, nil},
		"business_ids": {
			perceval, setShops(6, 2, 3, 6), nil,
			func(u *roundtable.User) { u.BusinessIDs = shopIDs(6, 2, 3) }, nil,
		},
		"phone": {perceval, setPhone(" +33 (0)1 "), map[string]string{"phone": "'+33 (0)1'"}, func(u *roundtable.User) { u.Phone = "+33 (0)1" }, nil},
		"role": {
			perceval, setRole(roundtable.OrgManager),
			map[string]string{"role": "'ORG_MANAGER'"},
			func(u *roundtable.User) { u.Role, u.BusinessIDs = roundtable.OrgManager, []string{} },
			[]string{"business_ids"},
		},
		"sidebar_pages": {
			perceval,
			roundtable.UserPatch{SidebarPages: some([]string{"posts", "messages", "posts"})},
			map[string]string{"sidebar_pages": `'["posts","messages"]'`},
			func(u *roundtable.User) {
				u.SidebarPages, u.AvailableFeatures = []string{"posts", "messages"}, []string{"messages", "posts"}
			}, nil,
		},
		"status":   {perceval, setStatus(roundtable.Invited), map[string]string{"status": "'invited'"}, func(u *roundtable.User) { u.Status = roundtable.Invited }, nil},
		"disabled": {perceval, setDisabled(true), map[string]string{"disabled": "1"}, func(u *roundtable.User) { u.Disabled = true }, nil},
		"password": {perceval, roundtable.UserPatch{Password: some("Roundtable!1")}, nil, func(*roundtable.User) {}, nil},
		"lang":     {perceval, roundtable.UserPatch{Lang: some("PT-BR")}, map[string]string{"lang": "'pt-br'"}, func(u *roundtable.User) { u.Lang = "pt-br" }, nil},
		"sso_only": {perceval, roundtable.UserPatch{SSOOnly: some(true)}, map[string]string{"sso_only": "1"}, func(u *roundtable.User) { u.SSOOnly = true }, nil},
		"keywords": {
			perceval,
			roundtable.UserPatch{Keywords: some([]string{" é ", "b", "é"})},
			map[string]string{"keywords": `'["é","b"]'`},
			func(u *roundtable.User) { u.Keywords = []string{"é", "b"} }, nil,
		},
		"receive_reviews_email_notifications": {
			perceval,
			roundtable.UserPatch{ReceiveReviewsEmailNotifications: some(true)},
			map[string]string{"receive_reviews_email_notifications": "1"},
			func(u *roundtable.User) { u.ReceiveReviewsEmailNotifications = true }, nil,
		},
	}
	patch := reflect.TypeFor[roundtable.UserPatch]()
	for i := range patch.NumField() {
		name := patch.Field(i).Tag.Get("json")
		test, known := cases[name]
		if !known || !reflect.ValueOf(test.patch).Field(i).FieldByName("Set").Bool() {
			t.Errorf("no case changes %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openSmall(t)
			want, row := *d.user(t, test.target), d.row(t, test.target)
			test.apply(&want)
			want.Version = 2
			d.update(t, merlin, test.target, test.patch)
			got := *d.user(t, test.target)
			if got.LastEventID == nil {
				t.Error("the row does not name its event")
			}
			if got.LastEventID = nil; !reflect.DeepEqual(got, want) {
				t.Errorf("reads\n%+v, want\n%+v", got, want)
			}
			maps.Copy(row, map[string]string{"version": "2", "last_event_id": "1"})
			maps.Copy(row, test.rows)
			if got := d.row(t, test.target); !maps.Equal(got, row) {
				t.Errorf("the row holds\n%v, want\n%v", got, row)
			}
			var changes []EventChange
			if err := json.Unmarshal([]byte(d.query(t, "SELECT changes FROM events")[0]), &changes); err != nil {
				t.Fatal(err)
			}
			var fields []string
			for _, change := range changes {
				fields = append(fields, change.Field)
			}
			slices.Sort(fields)
			if want := slices.Sorted(slices.Values(append(test.more, name))); !slices.Equal(fields, want) {
				t.Errorf("the event tells %q, want %q", fields, want)
			}
		})
	}
}

// row is the user's own row, by column, as SQL literals.
func (d *opened) row(t *testing.T, n int) map[string]string {
	t.Helper()
	row := make(map[string]string)
	for _, column := range d.columns(t, "users") {
		row[column.Name] = d.query(t, "SELECT "+quoted(column)+" FROM users WHERE id = $1", userID(n))[0]
	}
	return row
}
