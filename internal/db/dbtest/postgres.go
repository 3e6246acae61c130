package dbtest

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

// templateName is the migrated database that those of tests are copies of.
const templateName = "template_roundtable"

// cluster is the PostgreSQL server of this process, from its first use on. It ends
// with the process.
var cluster = sync.OnceValues(func() (*pgtest.Cluster, error) { return pgtest.Start(pgtest.Options{}) })

// Cluster is the PostgreSQL server that the tests of this process share.
func Cluster(t testing.TB) *pgtest.Cluster {
	t.Helper()
	c, err := cluster()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Address makes a database on the shared server, with the present schema and no rows
// or, if empty, with nothing at all. It is removed when the test ends.
func Address(t testing.TB, empty bool) string {
	t.Helper()
	c := Cluster(t)
	template := "template1"
	if !empty {
		if err := migratedDatabase(); err != nil {
			t.Fatal(err)
		}
		template = templateName
	}
	name := "test_" + strings.ToLower(rand.Text())
	ask := func(text string) error {
		_, err := c.SQL(context.Background(), "postgres", text)
		return err
	}
	if err := ask("CREATE DATABASE " + name + " TEMPLATE " + template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ask("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return c.DSN(name)
}

// migratedDatabase makes the template once for all tests of a process.
var migratedDatabase = sync.OnceValue(func() error {
	c, err := cluster()
	if err != nil {
		return err
	}
	if _, err := c.SQL(context.Background(), "postgres", "CREATE DATABASE "+templateName); err != nil {
		return err
	}
	return migrate(db.Options{Address: c.DSN(templateName)})
})
