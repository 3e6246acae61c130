package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

//go:embed load.lua
var script []byte

// load is what wrk saw of one run; times are in microseconds.
type load struct {
	Microseconds int64
	Sent         int            // requests taken from the file, in its order
	Issued       map[string]int // by the status that was wanted
	Answered     map[string]int // by the status that came
	P50, P99     int64
	Broken       int // connections that failed, and answers that took too long
}

// answers counts them, whatever they were.
func (l *load) answers() int {
	n := 0
	for _, count := range l.Answered {
		n += count
	}
	return n
}

func (l *load) rate() float64 { return float64(l.answers()) / (float64(l.Microseconds) / 1e6) }

// faults counts answers that must have been other than wanted. wrk does not tell which
// answer belongs to which request, but it issues them in a known order: of each status
// no more may come than were issued, and no fewer than that without those on their way.
func (l *load) faults(connections int) int {
	faults := l.Broken
	for status, count := range l.Answered {
		faults += max(0, count-l.Issued[status])
	}
	for status, count := range l.Issued {
		faults += max(0, count-l.Answered[status]-connections)
	}
	return faults
}

// drive sends the updates over so many connections for a while, from the start again if
// there are too few.
func drive(ctx context.Context, dir, url string, updates []update, connections, seconds int) (*load, error) {
	scriptFile, requests := filepath.Join(dir, "load.lua"), filepath.Join(dir, "requests")
	if err := errors.Join(os.WriteFile(scriptFile, script, 0o600), writeRequests(requests, updates)); err != nil {
		return nil, err
	}
	wrk := exec.CommandContext(ctx, "wrk", "--threads", "1", "--connections", strconv.Itoa(connections),
		"--duration", strconv.Itoa(seconds)+"s", "--timeout", "10s", "--script", scriptFile, url, "--", requests)
	out, err := wrk.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	_, result, found := bytes.Cut(out, []byte("\nresult "))
	if !found {
		return nil, fmt.Errorf("wrk printed no result:\n%s", out)
	}
	l := new(load)
	if err := json.Unmarshal(bytes.TrimSpace(result), l); err != nil {
		return nil, fmt.Errorf("wrk printed %s: %w", result, err)
	}
	return l, nil
}

// writeRequests writes the file that load.lua reads.
func writeRequests(path string, updates []update) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	var text []byte
	for _, u := range updates {
		text = u.appendRequest(text[:0])
		_, _ = fmt.Fprintf(buffered, "%d %d\n", len(text), u.want) // Flush returns the error
		_, _ = buffered.Write(text)
	}
	return errors.Join(buffered.Flush(), file.Close())
}

// appendRequest appends the request as it goes over the wire.
func (u update) appendRequest(b []byte) []byte {
	method := "POST"
	if u.body == nil {
		method = "GET"
	}
	b = fmt.Appendf(b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n", method, u.url())
	for name, value := range u.header() {
		b = fmt.Appendf(b, "%s: %s\r\n", name, value)
	}
	if u.body != nil {
		b = fmt.Appendf(b, "Content-Length: %d\r\n", len(u.body))
	}
	return append(append(b, "\r\n"...), u.body...)
}

// feed keeps the updates of a mode from run to run, so that what one did not come to is
// sent by the next and each change follows from the one before.
type feed struct {
	next    func() update
	waiting []update
	rate    float64 // of the last run, to guess how many the next will take
}

// fill makes sure that enough updates wait for a run.
func (f *feed) fill(length time.Duration) []update {
	for float64(len(f.waiting)) < f.rate*length.Seconds()*2 {
		f.waiting = append(f.waiting, f.next())
	}
	return f.waiting
}

// took takes out what a run has sent, and says how many it lacked.
func (f *feed) took(sent int, rate float64) (lacked int) {
	f.rate = max(f.rate, rate) // a slow run says nothing about the next
	taken := min(sent, len(f.waiting))
	f.waiting = f.waiting[taken:]
	return sent - taken
}
