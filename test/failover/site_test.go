package failover

import (
	"context"
	"fmt"
	"os/exec"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/ledger"
	"github.com/roundtable-directory/roundtable/internal/node"
	"github.com/roundtable-directory/roundtable/internal/pgtest"
	"github.com/roundtable-directory/roundtable/internal/pgtest/patroni"
)

const (
	nodes         = 3
	ttl           = 5 * time.Second
	longestOutage = 60 * time.Second // some versions of Patroni take no shorter ttl than 20 s
	// longestRecovery is how long what was lost may take until it is part of the whole.
	longestRecovery = 2 * time.Minute
)

// site is two servers on a cluster, and the load on them.
type site struct {
	ctx     context.Context
	program string
	cluster *patroni.Cluster
	ports   []int
	servers []*node.Node
	book    *ledger.Ledger
	lost    string // the node of the cluster that is down
}

func newSite(t *testing.T, long bool) *site {
	t.Helper()
	limit := 3 * time.Minute
	if long {
		limit = 15 * time.Minute
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	s := &site{ctx: ctx}
	begun := time.Now()
	var err error
	if s.program, err = node.Build(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if s.cluster, err = patroni.Start(ctx, patroni.Options{Nodes: nodes, TTL: ttl}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := s.cluster.Create(ctx, "roundtable"); err != nil {
		t.Fatal(err)
	}
	size := ledger.Options{Users: 120, Shared: 40, Connections: 16}
	if err := ledger.Plant(ctx, s.address(), size); err != nil {
		t.Fatal(err)
	}
	s.book = ledger.New(size)
	for i := range 2 {
		port, err := pgtest.FreePort()
		if err != nil {
			t.Fatal(err)
		}
		s.ports, s.servers = append(s.ports, port), append(s.servers, nil)
		s.serve(t, i)
	}
	t.Logf("ready after %v", time.Since(begun).Round(100*time.Millisecond))
	return s
}

func (s *site) address() string { return s.cluster.DSN("roundtable") }

// serve runs a server, at the port that it always has.
func (s *site) serve(t *testing.T, i int) {
	t.Helper()
	cmd := exec.Command(s.program, "serve", "--db", s.address(), "--listen", fmt.Sprintf("127.0.0.1:%d", s.ports[i]), "--rate-limit", "0")
	cmd.Dir = s.cluster.Folder()
	server, err := node.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	s.servers[i] = server
}

func (s *site) urls() []string {
	var urls []string
	for _, port := range s.ports {
		urls = append(urls, fmt.Sprintf("http://127.0.0.1:%d", port))
	}
	return urls
}

// explain shows what everybody printed.
func (s *site) explain(t *testing.T) {
	t.Helper()
	for i, server := range s.servers {
		text := server.Stderr.String()
		t.Logf("server %d: %s", i, text[max(0, len(text)-4000):])
	}
	for i := range nodes {
		name := fmt.Sprintf("n%d", i+1)
		t.Logf("%s: %s", name, s.cluster.Printed(name))
	}
}
