package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	slowHeaders = 1000
	slowBodies  = 100
)

// TestSlowClients: a thousand clients that do not end their headers, and a hundred that
// do not end their bodies, keep nobody else waiting. The former are gone in time; the
// latter do not keep the server from stopping.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	p := serveDemoWith(t, "--rate-limit", "0", "--shutdown-timeout", "500ms")
	address := strings.TrimPrefix(p.URL, "http://")
	var slow []net.Conn
	for i := range slowHeaders + slowBodies {
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer connection.Close()
		slow = append(slow, connection)
		fmt.Fprintf(connection, "POST %s HTTP/1.1\r\nHost: roundtable\r\nX-Slow: ", demoUser)
		if i >= slowHeaders {
			fmt.Fprint(connection, "z\r\nx-APIKey: demo-org-admin\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{")
		}
	}
	ended := make(chan error, slowHeaders)
	var trickle sync.WaitGroup
	defer trickle.Wait()
	for i, connection := range slow {
		trickle.Go(func() { trickleInto(connection) })
		if i < slowHeaders {
			go func() {
				_ = connection.SetReadDeadline(time.Now().Add(time.Minute))
				_, err := io.Copy(io.Discard, connection)
				ended <- err
			}()
		}
	}
	header := map[string]string{"x-APIKey": "demo-org-admin", "Content-Type": "application/json"}
	for i := range 100 {
		status, answer, err := send(t.Context(), http.DefaultClient, "POST", p.URL+demoUser, header, fmt.Sprintf(`{"phone": "%d"}`, i))
		if err != nil || status != http.StatusOK {
			t.Fatalf("update %d: %d %s %v", i, status, answer, err)
		}
	}
	for range slowHeaders {
		if err := <-ended; err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatal("a client that never ended its headers was not sent away within a minute")
		}
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("the server ended with %v\n%s", err, p.Stderr)
	}
}

// trickleInto sends a byte each second until the other end has gone.
func trickleInto(connection net.Conn) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for range tick.C {
		if _, err := connection.Write([]byte("z")); err != nil {
			return
		}
	}
}
