package main

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestBackupUnderLoad copies the database of the real program while 32 connections
// update, and then kills it with -9: the copy is one moment, holds every update that
// was acknowledged before the copying began, and can be served.
func TestBackupUnderLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := &crashRun{
		program: buildProgram(t), path: filepath.Join(dir, "served.db"),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crashConnections}},
	}
	run.plant(t)
	server := run.serve(t)
	load := run.startLoad(t, server.url)
	copies := []string{filepath.Join(dir, "first.db"), filepath.Join(dir, "second.db")}
	var floors [2][crashUsers]int
	for i, name := range copies {
		began, heard := load.waitFor(t, 1_000*int64(i+1))
		floors[i] = heard
		text, err := exec.CommandContext(t.Context(), run.program, "backup", "--db", run.path, "--to", name).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		now, _ := load.waitFor(t, 0)
		t.Logf("%d updates were acknowledged during the copy", now-began)
		load.waitFor(t, now+200) // the server goes on
	}
	if err := server.signal(syscall.SIGKILL); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the server ended with %v", err)
	}
	load.connections.Wait()
	for i, name := range copies {
		copied := &crashRun{program: run.program, path: name, client: run.client, sent: run.sent, acked: floors[i]}
		p := copied.serve(t)
		copied.check(t, p.url)
		if err := p.signal(syscall.SIGINT); err != nil {
			t.Errorf("the server ended with %v\n%s", err, p.stderr)
		}
		copied.checkRows(t)
	}
}

// runningLoad is a load that goes on until its server is gone.
type runningLoad struct {
	connections sync.WaitGroup
	mu          sync.Mutex
	more        sync.Cond
	total       int64           // updates that were acknowledged
	heard       [crashUsers]int // the highest counter of each user that was
	ended       int             // connections
}

func (c *crashRun) startLoad(t *testing.T, url string) *runningLoad {
	l := &runningLoad{}
	l.more.L = &l.mu
	note := func(change func()) {
		l.mu.Lock()
		defer l.mu.Unlock()
		change()
		l.more.Broadcast()
	}
	for first := range crashConnections {
		l.connections.Go(func() {
			defer note(func() { l.ended++ })
			for user := first; c.step(t, url, user); user = (user + crashConnections) % crashUsers {
				note(func() { l.heard[user] = c.acked[user]; l.total++ })
			}
		})
	}
	return l
}

// waitFor returns what was heard once so many updates are acknowledged.
func (l *runningLoad) waitFor(t *testing.T, total int64) (soFar int64, heard [crashUsers]int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.total < total {
		if l.ended == crashConnections {
			t.Fatal("the load ended by itself")
		}
		l.more.Wait()
	}
	return l.total, l.heard
}
