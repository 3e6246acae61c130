package outage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/ledger"
	"github.com/roundtable-directory/roundtable/internal/node"
	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

// program is where the program was built.
var program string

// TestMain leaves the tests to the pass that has PostgreSQL.
func TestMain(m *testing.M) {
	if os.Getenv("ROUNDTABLE_TEST_ENGINE") != "postgres" {
		fmt.Println("these tests run with ROUNDTABLE_TEST_ENGINE=postgres")
		return
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	folder, err := os.MkdirTemp("", "outage-")
	if err == nil {
		defer os.RemoveAll(folder)
		program, err = node.Build(folder)
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return m.Run()
}

// newCluster is a server with an empty database named roundtable.
func newCluster(t *testing.T, o pgtest.Options) *pgtest.Cluster {
	t.Helper()
	c, err := pgtest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	sql(t, c, "postgres", "CREATE DATABASE roundtable")
	return c
}

func sql(t *testing.T, c *pgtest.Cluster, database, text string) {
	t.Helper()
	if _, err := c.SQL(t.Context(), database, text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// command is the program that serves a database.
func command(t *testing.T, address string, more ...string) *exec.Cmd {
	t.Helper()
	return exec.Command(program, append([]string{"serve", "--db", address, "--listen", "127.0.0.1:0", "--rate-limit", "0"}, more...)...)
}

func serve(t *testing.T, address string, more ...string) *node.Node {
	t.Helper()
	n, err := node.Start(command(t, address, more...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Kill)
	return n
}

// refused is what a server prints that does not come up. It must not name the
// password of the address.
func refused(t *testing.T, address string, more ...string) string {
	t.Helper()
	n, err := node.Start(command(t, address, more...))
	if err == nil {
		n.Kill()
		t.Fatal("it serves")
	}
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		t.Fatalf("it did not exit by itself: %v", err)
	}
	if password := strings.Split(strings.Split(address, "@")[0], ":")[2]; strings.Contains(err.Error(), password) {
		t.Errorf("it tells the password: %v", err)
	}
	return err.Error()
}

// status is what a path is answered, and how long that took.
func status(t *testing.T, n *node.Node, path string) (int, time.Duration) {
	t.Helper()
	begun := time.Now()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if after := response.Header.Get("Retry-After"); (response.StatusCode == http.StatusServiceUnavailable) != (after != "") {
		t.Errorf("%s: %d with Retry-After %q", path, response.StatusCode, after)
	}
	return response.StatusCode, time.Since(begun)
}

// becomes returns once a path is answered so.
func becomes(t *testing.T, n *node.Node, path string, want int) {
	t.Helper()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	late := time.After(time.Minute)
	for {
		got, _ := status(t, n, path)
		if got == want {
			return
		}
		select {
		case <-again.C:
		case <-late:
			t.Fatalf("%s is answered %d, want %d\n%s", path, got, want, n.Stderr)
		}
	}
}

var size = ledger.Options{Users: 40, Shared: 10, Connections: 8}

// loaded is a server under load, with the book of it.
type loaded struct {
	*node.Node
	address string
	book    *ledger.Ledger
	stop    func()
}

// load plants users in an empty database, serves them at an address, and loads until
// the test settles.
func load(t *testing.T, planted, address string) *loaded {
	t.Helper()
	if err := ledger.Plant(t.Context(), planted, size); err != nil {
		t.Fatal(err)
	}
	l := &loaded{Node: serve(t, address), address: planted, book: ledger.New(size)}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { l.book.Load(ctx, l.URL) })
	l.stop = func() {
		cancel()
		done.Wait()
	}
	t.Cleanup(l.stop)
	l.await(t, 200)
	return l
}

func (l *loaded) await(t *testing.T, acknowledgements int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := l.book.Await(ctx, acknowledgements); err != nil {
		t.Fatalf("%v\n%s", err, l.Stderr)
	}
}

// settle ends the load, and holds what is stored against the book. The process has
// to be the one that began.
func (l *loaded) settle(t *testing.T) {
	t.Helper()
	l.stop()
	if err := l.book.Settle(t.Context(), l.URL); err != nil {
		t.Error(err)
	}
	if err := l.book.Settled(t.Context(), l.URL); err != nil {
		t.Error(err)
	}
	t.Logf("%+v", l.book.Tally())
	if t.Failed() {
		t.Log(l.Stderr)
	}
	if err := l.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v\n%s", err, l.Stderr)
	}
	if err := ledger.CheckRows(t.Context(), l.address); err != nil {
		t.Error(err)
	}
}
