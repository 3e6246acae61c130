package db_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

// ownServer is a server of the test's own, with an empty table.
func ownServer(t *testing.T) *pgtest.Cluster {
	t.Helper()
	c, err := pgtest.Start(pgtest.Options{Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	ask(t, c, "CREATE TABLE providers (id bigint PRIMARY KEY, label text)")
	return c
}

func ask(t *testing.T, c *pgtest.Cluster, text string) {
	t.Helper()
	if _, err := c.SQL(t.Context(), "postgres", text); err != nil {
		t.Fatal(err)
	}
}

// heals wants reads and writes to work again within a few tries: what was connected to
// the server that was lost may show once more.
func heals(t *testing.T, d *db.DB) {
	t.Helper()
	for try := 0; ; try++ {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec("DELETE FROM providers WHERE id = 1000")
			return cmp.Or(err, addProvider(tx, 1000))
		})
		if err == nil {
			break
		}
		if !errors.Is(err, db.ErrUnavailable) || try > 20 {
			t.Fatalf("a write: %v", err)
		}
	}
	for range 3 {
		count(t, d)
	}
}

// Two transactions that each write what the other has read: one of them is told to come
// again, and nothing of it stays.
func TestPostgreSQLConflict(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var both sync.WaitGroup
	both.Add(2)
	results := make(chan error, 2)
	for id := range 2 {
		met := sync.OnceFunc(both.Done)
		go func() {
			results <- d.Write(t.Context(), func(tx *db.Tx) error {
				defer met()
				if err := countIn(tx, new(int)); err != nil {
					return err
				}
				met()
				both.Wait()
				return addProvider(tx, id)
			})
		}()
	}
	first, second := <-results, <-results
	if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), db.ErrConflict) {
		t.Errorf("%v and %v", first, second)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("%d rows", n)
	}
}

// A row that two change at once: the later is told of a conflict as well.
func TestPostgreSQLConflictOnARow(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	write(t, d, "INSERT INTO providers (id, label) VALUES (1, 'a')")
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if err := countIn(tx, new(int)); err != nil { // the snapshot is taken
			return err
		}
		write(t, d, "UPDATE providers SET label = 'b'")
		_, err := tx.Savepoint(func() error {
			_, err := tx.Exec("UPDATE providers SET label = label || 'c'")
			return err
		})
		if !errors.Is(err, db.ErrConflict) {
			t.Errorf("the transaction goes on after a conflict: %v", err)
		}
		return nil // not even a caller that does not look may commit
	})
	if !errors.Is(err, db.ErrConflict) {
		t.Errorf("%v", err)
	}
}

// What failed is not committed, also if nobody looked at the error.
func TestPostgreSQLSwallowedError(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if err := addProvider(tx, 1); err != nil {
			return err
		}
		_ = addProvider(tx, 1)
		if err := countIn(tx, new(int)); !errors.Is(err, db.ErrUnique) {
			t.Errorf("the next statement: %v", err)
		}
		return nil
	})
	if !errors.Is(err, db.ErrUnique) || count(t, d) != 0 {
		t.Errorf("%v, %d rows", err, count(t, d))
	}
}

func TestPostgreSQLConnectionIsKilled(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	kill := func(pid int64) error {
		return d.Get(t.Context(), func(tx *db.Tx) error {
			_, err := tx.One("SELECT pg_terminate_backend($1)", []any{pid}, new(bool))
			return err
		})
	}
	for name, transact := range map[string]func(context.Context, func(*db.Tx) error) error{"write": d.Write, "read": d.Read} {
		err := transact(t.Context(), func(tx *db.Tx) error {
			var pid int64
			if _, err := tx.One("SELECT pg_backend_pid()", nil, &pid); err != nil {
				return err
			}
			if err := kill(pid); err != nil {
				return err
			}
			return countIn(tx, new(int))
		})
		if !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("a %s whose connection is killed: %v", name, err)
		}
		heals(t, d)
	}
}

// A session that may only read is left, and another one asked for.
func TestPostgreSQLSessionBecomesReadOnly(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, db.Options{Writers: 1})
	write(t, d, "SET default_transaction_read_only = on")
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return addProvider(tx, 1) }); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("a write: %v", err)
	}
	heals(t, d)
}

func TestPostgreSQLServerBecomesReadOnly(t *testing.T) {
	t.Parallel()
	c := ownServer(t)
	d := dbtest.Opened(t, db.Options{Address: c.DSN("postgres")})
	heals(t, d)
	ask(t, c, "ALTER SYSTEM SET default_transaction_read_only = on")
	ask(t, c, "SELECT pg_reload_conf()")
	id := 1000
	readOnly := func() error {
		id++
		return d.Write(t.Context(), func(tx *db.Tx) error { return addProvider(tx, id) })
	}
	var err error
	for range 1000 { // the server takes a moment to read its settings
		if err = readOnly(); err != nil {
			break
		}
	}
	for range 3 {
		if err = readOnly(); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("a write: %v", err)
		}
	}
	if n := count(t, d); n == 0 {
		t.Error("what is there cannot be read")
	}
	ask(t, c, "ALTER SYSTEM RESET default_transaction_read_only")
	ask(t, c, "SELECT pg_reload_conf()")
	for range 1000 {
		if readOnly() == nil {
			break
		}
	}
	heals(t, d)
}

func TestPostgreSQLServerIsLost(t *testing.T) {
	t.Parallel()
	c := ownServer(t)
	d := dbtest.Opened(t, db.Options{Address: c.DSN("postgres")})
	heals(t, d)
	for range 3 { // several connections are open
		write(t, d, "SELECT 1")
	}
	c.Kill()
	for range 5 {
		began := time.Now()
		for _, err := range []error{d.Ping(t.Context()), d.Write(t.Context(), func(tx *db.Tx) error { return addProvider(tx, 1) })} {
			if !errors.Is(err, db.ErrUnavailable) {
				t.Errorf("a server that is gone: %v", err)
			}
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("it took %v to say so", took)
		}
	}
	if _, err := db.Open(t.Context(), db.Options{Address: c.DSN("postgres")}); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("opening: %v", err)
	}
	if err := c.Restart(); err != nil {
		t.Fatal(err)
	}
	heals(t, d)
}

// Of several addresses the first that lets us write is taken.
func TestPostgreSQLSeveralHosts(t *testing.T) {
	t.Parallel()

	place := dbtest.Empty(t)
	address, err := url.Parse(place.Address)
	if err != nil {
		t.Fatal(err)
	}
	reader := ownServer(t)
	ask(t, reader, "ALTER SYSTEM SET default_transaction_read_only = on")
	ask(t, reader, "SELECT pg_reload_conf()")
	only, err := url.Parse(reader.DSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	good := address.Host
	address.Host = "127.0.0.1:1," + good
	place.Address = strings.Replace(address.String(), "%2C", ",", 1)
	d := dbtest.Opened(t, place)
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	heals(t, d)
	_, err = db.Open(t.Context(), db.Options{Address: strings.Replace(place.Address, good, only.Host, 1)})
	password, _ := address.User.Password()
	if !errors.Is(err, db.ErrUnavailable) || !strings.Contains(err.Error(), "127.0.0.1:1, "+only.Host) || strings.Contains(err.Error(), password) {
		t.Errorf("none that lets us write: %v", err)
	}
}

// mute passes everything on until it is told to keep silent, and then nothing.
type mute struct {
	address string
	silent  chan struct{}
}

func newMute(t *testing.T, to string) *mute {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mute{address: listener.Addr().String(), silent: make(chan struct{})}
	ended := make(chan struct{})
	t.Cleanup(func() {
		close(ended)
		listener.Close()
	})
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				from.Close()
				continue
			}
			go func() { <-ended; from.Close(); server.Close() }()
			go m.pass(from, server)
			go m.pass(server, from)
		}
	}()
	return m
}

func (m *mute) pass(from io.Reader, to io.Writer) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		select {
		case <-m.silent:
			continue
		default:
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// A server that does not answer any more is given up after a while.
func TestPostgreSQLServerKeepsSilent(t *testing.T) {
	t.Parallel()
	place := dbtest.Empty(t)
	address, err := url.Parse(place.Address)
	if err != nil {
		t.Fatal(err)
	}
	m := newMute(t, address.Host)
	address.Host = m.address
	d := dbtest.Opened(t, db.Options{Address: address.String(), Timeout: 100 * time.Millisecond})
	began := time.Now()
	err = d.Read(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.One("SELECT 1", nil, new(int)); err != nil {
			return err
		}
		close(m.silent)
		_, err := tx.One("SELECT 1", nil, new(int))
		return err
	})
	if took := time.Since(began); !errors.Is(err, db.ErrUnavailable) || took > 8*time.Second {
		t.Errorf("after %v: %v", took, err)
	}
	if err := d.Ping(t.Context()); !errors.Is(err, db.ErrUnavailable) { // no new connection comes about either
		t.Errorf("the next read: %v", err)
	}
}

// The server ends what takes too long, and the connection is of use afterwards.
func TestPostgreSQLStatementTakesTooLong(t *testing.T) {
	t.Parallel()
	place := dbtest.Empty(t)
	place.Timeout, place.Readers = 100*time.Millisecond, 1
	d := dbtest.Opened(t, place)
	var before, after int
	pid := func(into *int) {
		t.Helper()
		err := d.Get(t.Context(), func(tx *db.Tx) error {
			_, err := tx.One("SELECT pg_backend_pid()", nil, into)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	pid(&before)
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		_, err := tx.One("SELECT count(*) FROM generate_series(1, 1000000000)", nil, new(int))
		return err
	})
	if !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if pid(&after); before != after {
		t.Error("the connection was given up")
	}
}

// However many texts there are, a connection keeps few statements, and what waits is
// not lost over that.
func TestPostgreSQLKeptStatements(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for i := range 600 {
			if err := tx.Later(fmt.Sprintf("INSERT INTO providers (id, label) VALUES (%d, $1)", i), fmt.Sprint(i)); err != nil {
				return err
			}
		}
		var kept int
		_, err := tx.One("SELECT count(*) FROM pg_prepared_statements", nil, &kept)
		if kept > 260 {
			t.Errorf("%d statements are kept", kept)
		}
		return err
	})
	if n := count(t, d); err != nil || n != 600 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Several nodes that start at once on an empty database do not fall over each other.
func TestPostgreSQLMigrateAtOnce(t *testing.T) {
	t.Parallel()
	place := dbtest.Empty(t)
	var group sync.WaitGroup
	for range 5 {
		d := dbtest.Opened(t, place)
		group.Go(func() {
			if err := d.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
			if err := d.CheckSchema(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
