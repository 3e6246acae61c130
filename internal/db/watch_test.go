package db_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// A database that reads and writes says so, while it is being written to as well; one
// that is closed does not. Nothing is written to find out.
func TestCheck(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	check := func(when string) {
		t.Helper()
		if _, err := d.Check(t.Context()); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	check("at rest")
	before := d.Stats()
	if before.Busy != 0 || before.Connections == 0 || before.Limit < before.Connections || before.Engine != dbtest.Engine() {
		t.Errorf("at rest: %+v", before)
	}
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		if now := d.Stats(); now.Busy != 1 {
			t.Errorf("while it is written to: %+v", now)
		}
		check("while it is written to")
		return addProvider(tx, 1)
	})
	if err != nil {
		t.Error(err)
	}
	if files := d.Stats().Files; (files != nil) != (d.Engine() == db.SQLite) {
		t.Errorf("files: %+v", files)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	if _, err := d.Check(t.Context()); !errors.Is(err, db.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}

// Another process that holds the file makes a check fail, and in time.
func TestSQLiteCheckOfALockedFile(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/locked.db"
	d := dbtest.Opened(t, db.Options{Path: path})
	release := lockFromOutside(t, path)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := d.Check(ctx); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("locked: %v", err)
	}
	release()
	if sure, err := d.Check(ctx); err != nil || !sure {
		t.Errorf("released: %v, %v", sure, err)
	}
}

// A server that lets nobody write is found out before anybody does.
func TestPostgreSQLCheckOfAReadOnlyServer(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	name := ""
	err := d.Get(t.Context(), func(tx *db.Tx) error {
		_, err := tx.One("SELECT current_database()::text", nil, &name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, d, `ALTER DATABASE "`+name+`" SET default_transaction_read_only = on`)
	write(t, d, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	_ = d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec("SELECT pg_terminate_backend(pg_backend_pid())")
		return err
	})
	if _, err := d.Check(t.Context()); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("read-only: %v", err)
	}
}

// lockFromOutside takes the file's write lock on a connection of its own.
func lockFromOutside(t *testing.T, path string) (release func()) {
	t.Helper()
	handle, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	handle.SetMaxOpenConns(1)
	if _, err := handle.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := handle.Close(); err != nil {
			t.Error(err)
		}
	}
}
