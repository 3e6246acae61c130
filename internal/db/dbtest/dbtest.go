// Package dbtest gives tests a database of their own: a real file with the
// present schema and no rows. It must not know what the tables mean.
package dbtest

import (
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
	if err := migrate(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// New opens a fresh database that is closed and removed when the test ends.
func New(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, db.Options{})
}

// Open is New with options; the path is chosen here.
func Open(t testing.TB, o db.Options) *db.DB {
	t.Helper()
	content, err := template()
	if err != nil {
		t.Fatal(err)
	}
	o.Path = filepath.Join(t.TempDir(), "roundtable.db")
	if err := os.WriteFile(o.Path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}
