package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/ledger"
	"github.com/roundtable-directory/roundtable/internal/node"
)

// TestStoppedUnderLoad stops the real program while 32 connections update. It ends well
// each time, every update that took place was acknowledged, and every one that was
// acknowledged took place: there is nothing in between.
func TestStoppedUnderLoad(t *testing.T) {
	t.Parallel()
	program, err := node.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	address := crashDatabase(t)
	size := ledger.Options{Users: 64, Connections: 32}
	plantLedger(t, address, size)
	book := ledger.New(size)
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGTERM} {
		p := serveLedger(t, program, address)
		ctx, stop := context.WithCancel(t.Context())
		noticed := make(chan struct{})
		go func() {
			book.Load(ctx, p.URL)
			close(noticed)
		}()
		if err := book.Await(ctx, 1000); err != nil {
			t.Fatal(err)
		}
		if err := p.Signal(signal); err != nil {
			t.Errorf("the server ended with %v\n%s", err, p.Stderr)
		}
		stop()
		<-noticed
		if log := p.Stderr.String(); strings.Contains(log, "ERROR") || strings.Contains(log, "cut off") {
			t.Errorf("it stopped with faults:\n%s", log)
		}
		p = serveLedger(t, program, address)
		if err := book.Settled(t.Context(), p.URL); err != nil {
			t.Error(err)
		}
		t.Logf("%+v", book.Tally())
		p.Kill()
	}
}

// serveDemoWith runs the demo company with further flags.
func serveDemoWith(t *testing.T, flags ...string) *node.Node {
	t.Helper()
	flags = append([]string{"serve", "--demo", "--db", filepath.Join(t.TempDir(), "demo.db"), "--listen", "127.0.0.1:0"}, flags...)
	cmd := exec.Command("roundtable", flags...)
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=10")
	p, err := node.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// beginUpdate sends an update but for the end of its body, which the server waits for.
func beginUpdate(t *testing.T, p *node.Node) net.Conn {
	t.Helper()
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: roundtable\r\nx-APIKey: demo-org-admin\r\nContent-Type: application/json\r\n"+
		"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n", demoUser)
	if _, err := io.ReadFull(connection, make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))); err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(connection, `{"phone": `)
	return connection
}

const demoUser = "/v2/user/5309c3a237bbc544d8e26737"

// TestStopDoesNotWaitForever: a body that never ends is cut off, and the server still
// ends well.
func TestStopDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	p := serveDemoWith(t, "--shutdown-timeout", "300ms")
	connection := beginUpdate(t, p)
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v\n%s", err, p.Stderr)
	}
	if !strings.Contains(p.Stderr.String(), `"msg":"requests under way were cut off","after":"300ms"`) {
		t.Errorf("the log does not tell:\n%s", p.Stderr)
	}
	if rest, _ := io.ReadAll(connection); strings.Contains(string(rest), "200 OK") {
		t.Errorf("half an update was answered:\n%s", rest)
	}
}

// TestSecondSignal ends a server that waits for what is under way.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	p := serveDemoWith(t, "--shutdown-timeout", "1h")
	beginUpdate(t, p)
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Stderr.Wait("stopping"); err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(syscall.SIGTERM); err == nil || !strings.Contains(err.Error(), "terminated") {
		t.Errorf("the server ended with %v", err)
	}
}

// TestShutdownDelay: once it is to stop, the server is red for those who spread the load,
// tells Prometheus so, closes each connection after its answer, and still serves.
func TestShutdownDelay(t *testing.T) {
	t.Parallel()
	p := serveDemoWith(t, "--shutdown-delay", "4s", "--metrics-listen", "127.0.0.1:0")
	if err := p.Stderr.Wait("/metrics"); err != nil {
		t.Fatal(err)
	}
	page := regexp.MustCompile(`http://[^"]+/metrics`).FindString(p.Stderr.String())
	ready := func() string {
		_, text, err := send(t.Context(), http.DefaultClient, "GET", page, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile(`(?m)^roundtable_ready .*$`).FindString(text)
	}
	if got := ready(); got != "roundtable_ready 1" {
		t.Errorf("Prometheus reads %q", got)
	}
	if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Stderr.Wait("stopping"); err != nil {
		t.Fatal(err)
	}
	header := map[string]string{"x-APIKey": "demo-org-admin", "Content-Type": "application/json"}
	for _, want := range []struct {
		method, path, body string
		status             int
	}{{"GET", "/health/ready", "", 503}, {"GET", "/health/live", "", 200}, {"POST", demoUser, `{"phone": "1"}`, 200}, {"GET", demoUser, "", 200}} {
		status, answer, err := send(t.Context(), http.DefaultClient, want.method, p.URL+want.path, header, want.body)
		if err != nil || status != want.status {
			t.Errorf("%s %s: %d %s %v", want.method, want.path, status, answer, err)
		}
	}
	if got := ready(); got != "roundtable_ready 0" {
		t.Errorf("Prometheus reads %q while it stops", got)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("the server ended with %v\n%s", err, p.Stderr)
	}
}
