package failover

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/ledger"
	"github.com/roundtable-directory/roundtable/internal/pgtest/patroni"
)

// full is what the environment variable ROUNDTABLE_TEST_FAILOVER holds for all losses
// instead of the one that every run of the tests goes through.
const full = "full"

// TestMain leaves the tests to the pass that has PostgreSQL.
func TestMain(m *testing.M) {
	if os.Getenv("ROUNDTABLE_TEST_ENGINE") != "postgres" {
		fmt.Println("these tests run with ROUNDTABLE_TEST_ENGINE=postgres")
		return
	}
	os.Exit(m.Run())
}

// loss is something that goes down under load, and comes up again later.
type loss struct {
	name    string
	happen  func(*testing.T, *site)
	recover func(*testing.T, *site)
}

// TestLossUnderLoad loses one thing after the other while 16 connections update
// through two servers. Each time updates go on by themselves, all that was
// acknowledged is there, nothing is there by half, and what nobody heard of takes
// place once when it is sent again.
func TestLossUnderLoad(t *testing.T) {
	losses := []loss{{"primary killed", killPrimary, startLost}}
	if os.Getenv("ROUNDTABLE_TEST_FAILOVER") == full {
		losses = append(losses,
			loss{"server killed", killServer, startServer},
			loss{"switchover", switchOver, nothing},
			loss{"primary killed again", killPrimary, startLost},
			loss{"synchronous standby killed", killStandby, startLost},
			loss{"primary stopped, and woken after its successor began", freezePrimary, wakeLost},
			loss{"server and primary killed at once", killBoth, startBoth},
			loss{"primary killed without its agent", killPostmaster, nothing},
		)
	}
	s := newSite(t, len(losses) > 1)
	for _, loss := range losses {
		s.suffer(t, loss)
		if t.Failed() {
			s.explain(t)
			return
		}
	}
	s.settle(t)
	if t.Failed() {
		s.explain(t)
	}
}

// suffer loads, loses, waits until updates go on, holds the book against what is
// stored, and brings back what was lost.
func (s *site) suffer(t *testing.T, l loss) {
	t.Helper()
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	var load sync.WaitGroup
	load.Go(func() { s.book.Load(ctx, s.urls()...) })
	defer load.Wait()
	defer stop()
	s.await(t, "before the loss", 500)
	s.book.Tally()
	lost := time.Now()
	l.happen(t, s)
	s.await(t, "after it", 500)
	tally := s.book.Tally()
	t.Logf("%s: updates went on after %v; %+v", l.name, time.Since(lost).Round(10*time.Millisecond), tally)
	l.recover(t, s)
	s.await(t, "after the recovery", 500)
	s.reach(t, "all nodes", patroni.Whole(nodes))
	t.Logf("%s: whole again after %v; %+v", l.name, time.Since(lost).Round(100*time.Millisecond), s.book.Tally())
	stop()
	load.Wait()
	if err := s.book.Check(s.ctx, s.urls()[0]); err != nil {
		t.Errorf("%s: %v", l.name, err)
	}
}

func (s *site) await(t *testing.T, when string, acknowledgements int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, longestOutage)
	defer cancel()
	if err := s.book.Await(ctx, acknowledgements); err != nil {
		t.Errorf("%s: %v", when, err)
	}
}

// reach waits for a state of the cluster.
func (s *site) reach(t *testing.T, what string, state func([]patroni.Member) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, longestRecovery)
	defer cancel()
	if err := s.cluster.Await(ctx, what, state); err != nil {
		t.Error(err)
	}
}

// settle sends again whatever nobody heard of, and asks both servers for the result.
func (s *site) settle(t *testing.T) {
	t.Helper()
	if err := s.book.Settle(s.ctx, s.urls()...); err != nil {
		t.Error(err)
	}
	for _, url := range s.urls() {
		if err := s.book.Settled(s.ctx, url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	if err := ledger.CheckRows(s.ctx, s.address()); err != nil {
		t.Error(err)
	}
	for _, server := range s.servers {
		if err := server.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("a server ended with %v\n%s", err, server.Stderr)
		}
	}
}
