package api_test

import (
	"testing"

	"github.com/roundtable-directory/roundtable/internal/apitest"
)

// TestReplays makes every call that the contract file promises an answer to, each
// on a fresh demo company.
func TestReplays(t *testing.T) {
	t.Parallel()
	replays, err := apitest.Replays()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range replays {
		t.Run(r.Operation+"/"+r.Name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t)
			known := apitest.Known{}
			for _, before := range r.Before {
				got := c.send(t, known.Fill(before))
				if got.status/100 != 2 {
					t.Fatalf("before: %d %s", got.status, got.body)
				}
				known.Learn(got.body)
			}
			got := c.send(t, known.Fill(r.Call))
			if err := r.Check(got.status, got.header, got.body); err != nil {
				t.Errorf("%s %s %.200s\n%v\nanswered %d %.1000s", r.Method, r.Target, r.Body, err, got.status, got.body)
			}
		})
	}
}
