package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/logtest"
	"github.com/roundtable-directory/roundtable/internal/mail/mailtest"
)

// plain is the way to a test server by its own address.
func plain(t *testing.T, s *mailtest.Server) *Server {
	t.Helper()
	server, err := ParseServer("smtp://" + s.Address())
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// wantOnce wants one mail for each of the first so many users.
func wantOnce(t *testing.T, s *mailtest.Server, users int) {
	t.Helper()
	want := make([]string, users)
	for n := range want {
		want[n] = fmt.Sprintf("u%d@example.com", n)
	}
	slices.Sort(want)
	if got := recipients(s); !slices.Equal(got, want) {
		t.Errorf("sent to %d %q, want %d", len(got), got, users)
	}
}

// All that is due is sent, over several connections, each mail once.
func TestDrain(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), start(t, &mailtest.Server{})
	w.queue(t, roundtable.MailReset, "{}", upTo(people)...)
	if err := w.worker(t, w.Directory, plain(t, s)).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantOnce(t, s, people)
	wantStates(t, w, map[string]int{"sent": people})
	if stats := w.Stats(t.Context()).Mails; stats.Sent != people || stats.Waiting != 0 {
		t.Errorf("told %+v", stats)
	}
}

// Two nodes that drain one outbox at once send nothing twice.
func TestTwoNodesDrain(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), start(t, &mailtest.Server{})
	w.queue(t, roundtable.MailReset, "{}", upTo(people)...)
	var group sync.WaitGroup
	for _, d := range []*Worker{w.worker(t, w.Directory, plain(t, s)), w.worker(t, w.node(t), plain(t, s))} {
		group.Go(func() {
			if err := d.Drain(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	wantOnce(t, s, people)
}

// A recipient whom the server refuses for good costs nobody else their mail, nor does
// one whom it refuses for now; that one is sent later.
func TestRefusedRecipients(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var full sync.Map
	full.Store("u2@example.com", true)
	s := start(t, &mailtest.Server{Recipient: func(to string) error {
		if to == "u1@example.com" {
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "Nobody here"}
		}
		if _, is := full.Load(to); is {
			return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "Mailbox full"}
		}
		return nil
	}, Taken: func(m mailtest.Message) error {
		if m.To == "u3@example.com" {
			return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "Looks like advertising"}
		}
		return nil
	}})
	w.queue(t, roundtable.MailReset, "{}", upTo(6)...)
	worker := w.worker(t, w.Directory, plain(t, s))
	if err := worker.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantStates(t, w, map[string]int{"sent": 3, "failed": 2, "waiting": 1})
	full.Clear()
	w.clock.add(2 * time.Minute)
	if err := worker.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantStates(t, w, map[string]int{"sent": 4, "failed": 2})
}

// Who refuses the sender refuses every mail: all wait, and none is given up at once.
func TestRefusedSender(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := start(t, &mailtest.Server{Sender: func(string) error { return &smtp.SMTPError{Code: 553, Message: "Not from you"} }})
	w.queue(t, roundtable.MailReset, "{}", upTo(3)...)
	if err := w.worker(t, w.Directory, plain(t, s)).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantStates(t, w, map[string]int{"waiting": 3})
}

// A server that is down for a day loses nothing, and afterwards everything is sent once.
// Those whose turn came meanwhile have lost no try.
func TestServerDownForADay(t *testing.T) {
	t.Parallel()
	w, s := newWorld(t), start(t, &mailtest.Server{})
	address := s.Address()
	worker := w.worker(t, w.Directory, plain(t, s))
	s.Close()
	w.queue(t, roundtable.MailInvitation, "{}", people, people+1)
	w.queue(t, roundtable.MailReset, "{}", upTo(100)...)
	for range 24 * 60 {
		if err := worker.Drain(t.Context()); err == nil {
			t.Fatal("sent to nowhere")
		}
		w.clock.add(time.Minute)
	}
	wantStates(t, w, map[string]int{"waiting": 102})
	if stats := w.Stats(t.Context()).Mails; stats.Waiting != 102 || stats.Oldest != 24*time.Hour || stats.Deferred != 0 {
		t.Errorf("told %+v", stats)
	}
	if err := s.StartAt(address); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := worker.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := recipients(s); len(got) != 102 || len(slices.Compact(got)) != 102 {
		t.Errorf("sent %d mails", len(got))
	}
	wantStates(t, w, map[string]int{"sent": 102})
}

// For a day a server takes connections and then nothing, or hangs up in the middle.
// Whatever it said to have taken is not sent again.
func TestServerThatHangsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mu sync.Mutex
	hangUp := true
	tries := 0
	s := start(t, &mailtest.Server{Taken: func(mailtest.Message) error {
		mu.Lock()
		defer mu.Unlock()
		if tries++; hangUp && tries%2 == 0 {
			return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Shutting down"}
		}
		return nil
	}})
	w.queue(t, roundtable.MailReset, "{}", upTo(60)...)
	worker := w.worker(t, w.Directory, plain(t, s))
	if err := worker.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if states := w.states(t); states["sent"]+states["waiting"] != 60 || states["waiting"] < 20 {
		t.Fatalf("mails %v", states)
	}
	mu.Lock()
	hangUp = false
	mu.Unlock()
	w.clock.add(2 * time.Minute)
	if err := worker.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantOnce(t, s, 60)
}

// A connection on which nothing happens is given up in time, and a mail that may have
// been taken all the same is sent again, with the same Message-ID.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	answered := make(chan struct{})
	var once sync.Once
	s := start(t, &mailtest.Server{Taken: func(mailtest.Message) error {
		once.Do(func() { <-answered })
		return nil
	}})
	server := plain(t, s)
	server.timeout = 100 * time.Millisecond
	w.queue(t, roundtable.MailReset, "{}", 0)
	worker := w.worker(t, w.Directory, server)
	if err := worker.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantStates(t, w, map[string]int{"waiting": 1})
	close(answered)
	w.clock.add(2 * time.Minute)
	server.timeout = sendTimeout
	if err := worker.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantStates(t, w, map[string]int{"sent": 1})
	ids := map[string]bool{}
	messages, err := s.Await(t.Context(), 2) // the one that was slow is on its way
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		message, err := m.Read()
		if err != nil {
			t.Fatal(err)
		}
		ids[message.Header.Get("Message-Id")] = true
	}
	if len(ids) != 1 {
		t.Errorf("one mail under %v", slices.Collect(maps.Keys(ids)))
	}
}

// A server that greets nobody is given up in time.
func TestMuteServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	server, err := ParseServer("smtp://" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server.timeout = 50 * time.Millisecond
	w.queue(t, roundtable.MailReset, "{}", 0)
	if err := w.worker(t, w.Directory, server).Drain(t.Context()); err == nil {
		t.Error("sent to somebody who says nothing")
	}
	wantStates(t, w, map[string]int{"waiting": 1})
}

// Killed between the server's word and the record of it, a process has sent one mail
// that the next will send again, and no other.
func TestKilledBetween(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := start(t, &mailtest.Server{})
	w.queue(t, roundtable.MailReset, "{}", upTo(40)...)
	ids, err := w.DueMails(t.Context(), 40)
	if err != nil {
		t.Fatal(err)
	}
	claim, err := w.ClaimMails(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	dying := w.worker(t, w.Directory, plain(t, s))
	c, err := dying.transport.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := &round{Worker: dying, connection: c, claim: claim, left: claim.Mails, renewed: w.clock.read()}
	for i, m := range claim.Mails[:10] {
		d := r.hand(&m)
		if !d.Sent {
			t.Fatalf("not sent: %+v", d)
		}
		if i == 9 {
			break // killed here
		}
		if err := r.record(t.Context(), &m, d.MailResult); err != nil {
			t.Fatal(err)
		}
	}
	c.close()
	other := w.worker(t, w.node(t), plain(t, s))
	if err := other.Drain(t.Context()); err != nil || s.Count() != 10 {
		t.Errorf("another node has sent what was not its own: %d, %v", s.Count(), err)
	}
	w.clock.add(3 * time.Minute)
	if err := other.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantStates(t, w, map[string]int{"sent": 40})
	got := recipients(s)
	if twice := len(got) - len(slices.Compact(slices.Clone(got))); len(got) != 41 || twice != 1 {
		t.Errorf("%d mails, %d twice", len(got), twice)
	}
}

// Who is switched off while a slow server takes the mails before gets none.
func TestDisabledMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := start(t, &mailtest.Server{Taken: func(m mailtest.Message) error {
		if m.To == "u0@example.com" {
			w.clock.add(5 * time.Second) // so long it took
			return w.cancel(1)
		}
		return nil
	}})
	w.queue(t, roundtable.MailReset, "{}", upTo(3)...)
	if err := w.worker(t, w.Directory, plain(t, s)).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := recipients(s); !slices.Equal(got, []string{"u0@example.com", "u2@example.com"}) {
		t.Errorf("sent to %q", got)
	}
	wantStates(t, w, map[string]int{"sent": 2, "cancelled": 1})
}

// A worker that is to stop gives back what it has not begun.
func TestStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	s := start(t, &mailtest.Server{Taken: func(mailtest.Message) error {
		stop()
		return nil
	}})
	w.queue(t, roundtable.MailReset, "{}", upTo(30)...)
	w.worker(t, w.Directory, plain(t, s)).Run(ctx)
	wantStates(t, w, map[string]int{"sent": 1, "waiting": 29})
	wantOnce(t, s, 1)
}

// Run sends what is queued while it runs.
func TestRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	arrived := make(chan struct{}, 1)
	s := start(t, &mailtest.Server{Taken: func(mailtest.Message) error {
		arrived <- struct{}{}
		return nil
	}})
	var group sync.WaitGroup
	group.Go(func() { w.worker(t, w.Directory, plain(t, s)).Run(ctx) })
	w.queue(t, roundtable.MailReset, "{}", 0)
	<-arrived
	stop()
	group.Wait()
	wantStates(t, w, map[string]int{"sent": 1})
}

// Without a server mails become files that only the operator may read.
func TestFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	folder := filepath.Join(t.TempDir(), "mails")
	var log logtest.Log
	w.queue(t, roundtable.MailInvitation, "{}", people)
	if err := w.worker(t, w.Directory, Folder{Path: folder, Log: slog.New(slog.NewTextHandler(&log, nil))}).Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(folder, "1-invitation.eml")
	text, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(text), "https://roundtable.example/invitation/") {
		t.Errorf("%v: %s", err, text)
	}
	for name, mode := range map[string]os.FileMode{folder: 0o700, name: 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if line := log.String(); !strings.Contains(line, "u300@example.com") || !strings.Contains(line, "invitation") || strings.Contains(line, "https") {
		t.Errorf("logged %s", line)
	}
	wantStates(t, w, map[string]int{"sent": 1})
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.queue(t, roundtable.MailReset, "{}", 0)
	if err := w.worker(t, w.Directory, Folder{Path: file, Log: slog.New(slog.NewTextHandler(&log, nil))}).Drain(t.Context()); err == nil {
		t.Error("a mail went into a file as if it were a folder")
	}
	wantStates(t, w, map[string]int{"sent": 1, "waiting": 1})
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"https://id.example": true, "http://127.0.0.1:8080": true, "https://id.example/people/": true,
		"": false, "id.example": false, "ftp://id.example": false, "javascript:alert(1)": false, "https://": false,
		"https://id.example?x=1": false, "https://id.example#x": false, "https://user@id.example": false,
	} {
		if _, err := NewWorker(nil, Options{PublicURL: address}); (err == nil) != good {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// What an error of sending comes to when there is nobody to ask.
func TestJudgeStrangeErrors(t *testing.T) {
	t.Parallel()
	message := newTestMessage(t)
	if d := judge(message, errors.New("what?\r\nBcc: you")); d.Sent || d.Permanent || !d.Unsure || !d.broken || d.Error != "what? Bcc: you" {
		t.Errorf("%+v", d)
	}
	if d := judge(message, nil); !d.Sent || d.broken {
		t.Errorf("%+v", d)
	}
}
