package dbtest

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// Template is a database that those of tests are copies of. It is made on first use.
type Template struct {
	file    func() ([]byte, error)
	foreign func() (string, error)
}

// NewTemplate has the present schema and what fill puts there; nil puts nothing.
func NewTemplate(fill func(context.Context, *db.DB) error) *Template {
	return &Template{
		file:    sync.OnceValues(func() ([]byte, error) { return templateFile(fill) }),
		foreign: sync.OnceValues(func() (string, error) { return templateDatabase(fill) }),
	}
}

// Place copies the template to where the test can open it, with options. The copy is
// removed when the test ends.
func (x *Template) Place(t testing.TB, o db.Options) db.Options {
	t.Helper()
	if Engine() == db.PostgreSQL {
		name, err := x.foreign()
		if err != nil {
			t.Fatal(err)
		}
		o.Address = createDatabase(t, name)
		return o
	}
	return x.placeFile(t, o)
}

func (x *Template) placeFile(t testing.TB, o db.Options) db.Options {
	t.Helper()
	content, err := x.file()
	if err != nil {
		t.Fatal(err)
	}
	o.Path = filepath.Join(t.TempDir(), "roundtable.db")
	if err := os.WriteFile(o.Path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return o
}

func templateFile(fill func(context.Context, *db.DB) error) ([]byte, error) {
	dir, err := os.MkdirTemp("", "dbtest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	if err := complete(db.Options{Path: path}, fill); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func templateDatabase(fill func(context.Context, *db.DB) error) (string, error) {
	c, err := cluster()
	if err != nil {
		return "", err
	}
	name := newName("template")
	if _, err := c.SQL(context.Background(), "postgres", "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	return name, complete(db.Options{Address: c.DSN(name)}, fill)
}

// newName is a name that no database has.
func newName(kind string) string { return kind + "_" + strings.ToLower(rand.Text()) }

// complete leaves a complete database, of SQLite without a write-ahead log.
func complete(o db.Options, fill func(context.Context, *db.DB) error) error {
	o.Readers, o.Writers = 1, 1
	ctx := context.Background()
	d, err := db.Open(ctx, o)
	if err != nil {
		return err
	}
	err = d.Migrate(ctx)
	if err == nil {
		err = toNext(ctx, d)
	}
	if err == nil && fill != nil {
		err = fill(ctx, d)
	}
	return errors.Join(err, d.Close())
}
