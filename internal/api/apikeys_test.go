package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/apitest"
)

// A request for a secret that is sent again makes nothing twice and shows nothing twice
// (section 1.8).
func TestSecretsAreNotReplayed(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	ask := func(target, body string) (status int, secret, text string, again bool) {
		got := c.sendUnchecked(t, place{}, apitest.Call{Method: "POST", Target: target, Body: []byte(body), Header: http.Header{
			"X-Apikey": {"demo-business-manager"}, "Content-Type": {"application/json"}, "Idempotency-Key": {"once " + target},
		}})
		var shown struct {
			Secret string `json:"api_key"`
		}
		if err := json.Unmarshal(got.body, &shown); err != nil {
			t.Fatal(err)
		}
		return got.status, shown.Secret, string(got.body), replayed(got)
	}
	for target, body := range map[string]string{"/v2/api_keys": `{"label": "x"}`, "/v2/api_keys/5/rotate": `{"overlap_seconds": 60}`} {
		status, secret, text, _ := ask(target, body)
		if status != 200 || secret == "" {
			t.Fatalf("%s: %d %s", target, status, text)
		}
		before := c.dump(t)
		status, shown, text, again := ask(target, body)
		if status != 409 || shown != "" || !again || !strings.Contains(text, "already_created") {
			t.Errorf("%s again: %d %s", target, status, text)
		}
		after := c.dump(t)
		if changed := before.changes(after); len(changed) > 0 {
			t.Errorf("%s again changed rows: %v", target, changed)
		}
		if strings.Contains(fmt.Sprint(after)+c.log.String(), secret) {
			t.Errorf("%s: the secret is stored or logged", target)
		}
		if got := c.send(t, call("GET", "/v2/user/me", secret, "")); got.status != 200 {
			t.Errorf("%s: the secret answers %d", target, got.status)
		}
	}
	// What answers without a secret is replayed as it was.
	for target, body := range map[string]string{"/v2/api_keys/5": `{"label": "y"}`, "/v2/api_keys/revoke/10": "{}"} {
		_, _, first, _ := ask(target, body)
		status, _, text, again := ask(target, body)
		if status != 200 || !again || text != first {
			t.Errorf("%s again: %d %s, first %s", target, status, text, first)
		}
	}
}
