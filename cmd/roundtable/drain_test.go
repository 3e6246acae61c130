package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/node"
)

// serveDemo runs the demo company in a process.
func serveDemo(t *testing.T) *node.Node {
	t.Helper()
	cmd := exec.Command("roundtable", "serve", "--demo", "--db", filepath.Join(t.TempDir(), "demo.db"), "--listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=10")
	p, err := node.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

// A request that is half there when the server is interrupted is read to its end,
// carried out and answered; then the server exits with 0.
func TestInterruptDrains(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			p := serveDemo(t)
			address := strings.TrimPrefix(p.URL, "http://")
			dialer := &net.Dialer{}
			connection, err := dialer.DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			const body = `{"phone": "+33 1"}`
			fmt.Fprintf(connection, "POST /v2/user/5309c3a237bbc544d8e26737 HTTP/1.1\r\nHost: %s\r\nx-APIKey: demo-org-admin\r\n"+
				"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", address, len(body))
			answers := bufio.NewReader(connection)
			if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100") {
				t.Fatalf("the server does not wait for the body: %q, %v", line, err)
			}
			io.WriteString(connection, body[:5])
			if err := p.Cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			if err := p.Stderr.Wait("stopping"); err != nil {
				t.Fatal(err)
			}
			answers.ReadString('\n') // the empty line after 100
			io.WriteString(connection, body[5:])
			response, err := http.ReadResponse(answers, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if text, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
				t.Errorf("the request under way is answered %s: %s", response.Status, text)
			}
			if err := p.Wait(); err != nil {
				t.Errorf("the server ended with %v\n%s", err, p.Stderr)
			}
			if second, err := dialer.DialContext(t.Context(), "tcp", address); err == nil {
				second.Close()
				t.Error("somebody still listens")
			}
		})
	}
}
