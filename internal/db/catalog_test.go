package db_test

import (
	"slices"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// The catalogue tells of both engines the same, but for what a boolean is called.
func TestTables(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var tables []db.Table
	err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
		tables, err = tx.Tables()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) int {
		return slices.IndexFunc(tables, func(t db.Table) bool { return t.Name == name })
	}
	for _, pair := range [][2]string{{"providers", "orgs"}, {"orgs", "users"}, {"users", "user_accesses"}, {"groups", "user_accesses"}} {
		if at(pair[0]) < 0 || at(pair[0]) > at(pair[1]) {
			t.Errorf("%q are not in this order", pair)
		}
	}
	for _, name := range []string{"goose_db_version", "migration_lock", "sqlite_sequence"} {
		if at(name) >= 0 {
			t.Errorf("%s is no table of the schema", name)
		}
	}
	orgs, accesses, events := tables[at("orgs")], tables[at("user_accesses")], tables[at("events")]
	if !orgs.Numbered || !slices.Equal(orgs.Key, []string{"id"}) || orgs.Columns[1] != (db.Column{Name: "provider_id", Type: db.IntegerColumn, Parent: "providers"}) {
		t.Errorf("%+v", orgs)
	}
	if accesses.Numbered || !slices.Equal(accesses.Key, []string{"user_id", "access_set", "position"}) {
		t.Errorf("%+v", accesses)
	}
	if last := events.Columns[len(events.Columns)-1]; !events.Numbered || last.Name != "reverts" {
		t.Errorf("%+v", events)
	}
}

// A number that was given once is not given again, also when it is told from outside.
func TestLastID(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	last := func(want int64) {
		t.Helper()
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			got, err := tx.LastID("providers")
			if got != want {
				t.Errorf("the last number is %d, want %d", got, want)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	set := func(table string, n int64) {
		t.Helper()
		if err := d.Write(t.Context(), func(tx *db.Tx) error { return tx.SetLastID(table, n) }); err != nil {
			t.Fatal(err)
		}
	}
	last(0)
	set("providers", 0)
	last(0)
	set("providers", 41)
	last(41)
	write(t, d, "INSERT INTO providers (label) VALUES ('p')")
	last(42)
	write(t, d, "DELETE FROM providers")
	last(42)
	write(t, d, "INSERT INTO providers (id, label) VALUES (50, 'p')")
	last(50)
	set("providers", 99)
	last(99)
	set("events", 7) // which on SQLite gives what is not there
	if n := count(t, d); n != 1 {
		t.Errorf("%d providers", n)
	}
}

// Values come as they are stored.
func TestValues(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	write(t, d, "INSERT INTO providers (id, label) VALUES (7, 'é')")
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Each("SELECT id, label, NULL, id = 7 FROM providers", nil, func(rows *db.Rows) error {
			values, err := rows.Values()
			if err == nil && !slices.Equal(values, []any{int64(7), "é", nil, int64(1)}) {
				t.Errorf("%#v", values)
			}
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
