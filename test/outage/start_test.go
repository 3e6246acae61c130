package outage

import (
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/node"
	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

// A server that starts before its database waits for it, says so, and gives up with
// the reason after the time that it was given.
func TestGoneAtStart(t *testing.T) {
	t.Parallel()
	c := newCluster(t, pgtest.Options{})
	c.Kill()
	begun := time.Now()
	text := refused(t, c.DSN("roundtable"), "--db-wait", "1s")
	if took := time.Since(begun); took < time.Second || took > 10*time.Second {
		t.Errorf("it waited %v", took)
	}
	if !strings.Contains(text, "connection refused") {
		t.Errorf("it gives no reason: %s", text)
	}
	command := command(t, c.DSN("roundtable"))
	var n *node.Node
	var started sync.WaitGroup
	var err error
	started.Go(func() { n, err = node.Start(command) })
	if err := c.Restart(); err != nil {
		t.Fatal(err)
	}
	if started.Wait(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Kill)
	becomes(t, n, "/health/ready", http.StatusOK)
}

// What waiting does not mend is told at once.
func TestRefusedAtStart(t *testing.T) {
	t.Parallel()
	c := newCluster(t, pgtest.Options{})
	good := c.DSN("roundtable")
	at := strings.Index(good, "@")
	for name, test := range map[string]struct{ address, reason string }{
		"wrong password":   {good[:at] + "x" + good[at:], "password authentication failed"},
		"no such database": {c.DSN("camelot"), `database "camelot" does not exist`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			text := refused(t, test.address)
			if took := time.Since(begun); took > 10*time.Second {
				t.Errorf("it waited %v", took)
			}
			if !strings.Contains(text, test.reason) {
				t.Errorf("got %s, want %s", text, test.reason)
			}
		})
	}
}

// A database that a later version has migrated is not touched.
func TestNewerSchema(t *testing.T) {
	t.Parallel()
	c := newCluster(t, pgtest.Options{})
	if err := serve(t, c.DSN("roundtable")).Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	sql(t, c, "roundtable", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	for _, more := range [][]string{nil, {"--migrate=false"}} {
		if text := refused(t, c.DSN("roundtable"), more...); !strings.Contains(text, "the database is newer than this program") {
			t.Errorf("%v: %s", more, text)
		}
	}
}

// Servers that start at once on an empty database all come up.
func TestSeveralMigrate(t *testing.T) {
	t.Parallel()
	c := newCluster(t, pgtest.Options{})
	var started sync.WaitGroup
	for range 4 {
		started.Go(func() {
			n, err := node.Start(command(t, c.DSN("roundtable")))
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(n.Kill)
			becomes(t, n, "/health/ready", http.StatusOK)
		})
	}
	started.Wait()
}
