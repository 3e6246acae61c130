package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/apitest"
)

// A server that stops takes no more updates: 503, and when to come back (section
// 1.2). It still answers readers.
func TestStopping(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.stop()
	c.broken.Store(true)
	for _, body := range []string{`{"phone": "1"}`, `{}`, `{"password": "Excalibur!"}`} {
		wantUnavailable(t, c, call("POST", perceval, "demo-org-admin", body))
	}
	if got := c.send(t, call("GET", perceval, "demo-org-admin", "")); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	if err := c.db.Close(); err != nil {
		t.Error(err)
	}
}

// Without its database a server is not ready, and fails in the one shape, without
// a word of what happened inside.
func TestNoDatabase(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.broken.Store(true)
	if err := c.db.Close(); err != nil {
		t.Fatal(err)
	}
	wantUnavailable(t, c, call("GET", "/health/ready", "", ""))
	for _, ask := range []apitest.Call{
		call("GET", perceval, "demo-org-admin", ""),
		call("GET", perceval+"/history", "demo-org-admin", ""),
		call("POST", perceval, "demo-org-admin", `{"phone": "1"}`),
		call("POST", perceval+"?dry_run=true", "demo-org-admin", `{"phone": "1"}`),
		call("POST", perceval, "demo-org-admin", `{"password": "Excalibur!"}`),
		call("POST", perceval, "demo-org-admin", `[`),
		call("GET", "/v2/knight", "demo-org-admin", ""),
	} {
		got := c.sendUnchecked(t, place{}, ask)
		checkError(t, got)
		for _, word := range []string{"database", "closed", "sql", "db:", "goroutine"} {
			if got.status < 500 || strings.Contains(string(got.body), word) {
				t.Errorf("%s %s: %d %s", ask.Method, ask.Target, got.status, got.body)
			}
		}
	}
	if got := c.send(t, call("GET", "/health/live", "", "")); got.status != http.StatusOK {
		t.Errorf("the process lives: %d %s", got.status, got.body)
	}
}

func wantUnavailable(t *testing.T, c *company, ask apitest.Call) {
	t.Helper()
	validator, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	got := c.sendUnchecked(t, place{}, ask)
	if after := got.header.Get("Retry-After"); got.status != http.StatusServiceUnavailable || after == "" || after == "0" {
		t.Errorf("%s %s: %d, Retry-After %q, %s", ask.Method, ask.Target, got.status, after, got.body)
	}
	checkError(t, got)
	if err := validator.Validate(apitest.Answer{Method: ask.Method, Path: ask.Target, Status: got.status, Header: got.header, Body: got.body}); err != nil {
		t.Errorf("%s %s: %v", ask.Method, ask.Target, err)
	}
}
