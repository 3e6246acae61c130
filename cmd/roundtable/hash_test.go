package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Passwords are hashed in a process of their own, which does not outlive the
// server even when that is killed.
func TestHashingEndsWithTheServer(t *testing.T) {
	t.Parallel()
	p := serveDemo(t)
	if children := childrenOf(t, p.Cmd.Process.Pid); len(children) > 0 {
		t.Errorf("processes %v before the first password", children)
	}
	status, answer, err := send(t.Context(), http.DefaultClient, http.MethodPost, p.URL+"/v2/user/5309c3a237bbc544d8e26737",
		map[string]string{"x-APIKey": "demo-org-admin", "Content-Type": "application/json"}, `{"password": "Camelot!42"}`)
	if err != nil || status != http.StatusOK {
		t.Fatalf("status %d, %v: %s", status, err, answer)
	}
	children := childrenOf(t, p.Cmd.Process.Pid)
	if len(children) != 1 || strings.Contains(p.Stderr.String(), "helper") {
		t.Fatalf("processes %v after a password, logged %s", children, p.Stderr)
	}
	output := outputOf(t, children[0])
	p.Kill()
	if err := output.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, output); err != nil {
		t.Fatalf("it is still there: %v", err)
	}
}

// outputOf is a further end of the pipe that a process writes its output to. Nobody else
// writes there, so that it ends when the process does.
func outputOf(t *testing.T, pid int) *os.File {
	t.Helper()
	output, err := os.Open(fmt.Sprintf("/proc/%d/fd/1", pid))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { output.Close() })
	return output
}

// childrenOf are the processes that any thread of a process started.
func childrenOf(t *testing.T, pid int) (children []int) {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil || len(lists) == 0 {
		t.Fatalf("no list of children, %v", err)
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		for _, field := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			children = append(children, child)
		}
	}
	return children
}
