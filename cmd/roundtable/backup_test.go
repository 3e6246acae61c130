package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/ledger"
	"github.com/roundtable-directory/roundtable/internal/node"
)

// TestSQLiteBackupUnderLoad copies the database of the real program while 32 connections
// update, and then kills it with -9: the copy is one moment, holds every update that
// was acknowledged before the copying began, and can be served.
func TestSQLiteBackupUnderLoad(t *testing.T) {
	t.Parallel()
	program, err := node.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "served.db")
	size := ledger.Options{Users: 200, Shared: 20, Connections: 32}
	plantLedger(t, path, size)
	p, book := serveLedger(t, program, path), ledger.New(size)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan struct{})
	go func() {
		book.Load(ctx, p.URL)
		close(ended)
	}()
	copies := map[string]*ledger.Ledger{}
	for _, name := range []string{"first.db", "second.db"} {
		if err := book.Await(ctx, 1_000); err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(dir, name)
		copies[copied] = book.Now()
		text, err := exec.CommandContext(ctx, program, "backup", "--db", path, "--to", copied).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	if err := book.Await(ctx, 200); err != nil { // the server has gone on
		t.Fatal(err)
	}
	if err := p.Signal(syscall.SIGKILL); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the server ended with %v", err)
	}
	stop()
	<-ended
	t.Logf("%+v", book.Tally())
	for copied, moment := range copies {
		p := serveLedger(t, program, copied)
		if err := moment.Check(t.Context(), p.URL); err != nil {
			t.Error(err)
		}
		if err := p.Signal(syscall.SIGINT); err != nil {
			t.Errorf("the server ended with %v\n%s", err, p.Stderr)
		}
		checkLedgerRows(t, copied)
	}
}
