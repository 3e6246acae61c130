package api_test

import "testing"

// Every change of sections and groups may be sent again with its Idempotency-Key: the
// answer is the same, headers included, and nothing more changes.
func TestGroupChangesAreRetried(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for _, step := range []struct {
		method, target, body string
		status               int
	}{
		{"POST", "/v2/sections", `{"name": "Region"}`, 200},
		{"POST", "/v2/sections", `{"name": "Region", "org_id": "x"}`, 400},
		{"POST", "/v2/sections/1", `{"id": 1, "name": "Pays"}`, 200},
		{"POST", "/v2/sections/5/groups", `{"name": "Bretagne"}`, 200},
		{"POST", "/v2/sections/5/groups", `{"name": "Logres", "business__in": ["nobody"]}`, 400},
		{"POST", "/v2/sections/1/groups/1", `{"business__in": []}`, 200},
		{"POST", "/v2/sections/1/groups/1/businesses", `{"business_ids": ["5409c35a97bbc544d8e26701"]}`, 200},
		{"DELETE", "/v2/sections/1/groups/1/businesses", `{"business_ids": ["5409c35a97bbc544d8e26701"]}`, 200},
		{"DELETE", "/v2/sections/1/groups/1", `{}`, 200},
		{"DELETE", "/v2/sections/2", `{}`, 200},
		{"POST", "/v2/groups", `{"name": "Store"}`, 200},
		{"PUT", "/v2/groups/4", `{"name": "Ecosse", "provider": "?"}`, 200},
		{"PUT", "/v2/groups/4/businesses", `{"business_query": "shop"}`, 200},
		{"PUT", "/v2/groups/4/businesses", `{"business_query": "no such shop", "business_org_id": 124}`, 400},
		{"DELETE", "/v2/groups/4", `{}`, 200},
	} {
		name := step.method + " " + step.target + " " + step.body
		first := c.again(t, step.method, step.target, "demo-org-admin", name, step.body)
		between := c.dump(t)
		again := c.again(t, step.method, step.target, "demo-org-admin", name, step.body)
		if first.status != step.status || string(first.body) != string(again.body) || replayed(first) || !replayed(again) {
			t.Errorf("%s: answered %d %s, then %d %s", name, first.status, first.body, again.status, again.body)
		}
		for _, header := range []string{"Roundtable-Ignored", "Roundtable-Defaulted"} {
			if first.header.Get(header) != again.header.Get(header) {
				t.Errorf("%s: %s is %q and then %q", name, header, first.header.Get(header), again.header.Get(header))
			}
		}
		if changed := between.changes(c.dump(t)); len(changed) > 0 {
			t.Errorf("%s: sent again, it changed %v", name, changed)
		}
	}
}
