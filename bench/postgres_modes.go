package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// The rows on PostgreSQL. All begin alike, so that -only can name them.
const (
	pgMix        = "PostgreSQL: mix, 64"
	pgPlain      = "PostgreSQL: plain transaction, 64"
	pgStatement  = "PostgreSQL: pgbench, one statement, 64"
	pgLarge      = "PostgreSQL: mix, large, 64"
	pgHot        = "PostgreSQL: mix, hot, 64"
	pgOne        = "PostgreSQL: mix, one organisation, 64"
	pgTwo        = "PostgreSQL: mix, two nodes, 64"  // 32 each
	pgTwoBusy    = "PostgreSQL: mix, two nodes, 128" // each as busy as the one
	pgStandby    = "PostgreSQL: mix, synchronous standby, 64"
	oneOrgUsers  = 200_000
	oneOrgShops  = 20_000
	pgWorld      = "world"
	pgWorldLarge = "world_large"
	pgWorldOne   = "world_one"
)

// postgresModes are the rows on PostgreSQL, in the order in which each round runs them.
var postgresModes = []mode{
	{pgStatement, pgbench, 64, nil, 0, true},
	{pgPlain, plainOnPostgres, 64, (*generator).mixed, 10_000, true},
	{pgMix, onPostgres, 64, (*generator).mixed, 15_000, false},
	{pgTwo, twoNodes, 64, (*generator).mixed, 15_000, false},
	{pgTwoBusy, twoNodes, 128, (*generator).mixed, 15_000, false},
	{pgLarge, onPostgresLarge, 64, (*generator).mixed, 15_000, false},
	{pgHot, onPostgres, 64, (*generator).mixedHot, 15_000, false},
	{pgOne, onPostgresOne, 64, (*generator).mixed, 15_000, false},
	{"PostgreSQL: create, 64", onPostgres, 64, (*generator).created, 10_000, false},
	{"PostgreSQL: GET by id, 64", onPostgres, 64, (*generator).read, 10_000, true},
	{"PostgreSQL: mix, 8", onPostgres, 8, (*generator).mixed, 8_000, false},
	{"PostgreSQL: mix, 1", onPostgres, 1, (*generator).mixed, 3_000, false},
	{pgStandby, withStandby, 64, (*generator).mixed, 15_000, false},
}

// oneOrgWorld has everybody in one organisation, but for the chain.
func oneOrgWorld() world { return world{orgs: 1, perOrg: oneOrgUsers, fewestShop: oneOrgShops} }

// preparePostgres makes a row on PostgreSQL ready.
func (b *bench) preparePostgres(ctx context.Context, m mode) (*subject, error) {
	p, err := b.theServer(m.kind == withStandby)
	if err != nil {
		return nil, err
	}
	name, w := pgWorld, b.world
	switch m.kind {
	case onPostgresLarge:
		name, w = pgWorldLarge, b.large
	case onPostgresOne:
		name, w = pgWorldOne, oneOrgWorld()
	}
	address, err := p.database(ctx, name, w)
	if err != nil {
		return nil, err
	}
	g := newGenerator(w)
	f := &feed{next: func() update { return m.next(g) }, rate: m.guess}
	switch m.kind {
	case pgbench:
		return b.preparePgbench(ctx, m, p, address)
	case plainOnPostgres:
		f.next = func() update { u := m.next(g); u.want = http.StatusOK; return u }
		s, err := startPlain(address)
		if err != nil {
			return nil, err
		}
		s.database = p.cluster.Folder()
		return b.served(m, s, f), nil
	case twoNodes:
		return b.prepareTwo(ctx, m, p, address, f)
	case withStandby:
		if err := p.follow(ctx); err != nil {
			return nil, err
		}
	}
	s, err := startServer(ctx, b.binary, address)
	if err != nil {
		return nil, err
	}
	s.database = p.cluster.Folder()
	if err := warm(ctx, s, f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", m.name, err), s.stop())
	}
	return b.served(m, s, f), nil
}

// prepareTwo drives two nodes on one database, each with half of the connections. Both
// draw on one feed, so that the values of all requests differ.
func (b *bench) prepareTwo(ctx context.Context, m mode, p *postgres, address string, f *feed) (*subject, error) {
	half := m
	half.connections /= 2
	subjects := make([]*subject, 2)
	for i := range subjects {
		s, err := startServer(ctx, b.binary, address)
		if err != nil {
			return nil, err
		}
		if i == 0 { // of whom the database's processor time is counted
			s.database = p.cluster.Folder()
		}
		own := &feed{next: f.next, rate: f.rate / 2}
		if err := warm(ctx, s, own); err != nil {
			return nil, errors.Join(err, s.stop())
		}
		apart := *b
		apart.dir = filepath.Join(b.dir, fmt.Sprintf("node-%d", i))
		if err := os.MkdirAll(apart.dir, 0o700); err != nil {
			return nil, err
		}
		half.repeats = true // what a node was sent last is not what was written last
		own.fill(0)
		subjects[i] = apart.served(half, s, own)
		subjects[i].feed = own
	}
	return &subject{
		mode: m,
		run:  func(ctx context.Context, seconds int) (sample, error) { return runBoth(ctx, subjects, seconds) },
		stop: func() error { return errors.Join(subjects[0].stop(), subjects[1].stop()) },
	}, nil
}

// runBoth runs two subjects at once and adds what they did.
func runBoth(ctx context.Context, subjects []*subject, seconds int) (sample, error) {
	for _, s := range subjects { // before, as they share what makes requests
		s.feed.waiting = nil
		s.feed.fill(time.Duration(seconds) * time.Second)
	}
	samples, errs := make([]sample, len(subjects)), make([]error, len(subjects))
	ended := make(chan struct{})
	for i, s := range subjects {
		go func() {
			samples[i], errs[i] = s.run(ctx, seconds)
			ended <- struct{}{}
		}()
	}
	for range subjects {
		<-ended
	}
	first, second := samples[0], samples[1]
	rate := first.rate + second.rate
	perSecond := time.Duration(float64(first.cpu)*first.rate + float64(second.cpu)*second.rate)
	return sample{
		rate: rate, p50: max(first.p50, second.p50), p99: max(first.p99, second.p99), faults: first.faults + second.faults,
		lacked: first.lacked + second.lacked, cpu: time.Duration(float64(perSecond) / max(1, rate)), rssAnon: first.rssAnon + second.rssAnon,
	}, errors.Join(errs...)
}
