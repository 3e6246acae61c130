package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/ledger"
	"github.com/roundtable-directory/roundtable/internal/node"
	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

// TestKilledUnderLoad kills the real program with -9 while 32 connections update:
// nothing that was acknowledged is lost, nothing is half there, and what nobody heard
// of takes place once when it is sent again.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	program, err := node.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	address := crashDatabase(t)
	size := ledger.Options{Users: 320, Shared: 20, Connections: 32}
	plantLedger(t, address, size)
	rounds := []int{8_000, 2_000, 5_000} // acknowledged updates before the kill
	if testing.Short() {
		rounds = rounds[:1]
	}
	book := ledger.New(size)
	p := serveLedger(t, program, address)
	for _, acknowledgements := range rounds {
		loadAndKill(t, book, p, acknowledgements)
		p = serveLedger(t, program, address)
		if err := book.Check(t.Context(), p.URL); err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", book.Tally())
	}
	if err := book.Settle(t.Context(), p.URL); err != nil {
		t.Error(err)
	}
	if err := book.Settled(t.Context(), p.URL); err != nil {
		t.Error(err)
	}
	t.Logf("%+v", book.Tally())
	if err := p.Signal(syscall.SIGINT); err != nil {
		t.Errorf("the server ended with %v\n%s", err, p.Stderr)
	}
	checkLedgerRows(t, address)
}

// crashDatabase is the address of an empty database whose commits wait for the disk.
func crashDatabase(t *testing.T) string {
	t.Helper()
	if os.Getenv("ROUNDTABLE_TEST_ENGINE") != "postgres" {
		return filepath.Join(t.TempDir(), "crash.db")
	}
	cluster, err := pgtest.Start(pgtest.Options{Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	if _, err := cluster.SQL(t.Context(), "postgres", "CREATE DATABASE crash"); err != nil {
		t.Fatal(err)
	}
	return cluster.DSN("crash")
}

func plantLedger(t *testing.T, address string, size ledger.Options) {
	t.Helper()
	if err := ledger.Plant(t.Context(), address, size); err != nil {
		t.Fatal(err)
	}
}

func serveLedger(t *testing.T, program, address string) *node.Node {
	t.Helper()
	p, err := node.Start(exec.Command(program, "serve", "--db", address, "--listen", "127.0.0.1:0", "--rate-limit", "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// loadAndKill updates until so many updates are acknowledged, kills the server, and
// returns when every connection has noticed.
func loadAndKill(t *testing.T, book *ledger.Ledger, p *node.Node, acknowledgements int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	noticed := make(chan struct{})
	go func() {
		book.Load(ctx, p.URL)
		close(noticed)
	}()
	if err := book.Await(ctx, acknowledgements); err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(syscall.SIGKILL); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the server ended with %v", err)
	}
	stop()
	<-noticed
}

// checkLedgerRows looks into the database itself: with SQLite at pages and references
// too, which PostgreSQL keeps by itself.
func checkLedgerRows(t *testing.T, address string) {
	t.Helper()
	if err := ledger.CheckRows(t.Context(), address); err != nil {
		t.Error(err)
	}
	if strings.HasPrefix(address, "postgres:") {
		return
	}
	database, err := openDatabase(t.Context(), address, false)
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	for what, text := range map[string]string{
		"pages":      "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
		"references": "SELECT \"table\" FROM pragma_foreign_key_check",
	} {
		err := database.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Each(text, nil, func(rows *db.Rows) error {
				var row string
				if err := rows.Scan(&row); err != nil {
					return err
				}
				return fmt.Errorf("%q", row)
			})
		})
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
