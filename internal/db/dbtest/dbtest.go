// Package dbtest gives tests a database of their own, with the present schema and no
// rows: a real file, or a database on a real server when ROUNDTABLE_TEST_ENGINE is
// "postgres". It must not know what the tables mean.
package dbtest

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// blank has the schema and no rows.
var blank = sync.OnceValue(func() *Template { return NewTemplate(nil) })

// New opens a fresh database that is closed and removed when the test ends.
func New(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, db.Options{})
}

// Open is New with options; the place is chosen here.
func Open(t testing.TB, o db.Options) *db.DB {
	t.Helper()
	return Opened(t, Blank(t, o))
}

// Blank is where a database can be opened that has the present schema and no rows. On
// PostgreSQL several may open it at once.
func Blank(t testing.TB, o db.Options) db.Options {
	t.Helper()
	return blank().Place(t, o)
}

// NewFile is New on SQLite whatever the engine of the tests, for what is about files.
func NewFile(t testing.TB) *db.DB {
	t.Helper()
	return Opened(t, blank().placeFile(t, db.Options{}))
}

// Empty is where a database can be opened that has no schema yet.
func Empty(t testing.TB) db.Options {
	t.Helper()
	if Engine() == db.PostgreSQL {
		return db.Options{Address: createDatabase(t, "template1")}
	}
	return db.Options{Path: filepath.Join(t.TempDir(), "roundtable.db")}
}

// Opened opens a database that is closed when the test ends, if the test has not.
func Opened(t testing.TB, o db.Options) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil && !errors.Is(err, db.ErrClosed) {
			t.Error(err)
		}
	})
	return d
}
