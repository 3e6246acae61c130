package patroni

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

const (
	owner = "roundtable" // the role that owns everything
	// every is how often something is asked again.
	every = 50 * time.Millisecond
	// glance is how long one node is given to tell about all.
	glance = 2 * time.Second
)

// ErrMissing says what to install.
var ErrMissing = errors.New("patroni or etcd is missing: install Debian's packages patroni, etcd-server, python3-etcd and python3-psycopg2")

// Options say how large a cluster is and how soon it elects.
type Options struct {
	Nodes int // 3 if zero
	// TTL is how long a primary that fell silent stays the primary; 20 s if zero. A
	// second is added to it now and then.
	TTL time.Duration
}

// Cluster is a running cluster of nodes n1, n2 and so on.
type Cluster struct {
	folder   *pgtest.Folder
	programs string
	etcd     int    // its port
	dialect  string // in which the nodes speak to it
	nodes    []*node
	password string
	ttl      time.Duration
}

// node is one server with the agent that looks after it.
type node struct {
	name          string
	port, apiPort int
	agent         *exec.Cmd
}

// Start makes a cluster and waits until it has a primary, a synchronous standby,
// and the other standbys. Stop it.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Nodes == 0 {
		o.Nodes = 3
	}
	if o.TTL == 0 {
		o.TTL = 20 * time.Second
	}
	dialect, err := etcdDialect()
	if err != nil {
		return nil, err
	}
	programs, err := pgtest.Programs()
	if err != nil {
		return nil, err
	}
	folder, err := pgtest.NewFolder()
	if err != nil {
		return nil, err
	}
	c := &Cluster{folder: folder, programs: programs, dialect: dialect, password: rand.Text(), ttl: o.TTL}
	if err := c.start(ctx, o.Nodes); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, nodes int) error {
	if err := c.startEtcd(); err != nil {
		return err
	}
	for i := range nodes {
		n := &node{name: fmt.Sprintf("n%d", i+1)}
		c.nodes = append(c.nodes, n)
		if err := c.add(n); err != nil {
			return err
		}
		if err := c.StartNode(n.name); err != nil {
			return err
		}
	}
	return c.Await(ctx, "all nodes", Whole(nodes))
}

// etcdDialect is "etcd3", the present API, or "etcd" for the versions of Patroni in
// which a primary that slept takes the lock from its successor through that API (before
// 3.0.3: https://github.com/patroni/patroni/pull/2689).
func etcdDialect() (string, error) {
	if _, err := exec.LookPath("etcd"); err != nil {
		return "", ErrMissing
	}
	version, err := exec.Command("patroni", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMissing, err)
	}
	var major, minor, patch int
	if _, err := fmt.Sscanf(string(version), "patroni %d.%d.%d", &major, &minor, &patch); err != nil {
		return "", fmt.Errorf("patroni --version says %q: %w", version, err)
	}
	if major < 3 || major == 3 && minor == 0 && patch < 3 {
		return "etcd", nil
	}
	return "etcd3", nil
}

func (c *Cluster) startEtcd() error {
	client, err := pgtest.FreePort()
	if err != nil {
		return err
	}
	peer, err := pgtest.FreePort()
	if err != nil {
		return err
	}
	c.etcd = client
	if err := c.folder.Make("etcd"); err != nil {
		return err
	}
	clients, peers := fmt.Sprintf("http://127.0.0.1:%d", client), fmt.Sprintf("http://127.0.0.1:%d", peer)
	args := []string{
		"--data-dir", "data", "--listen-client-urls", clients, "--advertise-client-urls", clients, "--listen-peer-urls", peers,
		"--initial-advertise-peer-urls", peers, "--initial-cluster", "default=" + peers, "--unsafe-no-fsync",
	}
	if c.dialect == "etcd" {
		args = append(args, "--enable-v2")
	}
	etcd, err := c.folder.Command("etcd", "etcd", args...)
	if err != nil {
		return err
	}
	return etcd.Start()
}

// StartNode starts the agent of a node, which starts its server when it is time.
func (c *Cluster) StartNode(name string) error {
	agent, err := c.folder.Command(name, "patroni", "config.yml")
	if err != nil {
		return err
	}
	c.node(name).agent = agent
	return agent.Start()
}

// Kill ends the agent of a node, its server and all that belongs to it with -9.
func (c *Cluster) Kill(name string) {
	agent := c.node(name).agent
	_ = agent.Process.Kill() // first, so that it starts nothing again
	_ = agent.Wait()
	c.folder.Kill(name)
}

// KillServer ends the server of a node with -9, and leaves its agent.
func (c *Cluster) KillServer(name string) { c.folder.Kill(name + "/data") }

// Freeze stops the agent of a node and all of its server, in the middle of what they do.
func (c *Cluster) Freeze(name string) { c.folder.Signal(name, syscall.SIGSTOP) }

// Thaw has a frozen node go on, as if no time had passed.
func (c *Cluster) Thaw(name string) { c.folder.Signal(name, syscall.SIGCONT) }

// Folder is where everything is. Processes that work in it end with the test's.
func (c *Cluster) Folder() string { return c.folder.Path }

// Stop ends everything and removes the folder.
func (c *Cluster) Stop() error { return c.folder.Remove() }

func (c *Cluster) node(name string) *node {
	for _, n := range c.nodes {
		if n.name == name {
			return n
		}
	}
	return nil
}

// DSN is the address of a database wherever the primary is.
func (c *Cluster) DSN(database string) string {
	var hosts []string
	for _, n := range c.nodes {
		hosts = append(hosts, fmt.Sprintf("127.0.0.1:%d", n.port))
	}
	return c.address(database, strings.Join(hosts, ","), "sslmode=disable&target_session_attrs=read-write&connect_timeout=2")
}

// NodeDSN is the address of a database on one node.
func (c *Cluster) NodeDSN(name, database string) string {
	return c.address(database, fmt.Sprintf("127.0.0.1:%d", c.node(name).port), "sslmode=disable")
}

func (c *Cluster) address(database, hosts, settings string) string {
	address := url.URL{Scheme: "postgres", User: url.UserPassword(owner, c.password), Host: hosts, Path: database, RawQuery: settings}
	return address.String()
}

// Create makes a database, and returns once all nodes know of it.
func (c *Cluster) Create(ctx context.Context, database string) error {
	if _, err := pgtest.SQL(ctx, c.DSN("postgres"), "CREATE DATABASE "+database); err != nil {
		return err
	}
	again := time.NewTicker(every)
	defer again.Stop()
	for _, n := range c.nodes {
		for {
			_, err := pgtest.SQL(ctx, c.NodeDSN(n.name, database), "SELECT 1")
			if err == nil {
				break
			}
			select {
			case <-again.C:
			case <-ctx.Done():
				return err
			}
		}
	}
	return nil
}

// Printed is the end of what the agent of a node printed, for a test that failed.
func (c *Cluster) Printed(name string) string { return c.folder.Printed(name, "patroni") }
