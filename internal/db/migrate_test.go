package db_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

var update = flag.Bool("update", false, "write testdata anew")

const golden = "testdata/schema.sqlite.sql"

// The schema that all migrations lead to is committed, so that a change of it
// is seen in review.
func TestSchema(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	got := dump(t, d)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(want), "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(lines) || line != lines[i] {
			t.Fatalf("%s:%d: the schema has %q; if the change is meant: go test ./internal/db -run TestSchema -update", golden, i+1, line)
		}
	}
	if got != string(want) {
		t.Errorf("%s says more than the schema has", golden)
	}
}

// dump writes the schema sorted by name, without comments.
func dump(t *testing.T, d *db.DB) string {
	t.Helper()
	comment, space := regexp.MustCompile(`(?m)--.*$`), regexp.MustCompile(`[ \t]+\n`)
	var b strings.Builder
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Each(`SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name NOT IN ('goose_db_version', 'sqlite_sequence')
			ORDER BY tbl_name, type DESC, name`, nil, func(r *db.Rows) error {
			var text string
			err := r.Scan(&text)
			b.WriteString(space.ReplaceAllString(comment.ReplaceAllString(text, ""), "\n") + ";\n")
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "x ?#%41.db"))
	if v, err := d.SchemaVersion(t.Context()); v != 0 || err != nil {
		t.Errorf("an empty database has version %d, %v", v, err)
	}
	if err := d.CheckSchema(t.Context()); !errors.Is(err, db.ErrOlderSchema) {
		t.Errorf("an empty database: %v", err)
	}
	for range 2 {
		if err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := d.SchemaVersion(t.Context()); v != db.Head() || v < 1 || err != nil {
		t.Errorf("version %d, %v; head is %d", v, err, db.Head())
	}
	if err := d.CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
	write(t, d, "INSERT INTO providers (id, label) VALUES (1, 'p')") // what was prepared before still works
}

// The schema of the next release is worked with, that of a later one is refused.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for newer, want := range map[int64]error{1: nil, 2: db.ErrNewerSchema} {
		write(t, d, fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, 1)", db.Head()+newer))
		for _, err := range []error{d.Migrate(t.Context()), d.CheckSchema(t.Context())} {
			if !errors.Is(err, want) || err != nil && !strings.Contains(err.Error(), fmt.Sprint(db.Head()+newer)) {
				t.Errorf("%d versions newer: %v", newer, err)
			}
		}
		write(t, d, fmt.Sprintf("DELETE FROM goose_db_version WHERE version_id > %d", db.Head()))
	}
}
