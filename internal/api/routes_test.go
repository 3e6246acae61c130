package api_test

import (
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/demo"
)

// badKeys are the keys that answer 401, by what the log says of each.
var badKeys = []struct {
	reason, key string
	owner       string // of a key to plant
	options     string
	at          place
}{
	{reason: "no key"},
	{reason: "unknown key", key: "rt_wrong"},
	{reason: "revoked key", key: "rt_revoked", owner: "702", options: `{"revoked": true}`},
	{reason: "expired key", key: "rt_expired", owner: "702", options: `{"expires": "2026-02-28"}`},
	{reason: "owner disabled", key: "rt_disabled", owner: "710", options: "{}"},
	{reason: "owner invited", key: "rt_invited", owner: "709", options: "{}"},
	{reason: "address not on the key's list", key: "rt_elsewhere", owner: "702", options: `{"addresses": ["203.0.113.7"]}`},
	{reason: "demo key, and the server listens beyond loopback", key: "demo-provider", at: place{listen: "192.0.2.1"}},
}

// TestEveryRouteAsksForAKey walks the route table: the same 401 for every key that
// is not good, while the log says why and never names the key.
func TestEveryRouteAsksForAKey(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for _, bad := range badKeys {
		if bad.owner != "" {
			c.plantKey(t, bad.key, demo.User(bad.owner), bad.options)
		}
	}
	before := c.dump(t)
	for _, route := range api.Routes() {
		path := strings.NewReplacer("{user_id}", demo.User("737"), "{business_id}", demo.Business("01"), "{section_id}", "1", "{group_id}", "1",
			"{event_id}", "2", "{api_key_id}", "5", "{asset}", "start.js").Replace(route.Path)
		if route.Public {
			if got := c.send(t, call(route.Method, path, "", "")); got.status != 200 {
				t.Errorf("%s %s without a key: %d", route.Method, path, got.status)
			}
			continue
		}
		for _, bad := range badKeys {
			logged := len(c.log.String())
			got := c.sendTo(t, bad.at, call(route.Method, path, bad.key, `{"phone": "1"}`))
			wantError(t, got, 401, nil)
			id := got.header.Get("X-Request-Id")
			want := `{"errors":{"authentication":"User not authenticated"},"details":[{"field":"","code":"unauthenticated","message":"User not authenticated"}],"request_id":"` + id + `"}`
			if string(got.body) != want {
				t.Errorf("%s %s, %s: %s\nwant %s", route.Method, path, bad.reason, got.body, want)
			}
			text := c.log.String()[logged:]
			if !strings.Contains(text, `"reason":"`+bad.reason+`"`) || !strings.Contains(text, id) {
				t.Errorf("%s %s: the log does not say %q of %s: %s", route.Method, path, bad.reason, id, text)
			}
			if bad.key != "" && strings.Contains(text, bad.key) {
				t.Errorf("the log holds the key %s", bad.key)
			}
		}
	}
	if changed := before.changes(c.dump(t)); len(changed) > 0 {
		t.Errorf("refused calls changed rows: %v", changed)
	}
}
