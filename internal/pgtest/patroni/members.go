package patroni

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The roles of a node.
const (
	Primary     = "leader"
	SyncStandby = "sync_standby"
	Replica     = "replica"
)

// Member is a node as the cluster sees it.
type Member struct {
	Name  string
	Role  string
	State string // running or streaming, if all is well
}

// Members asks every node until one tells about all.
func (c *Cluster) Members(ctx context.Context) ([]Member, error) {
	var errs []error
	for _, n := range c.nodes {
		var answer struct{ Members []Member }
		text, err := c.ask(ctx, n, http.MethodGet, "/cluster", nil, glance)
		if err == nil {
			err = json.Unmarshal(text, &answer)
		}
		if err == nil {
			return answer.Members, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func (c *Cluster) ask(ctx context.Context, n *node, method, path string, body any, patience time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, fmt.Sprintf("http://127.0.0.1:%d%s", n.apiPort, path), bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s of %s: %d %s", path, n.name, response.StatusCode, answer)
	}
	return answer, err
}

// Whole is the state in which so many nodes run, and the primary waits for a
// standby at every commit.
func Whole(nodes int) func([]Member) bool {
	return func(members []Member) bool {
		roles := map[string]int{}
		for _, m := range members {
			if m.State == "running" || m.State == "streaming" {
				roles[m.Role]++
			}
		}
		return roles[Primary] == 1 && roles[SyncStandby] > 0 && roles[Primary]+roles[SyncStandby]+roles[Replica] == nodes
	}
}

// Await returns once the nodes are in a state. The error tells what they printed.
func (c *Cluster) Await(ctx context.Context, what string, reached func([]Member) bool) error {
	again := time.NewTicker(every)
	defer again.Stop()
	for {
		members, err := c.Members(ctx)
		if err == nil && reached(members) {
			return nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			err = errors.Join(err, fmt.Errorf("waited for %s, and have %v: %w", what, members, ctx.Err()))
			for _, n := range c.nodes {
				err = fmt.Errorf("%w\n%s: %s", err, n.name, c.Printed(n.name))
			}
			return err
		}
	}
}

// Switchover makes a standby the primary, without a loss of either.
func (c *Cluster) Switchover(ctx context.Context, from, to string) error {
	_, err := c.ask(ctx, c.node(from), http.MethodPost, "/switchover", map[string]string{"leader": from, "candidate": to}, c.ttl+time.Minute)
	return err
}
