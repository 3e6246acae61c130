package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// write runs statements without arguments in one transaction.
func write(t *testing.T, d *db.DB, texts ...string) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, text := range texts {
			if _, err := tx.Exec(text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// count counts the providers in a transaction of its own.
func count(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	if err := d.Get(t.Context(), func(tx *db.Tx) error { return countIn(tx, &n) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func countIn(tx *db.Tx, n *int) error {
	_, err := tx.One("SELECT count(*) FROM providers", nil, n)
	return err
}

func addProvider(tx *db.Tx, id int) error {
	_, err := tx.Exec("INSERT INTO providers (label, id) VALUES ($2, $1)", id, fmt.Sprint("provider ", id))
	return err
}

// pragma reads a setting of the connection that a kind of transaction uses.
func pragma(t *testing.T, transact func(context.Context, func(*db.Tx) error) error, name string, dest any) {
	t.Helper()
	err := transact(t.Context(), func(tx *db.Tx) error {
		_, err := tx.One("PRAGMA "+name, nil, dest)
		return err
	})
	if err != nil {
		t.Fatal(name, err)
	}
}

// An acknowledged change survives a power cut: the writer syncs at every commit.
func TestSQLiteDurability(t *testing.T) {
	t.Parallel()
	d := dbtest.NewFile(t)
	var synchronous int
	pragma(t, d.Write, "synchronous", &synchronous)
	if synchronous != 2 {
		t.Errorf("the writer has synchronous %d, want 2 (FULL)", synchronous)
	}
	var mode string
	pragma(t, d.Write, "journal_mode", &mode)
	if mode != "wal" {
		t.Errorf("journal mode %q, want wal", mode)
	}
	for name, transact := range map[string]func(context.Context, func(*db.Tx) error) error{"writer": d.Write, "reader": d.Read} {
		var keys int
		if pragma(t, transact, "foreign_keys", &keys); keys != 1 {
			t.Errorf("the %s has foreign_keys %d", name, keys)
		}
	}
}

// What the files hold after a commit is the whole change, without any Close.
func TestSQLiteCommitIsInTheFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "live.db")
	d := openMigrated(t, path)
	write(t, d, "INSERT INTO providers (id, label) VALUES (1, 'p')")
	dead := filepath.Join(t.TempDir(), "dead.db")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dead+suffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, open(t, dead)); n != 1 {
		t.Errorf("%d providers in the copy, want 1", n)
	}
}

func TestWriteRollsBack(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	failure := errors.New("no")
	err := d.Write(t.Context(), func(tx *db.Tx) error { return errors.Join(addProvider(tx, 1), failure) })
	if !errors.Is(err, failure) || count(t, d) != 0 {
		t.Errorf("after an error: %v, %d providers", err, count(t, d))
	}
	func() {
		defer func() {
			if p := recover(); p != "broken" {
				t.Errorf("panic %v was not passed on", p)
			}
		}()
		d.Write(t.Context(), func(tx *db.Tx) error {
			if err := addProvider(tx, 1); err != nil {
				return err
			}
			panic("broken")
		})
	}()
	if n := count(t, d); n != 0 {
		t.Errorf("after a panic: %d providers", n)
	}
	if err := d.Write(t.Context(), func(tx *db.Tx) error { return addProvider(tx, 1) }); err != nil || count(t, d) != 1 {
		t.Errorf("the next write: %v, %d providers", err, count(t, d))
	}
}

func TestReadIsOneSnapshot(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		var before, after int
		if err := countIn(tx, &before); err != nil {
			return err
		}
		write(t, d, "INSERT INTO providers (id, label) VALUES (1, 'p')")
		if n := count(t, d); n != 1 {
			t.Errorf("another reader sees %d providers", n)
		}
		if err := countIn(tx, &after); err != nil {
			return err
		}
		if before != 0 || after != 0 {
			t.Errorf("the snapshot changed from %d to %d providers", before, after)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	for _, read := range []func(context.Context, func(*db.Tx) error) error{d.Read, d.Get} {
		if err := read(t.Context(), func(tx *db.Tx) error { return addProvider(tx, 1) }); !errors.Is(err, db.ErrReadOnly) {
			t.Errorf("Exec: %v", err)
		}
		err := read(t.Context(), func(tx *db.Tx) error {
			_, err := tx.One("INSERT INTO providers (id, label) VALUES (1, 'p') RETURNING id", nil, new(int))
			return err
		})
		if err == nil {
			t.Error("a query that inserts passed")
		}
	}
	if n := count(t, d); n != 0 {
		t.Errorf("%d providers", n)
	}
}

func TestContextAndClose(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, db.Options{Writers: 1})
	gone, leave := context.WithCancel(t.Context())
	nothing := func(*db.Tx) error { return nil }
	err := d.Write(t.Context(), func(*db.Tx) error {
		leave() // while the writer is in use
		return d.Write(gone, nothing)
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("waiting with a context that ended: %v", err)
	}
	if err := d.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{d.Ping(t.Context()), d.Write(t.Context(), nothing), d.Read(t.Context(), nothing), d.Close()} {
		if !errors.Is(err, db.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

func TestSQLiteOpenTakesTheLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	d, err := db.Open(t.Context(), db.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Open(t.Context(), db.Options{Path: path})
	if !errors.Is(err, db.ErrLocked) {
		t.Fatalf("a second Open: %v", err)
	}
	for _, want := range []string{path, fmt.Sprint("pid ", os.Getpid()), "--db"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a log is left after Close: %v", err)
	}
	open(t, path)
}

func TestSQLiteFilesArePrivate(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x ?#%41.db")
	openMigrated(t, path)
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", info.Name(), mode)
		}
	}
}

func TestSQLiteOpenFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	other := filepath.Join(dir, "letter.txt")
	if err := os.WriteFile(other, []byte(strings.Repeat("Dear all, ", 200)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", ":memory:", filepath.Join(dir, "missing", "x.db"), dir, other} {
		if d, err := db.Open(t.Context(), db.Options{Path: path}); err == nil {
			t.Errorf("%q was opened", path)
			d.Close()
		}
	}
	if content, _ := os.ReadFile(other); len(content) != 2000 {
		t.Error("a file that is no database was changed")
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			for i := range 10 {
				id := worker*10 + i + 1
				if err := d.Write(t.Context(), func(tx *db.Tx) error { return addProvider(tx, id) }); err != nil {
					t.Error(err)
				}
				var label string
				err := d.Read(t.Context(), func(tx *db.Tx) error {
					_, err := tx.One("SELECT label FROM providers WHERE id = $1", []any{id}, &label)
					return err
				})
				if err != nil || label != fmt.Sprint("provider ", id) {
					t.Errorf("read back %q, %v", label, err)
				}
			}
		})
	}
	group.Wait()
	if n := count(t, d); n != 80 {
		t.Errorf("%d providers, want 80", n)
	}
}

// open opens a file that the test names.
func open(t *testing.T, path string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func openMigrated(t *testing.T, path string) *db.DB {
	t.Helper()
	d := open(t, path)
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// A file that is removed or replaced under a server is not written to: what would be
// acknowledged would be gone with the process. Put back, it is served again.
func TestSQLiteFileIsTakenAway(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{"", "-wal"} {
		path := filepath.Join(t.TempDir(), "x.db")
		d := openMigrated(t, path)
		away := filepath.Join(t.TempDir(), "away")
		if err := os.Rename(path+suffix, away); err != nil {
			t.Fatal(err)
		}
		refused := func(word string) {
			t.Helper()
			err := d.Write(t.Context(), func(tx *db.Tx) error { return addProvider(tx, 1) })
			for _, err := range []error{err, d.Ping(t.Context())} {
				if !errors.Is(err, db.ErrUnavailable) || !strings.Contains(err.Error(), word) {
					t.Errorf("with the file %s: %v", word, err)
				}
			}
			if n := count(t, d); n != 0 {
				t.Errorf("%d providers", n)
			}
		}
		refused("removed")
		if err := os.WriteFile(path+suffix, []byte("another"), 0o600); err != nil {
			t.Fatal(err)
		}
		refused("replaced")
		if err := os.Rename(away, path+suffix); err != nil {
			t.Fatal(err)
		}
		write(t, d, "INSERT INTO providers (id, label) VALUES (1, 'p')")
		if err := d.Ping(t.Context()); err != nil {
			t.Errorf("put back: %v", err)
		}
	}
}

// Reads that take long hold nobody else up.
func TestLongReadsStandApart(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	begun, end := make(chan bool), make(chan bool)
	var long sync.WaitGroup
	for range 2 {
		long.Go(func() {
			if err := d.ReadLong(t.Context(), func(*db.Tx) error { begun <- true; <-end; return nil }); err != nil {
				t.Error(err)
			}
		})
		<-begun
	}
	if err := errors.Join(d.Ping(t.Context()), d.Read(t.Context(), func(tx *db.Tx) error { return countIn(tx, new(int)) })); err != nil {
		t.Error(err)
	}
	close(end)
	long.Wait()
}
