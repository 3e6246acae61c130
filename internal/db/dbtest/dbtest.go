// Package dbtest gives tests a database of their own, with the present schema and no
// rows: a real file, or a database on a real server when ROUNDTABLE_TEST_ENGINE is
// "postgres". It must not know what the tables mean.
package dbtest

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// template is the migrated file, made once for all tests of a process.
var template = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "dbtest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	if err := migrate(db.Options{Path: path}); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// New opens a fresh database that is closed and removed when the test ends.
func New(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, db.Options{})
}

// Open is New with options; the place is chosen here.
func Open(t testing.TB, o db.Options) *db.DB {
	t.Helper()
	return opened(t, Place(t, o))
}

// NewFile is New on SQLite whatever the engine of the tests, for what is about files.
func NewFile(t testing.TB) *db.DB {
	t.Helper()
	return opened(t, db.Options{Path: file(t)})
}

// Empty is a database without a schema.
func Empty(t testing.TB) *db.DB {
	t.Helper()
	if Engine() == db.PostgreSQL {
		return opened(t, db.Options{Address: Address(t, true)})
	}
	return opened(t, db.Options{Path: filepath.Join(t.TempDir(), "roundtable.db")})
}

// Place makes a database that the test opens itself, with the present schema. It is
// removed when the test ends.
func Place(t testing.TB, o db.Options) db.Options {
	t.Helper()
	if Engine() == db.PostgreSQL {
		o.Address = Address(t, false)
	} else {
		o.Path = file(t)
	}
	return o
}

func file(t testing.TB) string {
	t.Helper()
	content, err := template()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "roundtable.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func opened(t testing.TB, o db.Options) *db.DB {
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
