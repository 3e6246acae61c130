package db

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// openTable opens a database with one table and a small log.
func openTable(t *testing.T, walSize int64) *DB {
	t.Helper()
	d, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "x.db"), WALSize: walSize})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	err = d.Write(t.Context(), func(tx *Tx) error {
		_, err := tx.Exec("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *DB) logSize(t *testing.T) int64 {
	t.Helper()
	info, err := os.Stat(d.engine.name() + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// insert adds about 20 pages.
func insert(tx *Tx) error {
	_, err := tx.Exec(`INSERT INTO t (text) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
		SELECT hex(randomblob(1800)) FROM n`)
	return err
}

func TestSQLiteLogStaysBounded(t *testing.T) {
	t.Parallel()
	const size = 256 << 10
	d := openTable(t, size)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	defer readers.Wait()
	defer close(stop)
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := d.Read(t.Context(), func(tx *Tx) error {
					return tx.Each("SELECT text FROM t ORDER BY id DESC LIMIT 500", nil, func(*Rows) error { return nil })
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	var largest int64
	for range 60 { // 5 MB in all
		if err := d.Write(t.Context(), insert); err != nil {
			t.Fatal(err)
		}
		largest = max(largest, d.logSize(t))
	}
	if largest > 4*size {
		t.Errorf("the log grew to %d bytes, more than four times %d", largest, size)
	}
}

// A read that does not end holds writes up, or fails them, but does not let the
// log grow.
func TestSQLiteLogStaysBoundedUnderLongRead(t *testing.T) {
	t.Parallel()
	const size = 128 << 10
	d := openTable(t, size)
	d.engine.(*sqliteFile).log.wait = time.Millisecond
	err := d.Read(t.Context(), func(tx *Tx) error {
		if _, err := tx.One("SELECT count(*) FROM t", nil, new(int)); err != nil {
			return err
		}
		for range 50 {
			if err := d.Write(t.Context(), insert); err != nil {
				if !errors.Is(err, ErrUnavailable) {
					t.Errorf("a write at the bound: %v", err)
				}
				return nil
			}
		}
		return errors.New("no write was refused")
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := d.logSize(t); n > 4*size {
		t.Errorf("the log grew to %d bytes, more than four times %d", n, size)
	}
	for range 10 {
		if err := d.Write(t.Context(), insert); err != nil {
			t.Fatalf("after the read: %v", err)
		}
	}
}

// However many texts there are, a connection keeps few statements.
func TestSQLiteKeptStatements(t *testing.T) {
	t.Parallel()
	d := openTable(t, 0)
	err := d.Write(t.Context(), func(tx *Tx) error {
		return tx.Each("SELECT 1", nil, func(*Rows) error { // in use all the while
			for i := range 3 * maxStatements {
				if _, err := tx.One(fmt.Sprint("SELECT ", i), nil, new(int)); err != nil {
					return err
				}
				if n := len(tx.session.(*conn).kept); n > maxStatements {
					return fmt.Errorf("%d statements are kept", n)
				}
			}
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSQLiteListsHaveFewSizes(t *testing.T) {
	t.Parallel()
	sizes := map[int]bool{}
	for n := 1; n <= listChunk; n++ {
		if size := listSize(n); size < n {
			t.Fatalf("size %d for %d ids", size, n)
		}
		sizes[listSize(n)] = true
	}
	if len(sizes) != 10 {
		t.Errorf("%d sizes", len(sizes))
	}
}
