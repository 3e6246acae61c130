package dbtest

import (
	"context"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

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

// createDatabase makes a database on the shared server and returns its address. It is
// removed when the test ends.
func createDatabase(t testing.TB, template string) string {
	t.Helper()
	c := Cluster(t)
	name := newName("test")
	ask := func(text string) error {
		_, err := c.SQL(context.Background(), "postgres", text)
		return err
	}
	if err := ask("CREATE DATABASE " + name + " TEMPLATE " + template + " STRATEGY FILE_COPY"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ask("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return c.DSN(name)
}
