package api_test

import (
	"net/http"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/apitest"
)

// The limit comes after the key and before the route, is told in headers, and is each
// organisation's own.
func TestRequestsAreLimited(t *testing.T) {
	t.Parallel()
	c := newLimitedCompany(t, 2)
	for i, want := range []struct {
		path, key  string
		wait       int64
		status     int
		state      string
		retryAfter string
	}{
		{"/v2/user/me", "nobody", 0, 401, "", ""},
		{"/v2/user/me", "demo-org-admin", 0, 200, `"organisation";r=1;t=60`, ""},
		{"/v2/nowhere", "demo-publisher", 10, 404, `"organisation";r=0;t=50`, ""},
		{"/v2/user/me", "demo-org-admin", 10, 429, `"organisation";r=0;t=40`, "40"},
		{"/v2/nowhere", "demo-org-admin", 0, 429, `"organisation";r=0;t=40`, "40"},
		{"/v2/user/me", "demo-rome-admin", 0, 200, `"organisation";r=1;t=60`, ""},
		{"/health/live", "", 0, 200, "", ""},
		{"/v2/user/me", "demo-org-admin", 40, 200, `"organisation";r=1;t=60`, ""},
	} {
		c.now.Add(want.wait)
		got := c.sendUnchecked(t, place{}, apitest.Call{Method: "GET", Target: want.path, Header: http.Header{"X-Apikey": {want.key}}})
		if got.status != want.status || got.header.Get("RateLimit") != want.state || got.header.Get("Retry-After") != want.retryAfter {
			t.Errorf("request %d: %d, RateLimit %q, Retry-After %q", i, got.status, got.header.Get("RateLimit"), got.header.Get("Retry-After"))
		}
		if want.state != "" && got.header.Get("RateLimit-Policy") != `"organisation";q=2;w=60` {
			t.Errorf("request %d: policy %q", i, got.header.Get("RateLimit-Policy"))
		}
	}
	c.exec(t, "UPDATE users SET disabled = TRUE WHERE id = '5309c3a237bbc544d8e26731'")
	c.sendUnchecked(t, place{}, apitest.Call{Method: "GET", Target: "/v2/nowhere", Header: http.Header{"X-Apikey": {"demo-rome-admin"}}})
	over := c.sendUnchecked(t, place{}, apitest.Call{Method: "GET", Target: "/v2/user/me", Header: http.Header{"X-Apikey": {"demo-rome-admin"}}})
	if over.status != 401 {
		t.Errorf("a disabled caller over the limit is answered %d", over.status)
	}
}
