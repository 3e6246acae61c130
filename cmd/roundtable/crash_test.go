package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

const (
	crashUsers       = 320
	crashShops       = 60
	crashConnections = 32
	crashKey         = "the key of the crash test"
)

// crashRun is a directory that is killed again and again under load. Every user has
// a counter, its phone, which one connection only ever raises by one; with every
// second step it gets another list of businesses. So what is stored tells how many
// of its updates took place.
type crashRun struct {
	program     string
	db          db.Options
	client      *http.Client
	sent, acked [crashUsers]int
}

// TestKilledUnderLoad kills the real program with -9 while 32 connections update:
// nothing that was acknowledged is lost, nothing is half there.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	run := &crashRun{
		program: buildProgram(t), db: dbtest.Empty(t),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: crashConnections}},
	}
	run.plant(t)
	rounds := []int{8_000, 2_000, 5_000} // acknowledged updates before the kill
	if testing.Short() {
		rounds = rounds[:1]
	}
	p := run.serve(t)
	for _, acknowledged := range rounds {
		run.load(t, p, acknowledged)
		p = run.serve(t)
		run.check(t, p.url)
		if t.Failed() {
			return
		}
	}
	if err := p.signal(syscall.SIGINT); err != nil {
		t.Errorf("the server ended with %v\n%s", err, p.stderr)
	}
	run.checkRows(t)
}

// buildProgram builds the program as it is shipped: without the race detector.
func buildProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "roundtable")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return program
}

func crashUser(n int) string { return fmt.Sprintf("%024x", n+1) }

// crashList is the list of businesses that goes with a counter.
func crashList(counter int) []string {
	ids := []string{}
	for i := range counter % 13 {
		ids = append(ids, fmt.Sprintf("b%023x", (counter+i*i)%crashShops))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (c *crashRun) plant(t *testing.T) {
	t.Helper()
	seed := directory.Seed{
		Providers: []directory.SeedProvider{{ID: 1, Label: "provider"}},
		Orgs:      []directory.SeedOrg{{ID: 1, ProviderID: 1, Name: "Org", Alias: "org"}},
	}
	for n := range crashShops {
		seed.Businesses = append(seed.Businesses, directory.SeedBusiness{
			Business: roundtable.Business{ID: fmt.Sprintf("b%023x", n), OrgID: 1}, Code: fmt.Sprint(n), Name: "Shop",
		})
	}
	for n := range crashUsers + 1 {
		user := roundtable.User{
			ID: crashUser(n), OrgID: 1, FirstName: "First", LastName: "Last", Email: fmt.Sprintf("u%d@example.com", n),
			Lang: "en", Role: roundtable.BusinessManager, Status: roundtable.Active,
		}
		if n == crashUsers {
			user.Role = roundtable.OrgAdmin
		}
		seed.Users = append(seed.Users, directory.SeedUser{User: user})
	}
	seed.Keys = []directory.SeedKey{{APIKey: roundtable.APIKey{UserID: crashUser(crashUsers)}, Hash: secret.HashAPIKey(crashKey)}}
	database := c.open(t)
	if err := database.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := directory.Plant(t.Context(), database, seed, 0); err != nil {
		t.Fatal(err)
	}
	if err := database.Close(); err != nil {
		t.Fatal(err)
	}
}

func (c *crashRun) open(t *testing.T) *db.DB {
	t.Helper()
	database, err := db.Open(t.Context(), c.db)
	if err != nil {
		t.Fatal(err)
	}
	return database
}

func (c *crashRun) serve(t *testing.T) *process {
	t.Helper()
	p, err := start(exec.Command(c.program, "serve", "--db", c.db.Address+c.db.Path, "--listen", "127.0.0.1:0", "--rate-limit", "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

// load updates until so many updates are acknowledged, kills the server, and
// returns when every connection has noticed.
func (c *crashRun) load(t *testing.T, p *process, acknowledged int) {
	t.Helper()
	var connections sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(acknowledged))
	enough := make(chan struct{})
	for first := range crashConnections {
		connections.Go(func() {
			for user := first; c.step(t, p.url, user); user = (user + crashConnections) % crashUsers {
				if left.Add(-1) == 0 {
					close(enough)
				}
			}
		})
	}
	all := make(chan struct{})
	go func() {
		connections.Wait()
		close(all)
	}()
	select {
	case <-enough:
	case <-all:
		t.Fatalf("the load ended by itself\n%s", p.stderr)
	}
	if err := p.signal(syscall.SIGKILL); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the server ended with %v", err)
	}
	<-all
}

// step raises the counter of a user. It reports false once the server is gone.
func (c *crashRun) step(t *testing.T, url string, user int) bool {
	counter := c.acked[user] + 1
	body := fmt.Sprintf(`{"phone": "%d"}`, counter)
	if counter%2 == 0 {
		list, _ := json.Marshal(crashList(counter))
		body = fmt.Sprintf(`{"phone": "%d", "business_ids": %s}`, counter, list)
	}
	c.sent[user] = counter
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	status, answer, err := send(ctx, c.client, http.MethodPost, url+"/v2/user/"+crashUser(user), header(), body)
	switch {
	case err != nil:
		return false
	case status != http.StatusOK:
		t.Errorf("answered %d %s", status, answer)
		return false
	}
	c.acked[user] = counter
	return true
}

func header() map[string]string {
	return map[string]string{"x-APIKey": crashKey, "Content-Type": "application/json"}
}

// check reads every user from the server that came up again, and goes on from what
// it finds.
func (c *crashRun) check(t *testing.T, url string) {
	t.Helper()
	read := func(path string, into any) {
		status, answer, err := send(t.Context(), c.client, http.MethodGet, url+path, header(), "")
		if err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %s %v", path, status, answer, err)
		}
		if err := json.Unmarshal([]byte(answer), into); err != nil {
			t.Fatal(err)
		}
	}
	unheard := 0
	for n := range crashUsers {
		var user struct {
			Phone       *string
			BusinessIDs []string `json:"business_ids"`
		}
		read("/v2/user/"+crashUser(n), &user)
		counter := 0
		if user.Phone != nil {
			fmt.Sscan(*user.Phone, &counter)
		}
		if counter < c.acked[n] || counter > c.sent[n] {
			t.Errorf("user %d has %d; %d was acknowledged and %d sent", n, counter, c.acked[n], c.sent[n])
		}
		if want := crashList(counter - counter%2); !slices.Equal(user.BusinessIDs, want) {
			t.Errorf("user %d has %d and the list %q, want %q", n, counter, user.BusinessIDs, want)
		}
		var history struct {
			Count   int
			History []struct {
				ID      int
				Changes []struct {
					Field string
					After any
				}
			}
		}
		read("/v2/user/"+crashUser(n)+"/history?per_page=1", &history)
		if history.Count != counter || len(history.History) != min(counter, 1) {
			t.Errorf("user %d has %d and %d events", n, counter, history.Count)
		}
		for _, event := range history.History {
			last := event.Changes[len(event.Changes)-1]
			if event.ID != counter+1 || last.Field != "phone" || last.After != fmt.Sprint(counter) {
				t.Errorf("user %d has %d and the last event %+v", n, counter, event)
			}
		}
		unheard += counter - c.acked[n]
		c.acked[n] = counter
	}
	t.Logf("%d updates took place of which nobody heard", unheard)
}

// checkRows looks at the database itself.
func (c *crashRun) checkRows(t *testing.T) {
	t.Helper()
	database := c.open(t)
	defer database.Close()
	checks := map[string]string{
		"events": "SELECT u.id FROM users u LEFT JOIN (SELECT user_id, count(*) AS n, count(DISTINCT version) AS versions, min(version) AS first, max(version) AS last" +
			" FROM events GROUP BY user_id) e ON e.user_id = u.id WHERE u.version - 1 <> coalesce(n, 0) OR n > 0 AND (versions <> n OR first <> 2 OR last <> u.version)",
		"chains": "SELECT e.id || '' FROM events e LEFT JOIN events p ON p.id = e.previous_id WHERE e.version - 1 <> coalesce(p.version, 1) OR p.user_id <> e.user_id",
	}
	if database.Engine() == db.SQLite {
		checks["pages"] = "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"
		checks["references"] = "SELECT \"table\" FROM pragma_foreign_key_check"
	}
	for what, text := range checks {
		var wrong []string
		err := database.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Each(text, nil, func(rows *db.Rows) error {
				var row string
				err := rows.Scan(&row)
				wrong = append(wrong, row)
				return err
			})
		})
		if err != nil || len(wrong) > 0 {
			t.Errorf("%s: %q, %v", what, wrong, err)
		}
	}
}
