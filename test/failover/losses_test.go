package failover

import (
	"syscall"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/pgtest/patroni"
)

func nothing(*testing.T, *site) {}

// with returns the name of the node that has a role.
func (s *site) with(t *testing.T, role string) string {
	t.Helper()
	members, err := s.cluster.Members(s.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if m.Role == role {
			return m.Name
		}
	}
	t.Fatalf("no %s among %v", role, members)
	return ""
}

func killPrimary(t *testing.T, s *site) {
	s.lost = s.with(t, patroni.Primary)
	s.cluster.Kill(s.lost)
}

func killStandby(t *testing.T, s *site) {
	s.lost = s.with(t, patroni.SyncStandby)
	s.cluster.Kill(s.lost)
}

func startLost(t *testing.T, s *site) {
	if err := s.cluster.StartNode(s.lost); err != nil {
		t.Error(err)
	}
}

func killServer(t *testing.T, s *site) {
	if err := s.servers[0].Signal(syscall.SIGKILL); err == nil {
		t.Error("the server ended well")
	}
}

func startServer(t *testing.T, s *site) { s.serve(t, 0) }

func killBoth(t *testing.T, s *site) {
	killPrimary(t, s)
	killServer(t, s)
}

func startBoth(t *testing.T, s *site) {
	startLost(t, s)
	startServer(t, s)
}

func switchOver(t *testing.T, s *site) {
	if err := s.cluster.Switchover(s.ctx, s.with(t, patroni.Primary), s.with(t, patroni.SyncStandby)); err != nil {
		t.Error(err)
	}
}

// freezePrimary stops the primary in the middle of what it does, until another one
// has taken over: connections to it hang, and it does not know.
func freezePrimary(t *testing.T, s *site) {
	s.lost = s.with(t, patroni.Primary)
	s.cluster.Freeze(s.lost)
	s.reach(t, "another primary", func(members []patroni.Member) bool {
		for _, m := range members {
			if m.Role == patroni.Primary && m.Name != s.lost {
				return true
			}
		}
		return false
	})
}

func wakeLost(_ *testing.T, s *site) { s.cluster.Thaw(s.lost) }

// killPostmaster leaves the agent, which starts the server again or steps down.
func killPostmaster(t *testing.T, s *site) {
	s.cluster.KillServer(s.with(t, patroni.Primary))
}
