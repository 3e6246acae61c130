package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/demo"
)

// needed are the permissions that a restricted key needs for a route, by the beginning of
// its method and path; of several that fit, the last. A GET reads, all else edits.
var needed = []struct{ begins, permissions string }{
	{"GET /v2/user", "user_read"},
	{"POST /v2/user", "user_edit"},
	{"DELETE /v2/user", "user_edit"},
	{"GET /v2/user/{user_id}/businesses", "user_read business_read"},
	{"GET /v2/user/{user_id}/access", "user_read business_read"},
	{"POST /v2/user/{user_id}/history/{event_id}/revert", "user_read user_edit"},
	{"GET /v2/connection", "user_read"},
	{"POST /v2/connection", "user_edit"},
	{"POST /v2/handover", "user_read"},
	{"GET /v2/business", "business_read"},
	{"POST /v2/business", "business_edit"},
	{"DELETE /v2/business", "business_edit"},
	{"GET /v2/business/{business_id}/users", "user_read business_read"},
	{"GET /v2/reviews", "business_read"},
	{"POST /v2/reviews", "business_edit"},
	{"GET /v2/reviews/{review_id}/notices", "user_read business_read"},
	{"GET /v2/api_keys", "api_key_read"},
	{"POST /v2/api_keys", "api_key_edit"},
	{"PUT /v2/api_keys", "api_key_edit"},
	{"GET /v2/permissions", ""},
	{"GET /v2/org", "org_read"},
	{"POST /v2/org", "org_edit"},
	{"PUT /v2/org", "org_edit"},
	{"DELETE /v2/org", "org_edit"},
	{"PUT /v2/org", "org_edit"},
	{"GET /v2/sections", "group_read"},
	{"POST /v2/sections", "group_edit"},
	{"DELETE /v2/sections", "group_edit"},
	{"GET /v2/groups", "group_read"},
	{"POST /v2/groups", "group_edit"},
	{"PUT /v2/groups", "group_edit"},
	{"DELETE /v2/groups", "group_edit"},
}

func neededFor(t *testing.T, route api.Route) []string {
	t.Helper()
	for _, n := range slices.Backward(needed) {
		if strings.HasPrefix(route.Method+" "+route.Path, n.begins) {
			return strings.Fields(n.permissions)
		}
	}
	t.Errorf("%s %s: nobody has said which permissions it needs", route.Method, route.Path)
	return nil
}

// without plants a key with all permissions but one.
func (c *company) without(t *testing.T, owner, permission string) (key string) {
	t.Helper()
	rest := slices.DeleteFunc(roundtable.Permissions(), func(p string) bool { return p == permission })
	key = fmt.Sprintf("rt_%s_without_%s", owner, permission)
	c.plantKey(t, key, demo.User(owner), `{"permissions": `+encodeJSON(rest)+`}`)
	return key
}

// TestEveryRouteAsksForItsPermissions walks the route table with restricted keys: without
// one of the permissions that a route needs a key is refused and changes nothing; with
// those alone it is not refused for want of one.
func TestEveryRouteAsksForItsPermissions(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	lacking := make(map[string]string)
	for _, permission := range roundtable.Permissions() {
		lacking[permission] = c.without(t, "701", permission)
	}
	const review = `{"id": "r1", "business_id": "5409c35a97bbc544d8e26701", "rating": 1, "published_at": 1}`
	if got := c.send(t, call("POST", "/v2/reviews", "demo-provider", review)); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	before := c.dump(t)
	each := func(do func(route api.Route, path, body string, needs []string)) {
		for _, route := range api.Routes() {
			path := strings.NewReplacer("{user_id}", demo.User("737"), "{business_id}", demo.Business("701"), "{section_id}", "1", "{group_id}", "1",
				"{event_id}", "2", "{api_key_id}", "1", "{org_id}", "124", "{review_id}", "r1").Replace(route.Path)
			body := "{}"
			if route.Method == "GET" {
				body = ""
			}
			if !route.Public {
				do(route, path, body, neededFor(t, route))
			}
		}
	}
	each(func(route api.Route, path, body string, needs []string) {
		for _, permission := range needs {
			wantError(t, c.send(t, call(route.Method, path, lacking[permission], body)), 403, nil)
		}
	})
	if changed := before.changes(c.dump(t)); len(changed) > 0 {
		t.Errorf("refused calls changed rows: %v", changed)
	}
	each(func(route api.Route, path, body string, needs []string) {
		if strings.HasPrefix(route.Path, "/v2/org/{org_id}/sso") && route.Method != "GET" {
			return // whoever decides how people come in can become them: no restricted key may
		}
		key := fmt.Sprint("rt_", route.Method, path)
		c.plantKey(t, key, demo.User("701"), `{"permissions": `+encodeJSON(append([]string{}, needs...))+`}`)
		got := c.send(t, call(route.Method, path, key, body))
		narrow := strings.Contains(string(got.body), "narrower than its owner") // which is no want of a permission
		if got.status == 401 || !narrow && strings.Contains(string(got.body), string(roundtable.CodeForbidden)) {
			t.Errorf("%s %s with %q: %d %s", route.Method, path, needs, got.status, got.body)
		}
	})
}
