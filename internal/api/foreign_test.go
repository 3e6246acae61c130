package api_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/demo"
)

// foreign are ids of another provider, of another organisation, and ids of the same form
// that nothing has.
var foreign = []struct{ kind, rome, carmelide, none string }{
	{"{user_id}", demo.User("731"), demo.User("721"), demo.User("799")},
	{"{business_id}", demo.Business("731"), demo.Business("721"), demo.Business("799")},
	{"{section_id}", "4", "3", "77777"},
	{"{group_id}", "6", "5", "66666"},
	{"{org_id}", "200", "124", "99999"},
	{"{api_key_id}", "9", "8", "88888"},
	{"{event_id}", "2", "2", "2"},
	{"{code}", "L31", "L21", "L99"},
}

// bodiesWithIDs name what the placeholders stand for where a request may name it.
var bodiesWithIDs = []string{
	`{}`,
	`{"org_id": {org_id}, "name": "New"}`,
	`{"org_id": {org_id}, "name": "New", "country": "FR", "city": "Paris", "zipcode": "1", "categories": ["x"], "code": "{code}", "groups": [{group_id}]}`,
	`{"groups": [{group_id}]}`,
	`{"org_id": {org_id}}`,
	`{"role": "GROUP_MANAGER", "accesses": [[{group_id}]]}`,
	`{"role": "BUSINESS_MANAGER", "business_ids": ["{business_id}"]}`,
	`{"email": "n@kaamelott.com", "first_name": "N", "last_name": "N", "role": "BUSINESS_MANAGER", "org_id": {org_id}, "business_ids": ["{business_id}"]}`,
	`{"email": "n@kaamelott.com", "first_name": "N", "last_name": "N", "role": "GROUP_MANAGER", "accesses": [[{group_id}]]}`,
	`{"name": "New", "business__in": ["{business_id}"]}`,
	`{"business_ids": ["{business_id}"]}`,
	`{"business__in": ["{business_id}"]}`,
	`{"business_query": "shop", "business_org_id": {org_id}}`,
	`{"force": true}`,
	`{"plans": []}`,
}

// queriesWithIDs narrow lists to what is another provider's.
var queriesWithIDs = []string{
	"", "?org_id={org_id}", "?business__in={business_id}", "?groups={group_id}", "?business_id={business_id}", "?actor={user_id}",
	"?codes={code}", "?code={code}", "?business_id=c-{code}", "?name__contains=e&org_id={org_id}",
}

// told is what an answer says of the request itself.
var told = regexp.MustCompile(`"request_id":"[^"]*"|Group \d+`)

// TestWhatIsForeignIsNotThere sends whatever names something foreign a second time with
// ids that nothing has: no status, no word and no count tells them apart, for any role,
// on any route.
func TestWhatIsForeignIsNotThere(t *testing.T) {
	t.Parallel()
	var rome, carmelide, none []string
	for _, ids := range foreign {
		rome, carmelide, none = append(rome, ids.kind, ids.rome), append(carmelide, ids.kind, ids.carmelide), append(none, ids.kind, ids.none)
	}
	c := newCompany(t)
	for _, key := range []string{"demo-provider", "demo-org-admin", "demo-org-manager", "demo-group-manager", "demo-business-manager", "demo-publisher"} {
		for _, route := range api.Routes() {
			if route.Public {
				continue
			}
			for _, pattern := range patternsOf(route) {
				c.wantAlike(t, route, key, pattern, rome, none)
				if key != "demo-provider" {
					c.wantAlike(t, route, key, pattern, carmelide, none)
				}
			}
		}
	}
}

// pattern is a request with placeholders for what is foreign.
type pattern struct{ target, body string }

// patternsOf names what is foreign in the path, and in body or query alone, where nothing
// is done without it.
func patternsOf(route api.Route) (patterns []pattern) {
	own := strings.NewReplacer("{user_id}", demo.User("737"), "{business_id}", demo.Business("701"), "{section_id}", "1", "{group_id}", "1",
		"{org_id}", "123", "{api_key_id}", "1", "{event_id}", "2").Replace(route.Path)
	for _, path := range []string{route.Path, own} {
		if path == own && route.NoBody {
			continue
		}
		if route.Method == "GET" {
			for _, query := range queriesWithIDs {
				patterns = append(patterns, pattern{path + query, ""})
			}
			continue
		}
		for _, body := range bodiesWithIDs {
			if strings.Contains(path+body, "_id}") {
				patterns = append(patterns, pattern{path, body})
			}
		}
	}
	return patterns
}

// wantAlike wants the same answer to a request with ids of theirs and with ids of nothing.
func (c *company) wantAlike(t *testing.T, route api.Route, key string, p pattern, theirs, none []string) {
	t.Helper()
	send := func(ids []string) (status int, text string) {
		with, back := strings.NewReplacer(ids...), []string(nil)
		for i := 0; i < len(ids); i += 2 {
			if len(ids[i+1]) > len("L31") {
				back = append(back, ids[i+1], ids[i])
			}
		}
		got := c.sendUnchecked(t, place{}, call(route.Method, with.Replace(p.target), key, with.Replace(p.body)))
		return got.status, strings.NewReplacer(back...).Replace(told.ReplaceAllString(string(got.body), ""))
	}
	status, text := send(theirs)
	statusOfNone, textOfNone := send(none)
	made := status == 200 && statusOfNone == 200 && route.Method != "GET"  // the ids were ignored, and something new is named
	again := status == 200 && strings.Contains(textOfNone, `"name_taken"`) // made the first time, as the ids were ignored
	if !again && (status != statusOfNone || text != textOfNone && !made) {
		t.Errorf("%s %s %s by %s: of %s %d %s\nof nothing %d %s", route.Method, p.target, p.body, key, theirs[1], status, text, statusOfNone, textOfNone)
	}
}
