package dbtest

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// engineVariable names the engine that tests run on: "postgres", or none for SQLite.
const engineVariable = "ROUNDTABLE_TEST_ENGINE"

// Engine is the engine that New opens databases of.
func Engine() db.Engine {
	if os.Getenv(engineVariable) == "postgres" {
		return db.PostgreSQL
	}
	return db.SQLite
}

// Main runs the tests of a package that opens databases. It is what TestMain does. Tests
// that are about one engine begin with its name, as in TestSQLiteFile and
// TestPostgreSQLPool, and run on that one only.
func Main(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	flag.Parse()
	if err := SkipOther(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if Engine() == db.PostgreSQL {
		// Now, and not by the first test that needs it: that may be one whose time stands still.
		c, err := cluster()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() {
			if err := c.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}()
	}
	return m.Run()
}

// SkipOther is Main for a TestMain that has more to do: it leaves out the tests of the
// other engine, unless -skip was given.
func SkipOther() error {
	other := map[db.Engine]db.Engine{db.SQLite: db.PostgreSQL, db.PostgreSQL: db.SQLite}[Engine()]
	skip := flag.Lookup("test.skip")
	if skip.Value.String() != "" {
		return nil
	}
	return skip.Value.Set("^Test" + string(other))
}
