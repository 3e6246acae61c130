package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/demo"
)

// editors are the keys that administer each demo user, or the user itself where
// no demo key does.
var editors = map[string]string{
	"701": "demo-provider",
	"702": "demo-provider demo-org-admin",
	"703": "demo-provider demo-org-admin",
	"704": "demo-provider demo-org-admin",
	"705": "demo-provider demo-org-admin demo-org-manager",
	"706": "demo-provider",
	"708": "demo-provider demo-org-admin demo-org-manager",
	"709": "demo-provider demo-org-admin demo-org-manager demo-group-manager",
	"710": "demo-provider demo-org-admin demo-org-manager demo-group-manager",
	"721": "demo-provider demo-other-org-admin",
	"731": "demo-rome-admin",
	"737": "demo-provider demo-org-admin demo-org-manager demo-group-manager demo-business-manager",
}

// A client that gets a user, edits one member and posts everything back must work
// (section 1): one change, and the read-only members are named.
func TestGetEditPost(t *testing.T) {
	t.Parallel()
	for _, user := range demoUsers {
		for key := range strings.FieldsSeq(editors[user]) {
			t.Run(user+" by "+key, func(t *testing.T) {
				t.Parallel()
				c := newCompany(t)
				path := "/v2/user/" + demo.User(user)
				c.getEditPost(t, path, "", key, "+33 1")
				c.getEditPost(t, path, "?display_business_ids=false", key, "+33 2")
			})
		}
	}
}

func (c *company) getEditPost(t *testing.T, path, query, key, phone string) {
	t.Helper()
	read := c.send(t, call("GET", path+query, key, ""))
	var members map[string]any
	if err := json.Unmarshal(read.body, &members); err != nil || read.status != 200 {
		t.Fatalf("%d %s", read.status, read.body)
	}
	before := c.dump(t)
	members["phone"] = phone
	body, _ := json.Marshal(members)
	post := call("POST", path, key, string(body))
	post.Header.Set("If-Match", read.header.Get("ETag"))
	got := c.send(t, post)
	header := map[string]string{"Roundtable-Ignored": "id, available_features, group_id, custom_role, provider, created_at, shadow_user_id, reports, permissions"}
	wantAnswer(t, got, 200, header, map[string]any{"id": members["id"], "status": "success"})
	var told []string
	for row, change := range before.changes(c.dump(t)) {
		if strings.HasPrefix(row, "events ") {
			row = "event " + change.after["changes"].(string)
			change.before = nil
		}
		told = append(told, change.tell(row))
	}
	user := "~users " + members["id"].(string) + " last_event_id phone version"
	if len(told) != 2 || told[0] != user && told[1] != user || strings.Count(strings.Join(told, ""), `"field"`) != 1 {
		t.Errorf("rows changed: %q\nwant an event of one change, and %s", told, user)
	}
	again := c.send(t, call("GET", path+query, key, ""))
	var after map[string]any
	if err := json.Unmarshal(again.body, &after); err != nil || encodeJSON(after) != string(body) {
		t.Errorf("%s\nwant\n%s", encodeJSON(after), body)
	}
}
