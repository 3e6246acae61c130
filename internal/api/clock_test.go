package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/apitest"
)

// Steps of the clock, in seconds: back, forwards, and home again.
const (
	hour = 60 * 60
	year = 365 * 24 * hour
)

// TestClockSteps sets the clock while the directory is used. What is counted from
// versions does not care; what is counted in time may end early, never lock somebody out
// for longer than it says, and is right again with the clock.
func TestClockSteps(t *testing.T) {
	t.Parallel()
	c := newLimitedCompany(t, 1000)
	ids, change := map[string]bool{}, 1
	for i, step := range []int64{0, -hour, -year, year, 2 * hour, year, -year, -hour} {
		c.now.Add(step)
		what := fmt.Sprintf("step %d, %+d seconds", i, step)

		// Versions, tags and the order of events are the same as ever.
		before := c.send(t, call("GET", perceval, "demo-org-admin", ""))
		update := call("POST", perceval, "demo-org-admin", fmt.Sprintf(`{"phone": "%d"}`, i))
		update.Header.Set("If-Match", before.header.Get("ETag"))
		if got := c.send(t, update); got.status != http.StatusOK {
			t.Fatalf("%s: %d %s", what, got.status, got.body)
		}
		change++
		var history struct {
			History []struct {
				ID        int
				CreatedAt float64 `json:"created_at"`
			}
		}
		c.read(t, perceval+"/history?per_page=100", &history)
		for n, event := range history.History {
			if event.ID != change-n {
				t.Errorf("%s: event %d stands where %d should", what, event.ID, change-n)
			}
		}

		// Ids are new ones, whatever second it is said to be.
		made := c.send(t, call("POST", "/v2/user", "demo-org-admin",
			fmt.Sprintf(`{"email": "u%d@kaamelott.com", "first_name": "A", "last_name": "B", "role": "ORG_MANAGER"}`, i)))
		var user struct{ ID string }
		if err := json.Unmarshal(made.body, &user); err != nil || made.status != http.StatusOK || ids[user.ID] {
			t.Errorf("%s: made %q, %d %s", what, user.ID, made.status, made.body)
		}
		ids[user.ID] = true

		// An answer that was just given is given again.
		body := fmt.Sprintf(`{"phone": "again %d"}`, i)
		first := c.again(t, "POST", perceval, "demo-org-admin", fmt.Sprint("key ", i), body)
		second := c.again(t, "POST", perceval, "demo-org-admin", fmt.Sprint("key ", i), body)
		if first.status != 200 || replayed(first) || !replayed(second) {
			t.Errorf("%s: answered %d, then %d, replayed %v", what, first.status, second.status, replayed(second))
		}
		change++

		if ready := c.send(t, call("GET", "/health/ready", "", "")); ready.status != http.StatusOK {
			t.Errorf("%s: ready answers %d", what, ready.status)
		}
	}
}

// read gets an answer as ORG_ADMIN.
func (c *company) read(t *testing.T, target string, into any) {
	t.Helper()
	got := c.send(t, call("GET", target, "demo-org-admin", ""))
	if err := json.Unmarshal(got.body, into); err != nil || got.status != http.StatusOK {
		t.Fatalf("%s: %d %s", target, got.status, got.body)
	}
}

// TestClockStepsAndLimits: a clock that is set back opens a new window, and nobody is
// ever told to wait for longer than one.
func TestClockStepsAndLimits(t *testing.T) {
	t.Parallel()
	c := newLimitedCompany(t, 1)
	ask := func() answer {
		return c.sendUnchecked(t, place{}, apitest.Call{Method: "GET", Target: "/v2/user/me", Header: http.Header{"X-Apikey": {"demo-org-admin"}}})
	}
	for _, step := range []int64{0, -year, year, -1, 2 * year} {
		c.now.Add(step)
		if got := ask(); got.status != http.StatusOK {
			t.Errorf("after %+d seconds: %d", step, got.status)
		}
		if got := ask(); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "60" {
			t.Errorf("after %+d seconds and one more: %d, Retry-After %s", step, got.status, got.header.Get("Retry-After"))
		}
	}
}

// TestClockStepsAndExpiry: a key that expires is refused exactly while the clock says so.
func TestClockStepsAndExpiry(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	var key struct {
		APIKey string `json:"api_key"`
	}
	made := c.send(t, call("POST", "/v2/api_keys", "demo-org-manager", `{"label": "short", "expiration_date": "2026-03-02"}`))
	if err := json.Unmarshal(made.body, &key); err != nil || made.status != http.StatusOK {
		t.Fatalf("%d %s", made.status, made.body)
	}
	for _, step := range []struct {
		by   int64
		want int
	}{{0, 200}, {12 * hour, 401}, {-1, 200}, {year, 401}, {-2 * year, 200}, {year, 200}, {1, 401}} {
		c.now.Add(step.by)
		if got := c.send(t, call("GET", "/v2/user/me", key.APIKey, "")); got.status != step.want {
			t.Errorf("after %+d seconds: %d, want %d", step.by, got.status, step.want)
		}
	}
}
