package directory

import (
	"reflect"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

func TestMoments(t *testing.T) {
	t.Parallel()
	var moments []moment
	for _, text := range []string{"10:10:@s", "10:13:10,12@s", "10:13:10@s", "13:13:@s", "13:14:13@s"} { // one after the other
		m, err := parseMoment(text)
		if err != nil {
			t.Fatal(err)
		}
		moments = append(moments, m)
	}
	if want := (moment{server: "s", next: 13, missing: []int64{10, 12}}); !reflect.DeepEqual(moments[1], want) {
		t.Errorf("%+v", moments[1])
	}
	for i, a := range moments {
		for k, b := range moments {
			if a.before(b) != (i < k) {
				t.Errorf("%d before %d: %v", i, k, a.before(b))
			}
			for number := range int64(15) {
				if i <= k && a.shows(number) && !b.shows(number) {
					t.Errorf("%d shows %d, and %d does not", i, number, k)
				}
			}
		}
	}
	if got := moments[1].missingList() + moments[0].missingList(); got != "{10,12}{}" {
		t.Error(got)
	}
	for _, text := range []string{"", "1:2", "1:x:@s", "1:2:3,x@s"} {
		if _, err := parseMoment(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

// What becomes visible after something later is not missed: the first change is made
// before the second and seen after it.
func TestPostgreSQLEventsOutOfOrder(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	lastNames := func() []string {
		t.Helper()
		var names []string
		found, err := d.SearchUsers(t.Context(), d.caller(arthur), roundtable.UserSearch{LastName: "Late"}, Page{1, 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, user := range found.Users {
			names = append(names, user.ID)
		}
		return names
	}
	if got := lastNames(); len(got) != 0 {
		t.Fatalf("%q", got)
	}
	writer, err := db.Open(t.Context(), d.place) // another node
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	err = writer.Write(t.Context(), func(tx *db.Tx) error {
		ids, err := tx.NextIDs("events", 1)
		if err != nil {
			return err
		}
		for _, text := range []string{
			"UPDATE users SET last_name = 'Late' WHERE id = '" + userID(perceval) + "'",
			"INSERT INTO events (id, user_id, version, org_id, at, actor_id, api_key_id, request_id, changes, effects)" +
				" SELECT $1, id, version, org_id, 1, id, 1, '', '[]', '[]' FROM users WHERE id = '" + userID(perceval) + "'",
		} {
			args := []any{ids[0]}
			if text[0] == 'U' {
				args = nil
			}
			if _, err := tx.Exec(text, args...); err != nil {
				return err
			}
		}
		d.update(t, merlin, yvain, roundtable.UserPatch{LastName: some("Late")}) // later, and visible at once
		if got := lastNames(); !reflect.DeepEqual(got, []string{userID(yvain)}) {
			t.Errorf("before the first is visible: %q", got)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := lastNames(); !reflect.DeepEqual(got, []string{userID(perceval), userID(yvain)}) {
		t.Errorf("once it is visible: %q", got)
	}
}
