package outage

import (
	"net/http"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

const (
	ready = "/health/ready"
	live  = "/health/live"
	// deadline is the longest that a request may take, whatever the database does.
	deadline = 20 * time.Second
)

// The database is killed in the middle and comes back: 503 meanwhile, not ready, and
// then all goes on by itself.
func TestGoneInTheMiddle(t *testing.T) {
	t.Parallel()
	c := newCluster(t, pgtest.Options{Durable: true})
	l := load(t, c.DSN("roundtable"), c.DSN("roundtable"))
	for range 2 {
		c.Kill()
		becomes(t, l.Node, ready, http.StatusServiceUnavailable)
		if got, took := status(t, l.Node, live); got != http.StatusOK || took > time.Second {
			t.Errorf("live: %d after %v", got, took)
		}
		if err := c.Restart(); err != nil {
			t.Fatal(err)
		}
		becomes(t, l.Node, ready, http.StatusOK)
		l.await(t, 200)
	}
	l.settle(t)
}

// A shutdown of the database in good order is no different.
func TestRestarted(t *testing.T) {
	t.Parallel()
	c := newCluster(t, pgtest.Options{})
	l := load(t, c.DSN("roundtable"), c.DSN("roundtable"))
	for range 3 {
		if err := c.Restart(); err != nil {
			t.Fatal(err)
		}
		l.await(t, 200)
	}
	l.settle(t)
}

// A server that only reads, as a standby does: reading goes on, writing is refused
// with 503 until it is over.
func TestReadsOnly(t *testing.T) {
	t.Parallel()
	c := newCluster(t, pgtest.Options{})
	l := load(t, c.DSN("roundtable"), c.DSN("roundtable"))
	sql(t, c, "postgres", "ALTER SYSTEM SET default_transaction_read_only = on")
	sql(t, c, "postgres", "SELECT pg_reload_conf()")
	l.refusals(t)
	becomes(t, l.Node, ready, http.StatusServiceUnavailable)
	if err := l.book.Read(t.Context(), l.URL); err != nil {
		t.Errorf("reading does not go on: %v", err)
	}
	sql(t, c, "postgres", "ALTER SYSTEM RESET default_transaction_read_only")
	sql(t, c, "postgres", "SELECT pg_reload_conf()")
	becomes(t, l.Node, ready, http.StatusOK)
	l.await(t, 200)
	l.settle(t)
}

// A server that is frozen keeps its connections, and says nothing.
func TestFrozen(t *testing.T) {
	t.Parallel()
	c := newCluster(t, pgtest.Options{})
	l := load(t, c.DSN("roundtable"), c.DSN("roundtable"))
	l.book.Tally()
	c.Freeze()
	l.hangs(t)
	c.Thaw()
	becomes(t, l.Node, ready, http.StatusOK)
	l.await(t, 200)
	l.settle(t)
}

// A network that swallows everything is the same to us.
func TestSilentNetwork(t *testing.T) {
	t.Parallel()
	c := newCluster(t, pgtest.Options{})
	network, through := newProxy(t, c.DSN("roundtable"))
	l := load(t, c.DSN("roundtable"), through)
	l.book.Tally()
	network.hang(true)
	l.hangs(t)
	network.hang(false)
	becomes(t, l.Node, ready, http.StatusOK)
	l.await(t, 200)
	l.settle(t)
}

// Connections that are reset again and again, in the middle of whatever they do: of
// a commit nobody knows whether it took place. Each update takes place once.
func TestConnectionsCut(t *testing.T) {
	t.Parallel()
	c := newCluster(t, pgtest.Options{})
	network, through := newProxy(t, c.DSN("roundtable"))
	l := load(t, c.DSN("roundtable"), through)
	for range 20 {
		network.loseCommits()
		l.await(t, 25)
		network.cut()
		l.await(t, 25)
	}
	tally := l.book.Tally()
	if t.Logf("%+v", tally); tally.Replayed == 0 {
		t.Error("no answer to a commit was lost")
	}
	l.settle(t)
}

// hangs waits until requests have ended by their deadline, and holds them to it.
func (l *loaded) hangs(t *testing.T) {
	t.Helper()
	got, took := status(t, l.Node, ready)
	if got != http.StatusServiceUnavailable || took > deadline {
		t.Errorf("ready: %d after %v", got, took)
	}
	t.Logf("not ready after %v", took.Round(100*time.Millisecond))
	l.refusals(t)
}

// refusals waits until an update of every connection was refused.
func (l *loaded) refusals(t *testing.T) {
	t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	late := time.After(time.Minute)
	for refused := 0; refused < size.Connections; {
		select {
		case <-again.C:
			tally := l.book.Tally()
			refused += tally.Unanswered
			if tally.Slowest > deadline {
				t.Errorf("an update took %v", tally.Slowest)
			}
		case <-late:
			t.Fatalf("%d updates were refused", refused)
		}
	}
}
