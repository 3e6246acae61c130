package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/apitest"
	"github.com/roundtable-directory/roundtable/internal/demo"
)

// sendAtOnce makes all calls at the same moment and returns their answers.
func (c *company) sendAtOnce(t *testing.T, calls []apitest.Call) []answer {
	t.Helper()
	answers := make([]answer, len(calls))
	start, done := make(chan struct{}), sync.WaitGroup{}
	for i := range calls {
		done.Go(func() {
			<-start
			answers[i] = c.send(t, calls[i])
		})
	}
	close(start)
	done.Wait()
	return answers
}

// Of writers that know the same version exactly one wins.
func TestWritersWithOneTag(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for version := 1; version <= 5; version++ {
		var calls []apitest.Call
		for writer := range 2 + 6*(version%2) {
			call := call("POST", perceval, "demo-org-admin", fmt.Sprintf(`{"phone": "%d-%d"}`, version, writer))
			call.Header.Set("If-Match", fmt.Sprintf(`"%d.1-full"`, version))
			calls = append(calls, call)
		}
		winners := 0
		for _, got := range c.sendAtOnce(t, calls) {
			switch got.status {
			case http.StatusOK:
				winners++
				wantAnswer(t, got, 200, map[string]string{"ETag": fmt.Sprintf(`"%d.1-full"`, version+1)}, map[string]any{"id": demo.User("737"), "status": "success"})
			default:
				wantError(t, got, http.StatusPreconditionFailed, nil, fieldCode{"phone", demo.User("702")})
			}
		}
		if winners != 1 {
			t.Fatalf("%d of %d writers of version %d won", winners, len(calls), version)
		}
	}
	if events := c.dump(t).table("events"); len(events) != 5 {
		t.Errorf("%d events, want 5", len(events))
	}
}

// Of users who ask for one address at once exactly one gets it, in whatever case.
func TestOneAddressForTwo(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for round := range 5 {
		address := fmt.Sprintf("roi%d@kaamelott.com", round)
		answers := c.sendAtOnce(t, []apitest.Call{
			call("POST", perceval, "demo-org-admin", `{"email": "`+address+`"}`),
			call("POST", "/v2/user/"+demo.User("731"), "demo-rome-admin", `{"email": "`+strings.ToUpper(address)+`"}`),
			call("POST", "/v2/user/"+demo.User("721"), "demo-provider", `{"email": " `+address+` "}`),
		})
		winners := 0
		for _, got := range answers {
			if got.status == http.StatusOK {
				winners++
			} else {
				wantInvalid(t, got, "email:email_taken")
			}
		}
		if winners != 1 {
			t.Errorf("round %d: %d users got %s", round, winners, address)
		}
	}
}

// An organisation is told twenty times a minute that an address is taken,
// previews included; then it may not even ask (section 1.7).
func TestTakenAddressesAreLimited(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	ask := func(key, user, query, address string) answer {
		return c.send(t, call("POST", "/v2/user/"+demo.User(user)+query, key, `{"email": "`+address+`"}`))
	}
	for i := range 20 {
		query := []string{"", "?dry_run=true"}[i%2]
		key := []string{"demo-org-admin", "demo-org-manager", "demo-provider"}[i%3]
		wantInvalid(t, ask(key, "708", query, "perceval@kaamelott.com"), "email:email_taken")
	}
	before := c.dump(t)
	for _, address := range []string{"perceval@kaamelott.com", "nobody@kaamelott.com"} {
		for _, query := range []string{"", "?dry_run=true"} {
			got := ask("demo-org-admin", "708", query, address)
			wantError(t, got, http.StatusTooManyRequests, nil)
			if after := got.header.Get("Retry-After"); after == "" || after == "0" {
				t.Errorf("Retry-After is %q", after)
			}
		}
	}
	if changed := before.changes(c.dump(t)); len(changed) > 0 {
		t.Errorf("rows changed: %v", changed)
	}
	// Others, and other fields, are free.
	wantInvalid(t, ask("demo-rome-admin", "731", "", "perceval@kaamelott.com"), "email:email_taken")
	if got := c.send(t, call("POST", perceval, "demo-org-admin", `{"phone": "1", "email": "perceval@kaamelott.com"}`)); got.status != http.StatusOK {
		t.Errorf("another field: %d %s", got.status, got.body)
	}
	c.now.Add(61)
	if got := ask("demo-org-admin", "708", "", "nobody@kaamelott.com"); got.status != http.StatusOK {
		t.Errorf("a minute later: %d %s", got.status, got.body)
	}
	if taken := strings.Count(c.log.String(), "taken"); taken < 21 {
		t.Errorf("the log tells of %d taken addresses, want 21", taken)
	}
}

// A long list is answered at once, and in a bounded number of lines: nobody else
// writes meanwhile.
func TestLongLists(t *testing.T) {
	t.Parallel()
	const elements, most = 50_000, 10_010
	list := func(element string) string {
		return "[" + strings.Repeat(element+",", elements) + element + "]"
	}
	for name, test := range map[string]struct{ user, body string }{
		"pages of another name": {"737", `{"sidebar_pages": ` + list(`"x"`) + `}`},
		"pages of no text":      {"737", `{"sidebar_pages": ` + list(`5`) + `}`},
		"one page":              {"737", `{"sidebar_pages": ` + list(`"posts"`) + `}`},
		"keywords":              {"737", `{"keywords": ` + list(`""`) + `}`},
		"keywords of no text":   {"737", `{"keywords": ` + list(`5`) + `}`},
		"businesses":            {"737", `{"business_ids": ` + list(`"x"`) + `}`},
		"access sets":           {"705", `{"accesses": ` + list(`[99]`) + `}`},
		"empty access sets":     {"705", `{"accesses": ` + list(`[]`) + `}`},
		"empty sets, not used":  {"737", `{"accesses": ` + list(`[]`) + `}`},
		"groups":                {"705", `{"accesses": [` + list(`99`) + `]}`},
		"groups of no number":   {"705", `{"accesses": [` + list(`"x"`) + `]}`},
		"members":               {"737", "{" + strings.Repeat(`"x":1,`, elements) + `"y":1}`},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t)
			start := time.Now()
			got := c.sendUnchecked(t, place{}, call("POST", "/v2/user/"+demo.User(test.user), "demo-org-admin", test.body))
			details := strings.Count(string(got.body), `"code":`)
			if took := time.Since(start); took > 3*time.Second || details > most {
				t.Errorf("%d after %s, %d details, %d bytes", got.status, took, details, len(got.body))
			}
		})
	}
}
