package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/demo"
)

// A preview names at most 100 businesses each way, the lowest ids in ascending
// order, and counts all of them (section 1.8).
func TestPreviewOfManyBusinesses(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.exec(t, `INSERT INTO businesses (id, org_id, code, name, city, zipcode, country, status, reach, presence_management, data, created_at, modified_at, version)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
		SELECT 'a' || substr('00000000000000000000000' || (151 - i), length('' || (151 - i)) + 1), 123, 'X' || i, 'X', '', '', 'FR', 'open', 'LOCAL', FALSE, '{}', 1, 1, 1 FROM n`)
	before := c.dump(t)
	got := c.send(t, call("POST", perceval+"?dry_run=true", "demo-org-admin", `{"role": "ORG_ADMIN"}`))
	var preview struct {
		Access struct {
			Gained      []string
			Lost        []string
			GainedCount int `json:"gained_count"`
			LostCount   int `json:"lost_count"`
		}
	}
	if err := json.Unmarshal(got.body, &preview); err != nil || got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	want := []string{}
	for _, shop := range []string{"702", "703", "705", "706", "707", "708", "709", "710", "711", "712"} {
		want = append(want, demo.Business(shop))
	}
	for i := range 90 {
		want = append(want, fmt.Sprintf("a%023d", i+1))
	}
	access := preview.Access
	if !slices.Equal(access.Gained, want) || access.GainedCount != 160 || len(access.Lost) != 0 || access.LostCount != 0 {
		t.Errorf("%s\nwant 160, of them %q", got.body, want)
	}
	if changed := before.changes(c.dump(t)); len(changed) > 0 {
		t.Errorf("a preview changed rows: %v", changed)
	}
}
