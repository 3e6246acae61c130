package api_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// reference is a column that names rows by their id, and the tables that those may
// stand in.
type reference struct {
	table, column string
	parents       []string
}

// undeclared are the references that the schema does not enforce.
var undeclared = []reference{
	{"events", "user_id", []string{"users", "deleted_users"}},
	{"events", "previous_id", []string{"events"}},
	{"users", "last_event_id", []string{"events"}},
	{"deleted_users", "last_event_id", []string{"events"}},
	{"review_notices", "org_id", []string{"orgs"}},
	{"review_notices", "review_id", []string{"reviews"}},
	{"review_notices", "mail_id", []string{"mails"}},
	{"idempotent_answers", "api_key_id", []string{"api_keys"}},
	{"idempotent_answers", "org_id", []string{"orgs"}},
	{"links", "mail_id", []string{"mails"}},
	{"review_notices", "org_id", []string{"orgs"}},
	{"review_notices", "review_id", []string{"reviews"}},
	{"review_notices", "mail_id", []string{"mails"}},
	{"sso_links", "configuration_id", []string{"sso_configurations"}},
}

// outlived are the columns that tell of what was, and may name what is gone.
var outlived = []string{
	"events.actor_id", "events.api_key_id", "events.org_id", "api_keys.created_by", "api_keys.revoked_by", "api_keys.bot_org_id", "events.request_id", "rate_windows.org_id",
	"connection_tokens.created_by", "mails.leased_by", "sso_requests.user_id",
}

// declared reads the references that the schema enforces.
func declared(t *testing.T, c *company) []reference {
	t.Helper()
	var found []reference
	err := c.db.Read(t.Context(), func(tx *db.Tx) error {
		references, err := dbtest.References(tx)
		for _, r := range references {
			found = append(found, reference{r.Table, r.Column, []string{r.Parent}})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// checkOrphans wants every row of the whole database to refer to rows that are there.
func (c *company) checkOrphans(t *testing.T, d dump) {
	t.Helper()
	ids := map[string]map[any]bool{}
	for _, references := range [][]reference{declared(t, c), undeclared} {
		for _, r := range references {
			for _, parent := range r.parents {
				if ids[parent] == nil {
					ids[parent] = d.ids(parent)
				}
			}
			for _, row := range d.table(r.table) {
				value := row[r.column]
				if value != nil && value != "" && // a deleted organisation leaves an event of nobody
					!slices.ContainsFunc(r.parents, func(parent string) bool { return ids[parent][value] }) {
					t.Errorf("%s.%s names %v, which is not there: %s", r.table, r.column, value, encodeJSON(row))
				}
			}
		}
	}
}

func (d dump) ids(table string) map[any]bool {
	ids := map[any]bool{}
	for _, row := range d.table(table) {
		ids[row["id"]] = true
	}
	return ids
}

// TestReferencesAreKnown: no column that looks like a reference escapes checkOrphans.
func TestReferencesAreKnown(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	known := slices.Clone(outlived)
	for _, r := range slices.Concat(declared(t, c), undeclared) {
		known = append(known, r.table+"."+r.column)
	}
	err := c.db.Read(t.Context(), func(tx *db.Tx) error {
		columns, err := dbtest.Columns(tx)
		for _, c := range columns {
			refers := strings.HasSuffix(c.Name, "_id") || strings.HasSuffix(c.Name, "_by")
			if refers && !slices.Contains(known, c.Table+"."+c.Name) {
				t.Errorf("%s.%s is neither a reference that is checked nor one that may outlive its row", c.Table, c.Name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
