package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	program     = "github.com/roundtable-directory/roundtable/cmd/roundtable"
	startWithin = 30 * time.Second
	stopWithin  = 30 * time.Second
)

// server is a process that this one started, to be measured by its id.
type server struct {
	url      string
	startup  time.Duration // from its start to the first answer that it is ready
	process  *exec.Cmd
	log      *bytes.Buffer
	database string // the folder of its database server, whose processor time is its own; empty: there is none
	exited   chan error
}

// build makes the program as it is released.
func build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "roundtable")
	out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, program).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", program, err, out)
	}
	return binary, nil
}

// startServer serves a database and returns once it is ready.
func startServer(ctx context.Context, binary, database string, flags ...string) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	flags = append([]string{"serve", "--db", database, "--listen", address, "--log-level", "error", "--rate-limit", "0"}, flags...)
	s := &server{url: "http://" + address, log: new(bytes.Buffer), process: exec.Command(binary, flags...)}
	s.process.Stdout, s.process.Stderr = io.Discard, s.log
	begin := time.Now()
	if err := s.start(); err != nil {
		return nil, err
	}
	if err := s.awaitReady(ctx, begin.Add(startWithin)); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.startup = time.Since(begin)
	return s, nil
}

// startEmpty starts this program as the empty handler.
func startEmpty() (*server, error) { return startSelf(emptyCommand) }

func (s *server) start() error {
	if err := s.process.Start(); err != nil {
		return err
	}
	s.wait()
	return nil
}

func (s *server) wait() {
	s.exited = make(chan error, 1)
	go func() { s.exited <- s.process.Wait() }()
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// awaitReady asks every millisecond.
func (s *server) awaitReady(ctx context.Context, until time.Time) error {
	for time.Now().Before(until) {
		answer, err := http.Get(s.url + "/health/ready")
		if err == nil {
			err = answer.Body.Close()
			if err == nil && answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-s.exited:
			s.exited <- err
			return fmt.Errorf("the server ended at once: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	return errors.New("the server did not become ready")
}

// stop asks the server to drain, and says what it logged if it ended badly.
func (s *server) stop() error {
	if err := s.process.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case err := <-s.exited:
		if err != nil {
			return fmt.Errorf("the server ended with %w\n%s", err, s.log)
		}
		return nil
	case <-time.After(stopWithin):
		return errors.Join(errors.New("the server did not drain and was killed"), s.process.Process.Kill())
	}
}

// kernel names the running kernel.
func kernel() string {
	var name syscall.Utsname
	if err := syscall.Uname(&name); err != nil {
		return "unknown"
	}
	var b strings.Builder
	for _, c := range name.Release {
		if c == 0 {
			break
		}
		b.WriteByte(byte(c))
	}
	return b.String()
}
