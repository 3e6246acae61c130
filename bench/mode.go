package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// kind says what a mode measures.
type kind int

const (
	batched   kind = iota // the server as it is
	single                // the server with one transaction a request
	million               // the server on the large database
	empty                 // the empty handler
	rawBatch              // the update path without HTTP
	mailed                // the outbox, emptied into an SMTP server
	signIns               // the server, where everybody has a password
	hashAlone             // what compares passwords, without a server
	searched              // the server on the database of the searches, one for all rows

	pgbench         // PostgreSQL's own load generator
	plainOnPostgres // a server with a plain transaction a request
	onPostgres      // the server on PostgreSQL
	onPostgresLarge // the same on the large database
	onPostgresOne   // the same on one organisation
	twoNodes        // two servers on one database of PostgreSQL
	withStandby     // the server on PostgreSQL with a synchronous standby
)

// mode is one row of the table: a kind of subject under one kind of load.
type mode struct {
	name        string
	kind        kind
	connections int
	next        func(*generator) update
	guess       float64 // requests a second, before any is measured
	repeats     bool    // its requests change nothing and may be sent again
}

// onFile reports whether the mode runs on a file of SQLite.
func (m mode) onFile() bool { return m.kind < pgbench }

// modes are the rows, in the order in which each round runs them: those that are
// compared with each other stand together.
var modes = []mode{
	{"empty handler, 64", empty, 64, (*generator).mixed, 5_000, true},
	{"GET by id, 64", batched, 64, (*generator).read, 5_000, true},
	{"raw batch, mix", rawBatch, 1, (*generator).mixed, 0, false},
	{"mix, 64", batched, 64, (*generator).mixed, 20_000, false},
	{createMode, batched, 64, (*generator).created, 12_000, false},
	{"one transaction, 64", single, 64, (*generator).mixed, 8_000, false},
	{"mix with passwords, 64", batched, 64, (*generator).mixedWithPasswords, 20_000, false},
	{"mix, large, 64", million, 64, (*generator).mixed, 20_000, false},
	{"raw batch, one field", rawBatch, 1, (*generator).oneField, 0, false},
	{"one field, 64", batched, 64, (*generator).oneField, 20_000, false},
	{"mix, hot, 64", batched, 64, (*generator).mixedHot, 20_000, false},
	{"mix, 8", batched, 8, (*generator).mixed, 20_000, false},
	{"one transaction, 8", single, 8, (*generator).mixed, 8_000, false},
	{"empty handler, 1", empty, 1, (*generator).mixed, 5_000, true},
	{"mix, 1", batched, 1, (*generator).mixed, 8_000, false},
	{"one transaction, 1", single, 1, (*generator).mixed, 8_000, false},
	{"1,000 businesses, 64", batched, 64, (*generator).thousandShops, 1_000, false},
	{"10,000 businesses, 8", batched, 8, (*generator).tenThousandShops, 100, false},
	{accessMode, batched, 1, (*generator).accessList, 1_000, true},
	{mailMode, mailed, 4, nil, 0, false},
	{hashMode, hashAlone, 16, nil, 0, true},
	{signInMode, signIns, 16, (*generator).signIn, 300, false},
}

// sample is what one run measured.
type sample struct {
	rate     float64 // answers a second
	p50, p99 time.Duration
	faults   int
	lacked   int           // requests that were sent twice because too few were made
	cpu      time.Duration // of the server, an answer
	rssAnon  int64         // of the server, after the run
}

// subject is a mode made ready to run.
type subject struct {
	mode
	startup time.Duration
	samples []sample
	found   int   // how many a search finds
	feed    *feed // of one of two nodes
	run     func(ctx context.Context, seconds int) (sample, error)
	stop    func() error
}

// prepare gives a mode its own copy of the database and starts what it measures.
func (b *bench) prepare(ctx context.Context, m mode) (*subject, error) {
	switch {
	case m.kind == searched:
		return b.prepareSearch(ctx, m)
	case !m.onFile():
		return b.preparePostgres(ctx, m)
	case m.kind == hashAlone:
		return newHashAlone(m, b.binary)
	}
	w, seeded := b.world, b.seeded
	if m.kind == million {
		w, seeded = b.large, b.seededLarge
	}
	g := newGenerator(w)
	f := &feed{next: func() update { return m.next(g) }, rate: m.guess}
	if m.kind == empty {
		f.next = func() update { u := m.next(g); u.want = http.StatusOK; return u }
		s, err := startEmpty()
		if err != nil {
			return nil, err
		}
		return b.served(m, s, f), nil
	}
	b.copies++
	path := filepath.Join(b.dir, fmt.Sprintf("mode-%d.db", b.copies))
	if err := copyDatabase(seeded, path); err != nil {
		return nil, err
	}
	if m.kind == mailed {
		return newMails(ctx, m, path)
	}
	if m.kind == rawBatch {
		return newRawBatch(ctx, m, path, f)
	}
	if m.kind == signIns {
		if err := setPasswords(ctx, path); err != nil {
			return nil, err
		}
	}
	var flags []string
	if m.kind == single {
		flags = []string{"--max-batch", "1"}
	}
	s, err := startServer(ctx, b.binary, path, flags...)
	if err != nil {
		return nil, err
	}
	if err := warm(ctx, s, f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", m.name, err), s.stop())
	}
	return b.served(m, s, f), nil
}

// served is the subject of a mode that is driven over HTTP.
func (b *bench) served(m mode, s *server, f *feed) *subject {
	run := func(ctx context.Context, seconds int) (sample, error) {
		updates := f.fill(time.Duration(seconds) * time.Second)
		before, err := s.cpu()
		if err != nil {
			return sample{}, err
		}
		l, err := drive(ctx, b.dir, s.url, updates, m.connections, seconds)
		if err != nil {
			return sample{}, err
		}
		after, cpuErr := s.cpu()
		memory, memoryErr := s.rssAnon()
		if err := errors.Join(cpuErr, memoryErr); err != nil {
			return sample{}, err
		}
		got := sample{
			rate: l.rate(), p50: time.Duration(l.P50) * time.Microsecond, p99: time.Duration(l.P99) * time.Microsecond,
			faults: l.faults(m.connections), cpu: (after - before) / time.Duration(max(1, l.answers())), rssAnon: memory,
		}
		if m.repeats {
			return got, nil
		}
		if got.lacked = f.took(l.Sent, got.rate); got.lacked > 0 {
			return got, nil // what was sent last is not what was made last
		}
		return got, verify(ctx, s, updates[:l.Sent], m.connections)
	}
	return &subject{mode: m, startup: s.startup, run: run, stop: s.stop}
}
