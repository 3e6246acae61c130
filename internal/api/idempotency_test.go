package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/apitest"
	"github.com/roundtable-directory/roundtable/internal/demo"
)

const (
	joined  = "5309c3a237bbc544d8e26737" // Perceval
	karadoc = "5309c3a237bbc544d8e26708"
)

// again sends a change with an Idempotency-Key.
func (c *company) again(t *testing.T, method, target, key, idempotencyKey, body string, headers ...string) answer {
	t.Helper()
	header := http.Header{"X-Apikey": {key}, "Content-Type": {"application/json"}, "Idempotency-Key": {idempotencyKey}}
	for i := 0; i < len(headers); i += 2 {
		header.Set(headers[i], headers[i+1])
	}
	return c.send(t, apitest.Call{Method: method, Target: target, Header: header, Body: []byte(body)})
}

func version(t *testing.T, c *company, id string) string {
	t.Helper()
	return fmt.Sprint(c.dump(t).row("users " + id)["version"])
}

func replayed(a answer) bool { return a.header.Get("Idempotent-Replayed") == "true" }

func TestIdempotencyKeyReplays(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	const target = "/v2/user/" + joined
	first := c.again(t, "POST", target, "demo-org-admin", "one", `{"phone": "1", "accesses": [[1]]}`)
	again := c.again(t, "POST", target, "demo-org-admin", "one", `{"phone": "1", "accesses": [[1]]}`)
	if first.status != 200 || again.status != 200 || replayed(first) || !replayed(again) {
		t.Fatalf("answered %d and %d, replayed %v", first.status, again.status, replayed(again))
	}
	for _, name := range []string{"Etag", "Roundtable-Ignored", "Content-Type"} {
		if first.header.Get(name) == "" || first.header.Get(name) != again.header.Get(name) {
			t.Errorf("%s is %q and then %q", name, first.header.Get(name), again.header.Get(name))
		}
	}
	if string(first.body) != string(again.body) || version(t, c, joined) != "2" {
		t.Errorf("bodies %s and %s, version %v", first.body, again.body, version(t, c, joined))
	}
	for name, other := range map[string]answer{
		"another body":   c.again(t, "POST", target, "demo-org-admin", "one", `{"phone": "2"}`),
		"another caller": c.again(t, "POST", target, "demo-provider", "one", `{"phone": "3"}`),
		"another key":    c.again(t, "POST", target, "demo-org-admin", "two", `{"phone": "4"}`),
		"another path":   c.again(t, "POST", "/v2/user/"+karadoc, "demo-org-admin", "one", `{"phone": "5"}`),
		"another query":  c.again(t, "POST", target+"?dry_run=false", "demo-org-admin", "one", `{"phone": "6"}`),
		"a preview":      c.again(t, "POST", target+"?dry_run=true", "demo-org-admin", "one", `{"phone": "1"}`),
	} {
		if want := map[bool]int{true: 422, false: 200}[name == "another body"]; other.status != want || replayed(other) {
			t.Errorf("%s: answered %d %s", name, other.status, other.body)
		}
	}
}

func TestIdempotencyKeyKeepsRefusals(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	const target = "/v2/user/" + joined
	for name, test := range map[string]struct {
		body    string
		headers []string
		status  int
		kept    bool
	}{
		"form":     {`{"phone": 1}`, nil, 400, true},
		"value":    {`{"lang": "xx"}`, nil, 400, true},
		"password": {`{"password": "weak"}`, nil, 400, true},
		"conflict": {`{"phone": "1"}`, []string{"If-Match", `"0.1-full"`}, 412, true},
		"right":    {`{"org_id": 124}`, nil, 403, false},
	} {
		first := c.again(t, "POST", target, "demo-org-admin", name, test.body, test.headers...)
		again := c.again(t, "POST", target, "demo-org-admin", name, test.body, test.headers...)
		if first.status != test.status || again.status != test.status || replayed(again) != test.kept {
			t.Errorf("%s: answered %d and %d, replayed %v: %s", name, first.status, again.status, replayed(again), again.body)
		}
		if test.kept && string(first.body) != string(again.body) {
			t.Errorf("%s: %s and %s", name, first.body, again.body)
		}
	}
	c.again(t, "POST", target, "demo-org-admin", "change", `{"phone": "1"}`)
	told := c.again(t, "POST", target, "demo-org-admin", "stale", `{"lang": "fr"}`, "If-Match", `"1.1-full"`)
	if told.status != 412 || !strings.Contains(string(told.body), `"field":"phone"`) {
		t.Errorf("a conflict tells %d %s", told.status, told.body)
	}
}

// What the caller may not do any more, it is not told again either.
func TestIdempotencyKeyIsJudgedAnew(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	const target, body = "/v2/user/" + karadoc, `{"phone": "1"}`
	send := func() answer { return c.again(t, "POST", target, "demo-org-manager", "one", body) }
	if first := send(); first.status != 200 {
		t.Fatalf("answered %d %s", first.status, first.body)
	}
	for _, step := range []struct {
		sql    string
		status int
	}{
		{"UPDATE users SET role = 'ORG_MANAGER' WHERE id = '" + karadoc + "'", 403},
		{"UPDATE users SET org_id = 124 WHERE id = '" + karadoc + "'", 404},
		{"UPDATE users SET role = 'BUSINESS_MANAGER', org_id = 123 WHERE id = '" + karadoc + "'", 200},
		{"UPDATE users SET disabled = TRUE WHERE id = '5309c3a237bbc544d8e26704'", 401},
	} {
		c.exec(t, step.sql)
		if got := send(); got.status != step.status || replayed(got) != (step.status == 200) {
			t.Errorf("after %s: %d %s", step.sql, got.status, got.body)
		}
	}
}

// That a change was made already, or just now, is no reason to refuse its replay.
func TestIdempotencyKeyReplaysWhatCannotBeDoneTwice(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.send(t, call("POST", "/v2/user/"+joined, "demo-org-admin", `{"phone": "1"}`))
	for _, step := range []struct{ method, target, body string }{
		{"POST", "/v2/user/" + joined + "/history/2/revert", "{}"},
		{"POST", "/v2/user/" + demo.User("709") + "/invite", "{}"},
		{"POST", "/v2/api_keys/revoke/2", "{}"},
		{"DELETE", "/v2/user/" + joined, "{}"},
		{"DELETE", "/v2/business/c-L01", "{}"},
	} {
		key := map[bool]string{true: "demo-provider", false: "demo-org-manager"}[step.target == "/v2/api_keys/revoke/2"]
		first := c.again(t, step.method, step.target, key, step.target, step.body)
		again := c.again(t, step.method, step.target, key, step.target, step.body)
		if first.status != 200 || again.status != 200 || !replayed(again) || string(first.body) != string(again.body) {
			t.Errorf("%s %s: %d %s, then %d %s", step.method, step.target, first.status, first.body, again.status, again.body)
		}
	}
}

// A deletion is judged anew, too: that its target is gone is no refusal, but that the
// caller may not delete any more is one.
func TestIdempotencyKeyJudgesDeletionsAnew(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	const target, body = "/v2/sections/1/groups/1/businesses", `{"business_ids": ["5409c35a97bbc544d8e26701"]}`
	send := func() answer { return c.again(t, "DELETE", target, "demo-org-manager", "one", body) }
	if first := send(); first.status != 200 {
		t.Fatalf("answered %d %s", first.status, first.body)
	}
	for _, step := range []struct {
		sql    string
		status int
	}{
		{"UPDATE users SET role = 'PUBLISHER' WHERE id = '5309c3a237bbc544d8e26704'", 403},
		{"UPDATE users SET role = 'ORG_MANAGER' WHERE id = '5309c3a237bbc544d8e26704'", 200},
		{"UPDATE groups SET section_id = 2 WHERE id = 1", 200},
	} {
		c.exec(t, step.sql)
		if got := send(); got.status != step.status || replayed(got) != (step.status == 200) {
			t.Errorf("after %s: %d %s", step.sql, got.status, got.body)
		}
	}
	const refused = "/v2/org/124"
	c.again(t, "DELETE", refused, "demo-provider", "two", "{}")
	c.exec(t, "UPDATE orgs SET provider_id = 2 WHERE id = 124")
	wantError(t, c.again(t, "DELETE", refused, "demo-provider", "two", "{}"), 404, nil)
}

func TestIdempotencyKeyExpires(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	const target, body = "/v2/user/" + joined, `{"phone": "1"}`
	c.again(t, "POST", target, "demo-org-admin", "one", body)
	c.now.Add(24*60*60 - 1)
	if got := c.again(t, "POST", target, "demo-org-admin", "one", body); !replayed(got) {
		t.Errorf("not replayed after a day less a second: %d %s", got.status, got.body)
	}
	c.now.Add(1)
	if got := c.again(t, "POST", target, "demo-org-admin", "one", `{"phone": "2"}`); got.status != 200 || replayed(got) || version(t, c, joined) != "3" {
		t.Errorf("after a day: %d %s", got.status, got.body)
	}
	c.now.Add(48 * 60 * 60)
	c.again(t, "POST", target, "demo-org-admin", "two", body)
	if rows := c.dump(t).table("idempotent_answers"); len(rows) != 1 {
		t.Errorf("%d answers are kept", len(rows))
	}
}

func TestIdempotencyKeyTwins(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	const twins = 16
	answers := make([]answer, twins)
	var all sync.WaitGroup
	for i := range twins {
		all.Go(func() {
			answers[i] = c.again(t, "POST", "/v2/user", "demo-org-admin", "joiner",
				`{"email": "joiner@kaamelott.com", "first_name": "Merlin", "last_name": "Enchanteur", "role": "BUSINESS_MANAGER", "password": "Excalibur!"}`)
		})
	}
	all.Wait()
	fresh := 0
	for _, got := range answers {
		if got.status != 200 || string(got.body) != string(answers[0].body) {
			t.Errorf("answered %d %s, another %s", got.status, got.body, answers[0].body)
		}
		if !replayed(got) {
			fresh++
		}
	}
	if fresh != 1 {
		t.Errorf("carried out %d times", fresh)
	}
	var id struct{ ID string }
	if err := json.Unmarshal(answers[0].body, &id); err != nil || c.dump(t).row("users "+id.ID) == nil {
		t.Errorf("no user %q, %v", id.ID, err)
	}
	if text := fmt.Sprint(c.dump(t)); strings.Contains(text, "Excalibur") {
		t.Error("the password is stored")
	}
}

func TestIdempotencyKeyForm(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for _, key := range []string{"", strings.Repeat("k", 256), "clé", "a\tb"} {
		got := c.again(t, "POST", "/v2/user/"+joined, "demo-org-admin", key, `{"phone": "1"}`)
		if got.status != 400 || !strings.Contains(string(got.body), `"Idempotency-Key":`) {
			t.Errorf("%q: answered %d %s", key, got.status, got.body)
		}
	}
	if got := c.again(t, "POST", "/v2/user/"+joined, "demo-org-admin", strings.Repeat("~ ", 127)+"!", `{"phone": "1"}`); got.status != 200 {
		t.Errorf("255 characters: answered %d %s", got.status, got.body)
	}
}
