package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// orcanie is an organisation with somebody of every kind, and a key for its ORG_ADMIN.
func orcanie() directory.Seed {
	person := func(digits string, role roundtable.Role) directory.SeedUser {
		return directory.SeedUser{PasswordHash: "hash", User: roundtable.User{
			ID: demo.User(digits), OrgID: 300, FirstName: "Lot", LastName: "d'Orcanie", Email: digits + "@orcanie.com", Lang: "fr",
			Role: role, Status: roundtable.Active, CreatedAt: founded * 1e6,
		}}
	}
	groups, shops := person("752", roundtable.GroupManager), person("753", roundtable.BusinessManager)
	groups.Accesses, shops.BusinessIDs = [][]int64{{30}}, []string{demo.Business("751")}
	return directory.Seed{
		Orgs:       []directory.SeedOrg{{ID: 300, ProviderID: 1, Name: "Orcanie", Alias: "orcanie", SSO: true}},
		Sections:   []directory.SeedSection{{ID: 30, OrgID: 300, Name: "Country"}},
		Groups:     []directory.SeedGroup{{ID: 30, OrgID: 300, SectionID: 30, Name: "Lothian"}},
		Businesses: []directory.SeedBusiness{{Business: roundtable.Business{ID: demo.Business("751"), OrgID: 300, GroupIDs: []int64{30}}, Code: "O1", Name: "Fort"}},
		Users:      []directory.SeedUser{person("751", roundtable.OrgAdmin), groups, shops, person("754", roundtable.Publisher), person("755", roundtable.OrgManager)},
		Keys:       []directory.SeedKey{{APIKey: roundtable.APIKey{UserID: demo.User("751")}, Hash: secret.HashAPIKey("rt_orcanie"), Label: "orcanie"}},
	}
}

// TestDeletedOrgLeavesNothing deletes an organisation that has a row in every table,
// and wants the database as it was before, but for somebody who has moved away with
// all its history.
func TestDeletedOrgLeavesNothing(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	before := c.dump(t)
	if err := directory.Plant(t.Context(), c.db, orcanie(), founded*1e6); err != nil {
		t.Fatal(err)
	}
	for _, user := range []string{"751", "752", "754"} {
		c.setUp(t, step{verb: "plant", argument: user})
	}
	ok := func(got answer) {
		t.Helper()
		if got.status != 200 {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	for _, user := range []string{"751", "752", "753", "754", "755"} {
		ok(c.send(t, call("POST", "/v2/user/"+demo.User(user), "demo-provider", `{"phone": "1"}`)))
		ok(c.send(t, call("POST", "/v2/user/"+demo.User(user), "demo-provider", `{"phone": "2"}`)))
	}
	c.exec(t, "UPDATE users SET receive_reviews_email_notifications = TRUE WHERE org_id = 300")
	ok(c.send(t, call("POST", "/v2/reviews", "rt_orcanie", `{"id": "r", "business_id": "`+demo.Business("751")+`", "rating": 1, "published_at": 1}`)))
	ok(c.again(t, "POST", "/v2/user/"+demo.User("753"), "rt_orcanie", "once", `{"phone": "3"}`))
	ok(c.send(t, call("POST", "/v2/user/"+demo.User("755"), "demo-provider", `{"org_id": 124}`)))
	c.exec(t, "INSERT INTO deleted_users (id, org_id, role, version, last_event_id, deleted_at)"+
		" SELECT id, org_id, role, version, last_event_id, 1 FROM users WHERE id = $1", demo.User("754"))
	for _, table := range []string{"passwords", "sessions", "connection_tokens", "links", "sso_links", "mails", "review_notices"} {
		c.exec(t, "DELETE FROM "+table+" WHERE user_id = $1", demo.User("754"))
	}
	c.exec(t, "DELETE FROM users WHERE id = $1", demo.User("754"))

	populated := c.dump(t)
	touched := map[string]bool{}
	for row := range before.changes(populated) {
		touched[table(row)] = true
	}
	for row := range populated {
		if !touched[table(row)] && table(row) != "providers" {
			touched[table(row)] = true
			t.Errorf("no row of %s belongs to the organisation", table(row))
		}
	}
	ok(c.send(t, call("DELETE", "/v2/org/300?force=true", "demo-provider", "")))
	after := c.dump(t)
	c.checkOrphans(t, after)
	told := map[string]int{}
	for row, change := range before.changes(after) {
		if table(row) == "events" && change.after["user_id"] == "" {
			continue // that something was deleted, for searches
		}
		if change.before != nil || change.after["user_id"] != demo.User("755") && change.after["id"] != demo.User("755") {
			t.Errorf("%s", change.tell(row))
		}
		told[table(row)]++
	}
	if want := map[string]int{"users": 1, "passwords": 1, "events": 3}; !maps.Equal(told, want) {
		t.Errorf("whoever has moved away keeps %v, want %v", told, want)
	}
	history := c.send(t, call("GET", "/v2/user/"+demo.User("755")+"/history", "demo-other-org-admin", ""))
	if !strings.Contains(string(history.body), `"field":"org_id","before":null,"after":124`) {
		t.Errorf("history: %d %s", history.status, history.body)
	}
	for _, key := range []string{"rt_orcanie"} {
		wantError(t, c.send(t, call("GET", "/v2/user/me", key, "")), 401, nil)
	}
	if tables := slices.Sorted(maps.Keys(touched)); len(tables) < 16 {
		t.Errorf("only %q", tables)
	}
}

func table(row string) string {
	name, _, _ := strings.Cut(row, " ")
	return name
}

// TestDeleteOrgOnce: a deletion that is sent again answers as it did, though the
// organisation is gone.
func TestDeleteOrgOnce(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	first := c.again(t, "DELETE", "/v2/org/124", "demo-provider", "once", `{"force": "True"}`)
	again := c.again(t, "DELETE", "/v2/org/124", "demo-provider", "once", `{"force": "True"}`)
	if first.status != 200 || again.status != 200 || string(first.body) != string(again.body) || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%d %s, then %d %s", first.status, first.body, again.status, again.body)
	}
	wantError(t, c.again(t, "DELETE", "/v2/org/124", "demo-provider", "twice", `{"force": "True"}`), 404, nil)
	created := c.again(t, "POST", "/v2/org", "demo-provider", "new", `{"name": "Carmelide"}`)
	repeated := c.again(t, "POST", "/v2/org", "demo-provider", "new", `{"name": "Carmelide"}`)
	if created.status != 200 || string(created.body) != string(repeated.body) {
		t.Errorf("%d %s, then %d %s", created.status, created.body, repeated.status, repeated.body)
	}
	if orgs := c.dump(t).table("orgs"); len(orgs) != 3 {
		t.Errorf("%d organisations", len(orgs))
	}
}
