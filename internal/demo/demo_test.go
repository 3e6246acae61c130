package demo_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func planted(t *testing.T) *db.DB {
	t.Helper()
	database := dbtest.New(t)
	if err := demo.Plant(t.Context(), database, rand.Reader, noon()); err != nil {
		t.Fatal(err)
	}
	return database
}

// query returns the rows of a query of one text column, joined by lines.
func query(t *testing.T, database *db.DB, text string, args ...any) string {
	t.Helper()
	var rows []string
	err := database.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Each(dbtest.Portable(text), args, func(r *db.Rows) error {
			var row string
			err := r.Scan(&row)
			rows = append(rows, row)
			return err
		})
	})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return strings.Join(rows, "\n")
}

// The company is that of section 6 of the contract, row by row.
func TestCompany(t *testing.T) {
	t.Parallel()
	database := planted(t)
	for name, test := range map[string]struct{ query, want string }{
		"providers": {"SELECT label FROM providers ORDER BY id", "kaamelott\nrome"},
		"organisations": {
			"SELECT o.id || ' ' || p.label || ' ' || CASE WHEN s.enabled THEN '1' ELSE 'no SSO' END FROM orgs o JOIN providers p ON p.id = o.provider_id LEFT JOIN sso_configurations s ON s.org_id = o.id ORDER BY o.id",
			"123 kaamelott 1\n124 kaamelott no SSO\n200 rome no SSO",
		},
		"sections of 123": {"SELECT id || ' ' || name FROM sections WHERE org_id = 123 ORDER BY id", "1 Country\n2 Service"},
		"other sections":  {"SELECT id || ' ' || org_id FROM sections WHERE org_id <> 123 ORDER BY id", "3 124\n4 200"},
		"groups of 123":   {"SELECT section_id || ' ' || id || ' ' || name FROM groups WHERE org_id = 123 ORDER BY 1", "1 1 France\n1 4 Scotland\n2 2 Bakery\n2 3 Florist"},
		"other groups":    {"SELECT section_id || ' ' || id || ' ' || org_id FROM groups WHERE org_id <> 123 ORDER BY id", "3 5 124\n4 6 200"},
		"businesses": {
			"SELECT org_id || ' ' || b.id || ' ' || code || ' ' || (SELECT name FROM business_groups x JOIN groups g ON g.id = x.group_id WHERE business_id = b.id ORDER BY section_id LIMIT 1)" +
				" || '+' || (SELECT name FROM business_groups x JOIN groups g ON g.id = x.group_id WHERE business_id = b.id ORDER BY section_id DESC LIMIT 1) FROM businesses b WHERE org_id = 123 ORDER BY b.id",
			shops("701", "L01", "France+Bakery") + shops("704", "L04", "France+Florist") + shops("707", "L07", "Scotland+Bakery") + strings.TrimSuffix(shops("710", "L10", "Scotland+Florist"), "\n"),
		},
		"other businesses": {"SELECT substr(id, 22) || ' ' || org_id FROM businesses WHERE org_id <> 123 ORDER BY id", "721 124\n722 124\n731 200"},
		"users": {
			"SELECT id || ' ' || org_id || ' ' || role || ' ' || status || ' ' || CASE WHEN disabled THEN 1 ELSE 0 END FROM users ORDER BY id",
			people("701 123 PROVIDER active 0", "702 123 ORG_ADMIN active 0", "703 123 ORG_ADMIN active 0", "704 123 ORG_MANAGER active 0", "705 123 GROUP_MANAGER active 0",
				"706 123 PUBLISHER active 0", "708 123 BUSINESS_MANAGER active 0", "709 123 BUSINESS_MANAGER invited 0", "710 123 BUSINESS_MANAGER active 1",
				"721 124 ORG_ADMIN active 0", "731 200 ORG_ADMIN active 0", "737 123 BUSINESS_MANAGER active 0"),
		},
		"accesses":           {"SELECT user_id || ' ' || access_set || ' ' || group_id FROM user_accesses ORDER BY access_set, position", people("705 0 1", "705 0 2", "705 1 1", "705 1 3")},
		"Perceval":           {"SELECT first_name || ' ' || last_name || ' ' || email || ' ' || email_key FROM users WHERE id LIKE '%737'", "Perceval de Galles perceval@kaamelott.com perceval@kaamelott.com"},
		"Perceval's shops":   {"SELECT business_id FROM user_businesses WHERE user_id LIKE '%737' ORDER BY position", "5409c35a97bbc544d8e26701\n5409c35a97bbc544d8e26704"},
		"the shop of 708":    {"SELECT business_id FROM user_businesses WHERE user_id LIKE '%708'", "5409c35a97bbc544d8e26710"},
		"who has a password": {"SELECT substr(user_id, 22) FROM passwords ORDER BY user_id", "701\n702\n703\n704\n705\n706\n708\n721\n731\n737"},
		"keys": {
			"SELECT label || ' ' || user_id FROM api_keys WHERE demo AND revoked_at IS NULL ORDER BY label",
			strings.Join([]string{
				"demo-business-manager 5309c3a237bbc544d8e26737", "demo-disabled 5309c3a237bbc544d8e26710", "demo-group-manager 5309c3a237bbc544d8e26705",
				"demo-org-admin 5309c3a237bbc544d8e26702", "demo-org-manager 5309c3a237bbc544d8e26704", "demo-other-org-admin 5309c3a237bbc544d8e26721",
				"demo-provider 5309c3a237bbc544d8e26701", "demo-publisher 5309c3a237bbc544d8e26706", "demo-rome-admin 5309c3a237bbc544d8e26731",
			}, "\n"),
		},
		"no other key":   {"SELECT count(*) || '' FROM api_keys", "9"},
		"no event":       {"SELECT count(*) || '' FROM events", "0"},
		"secrets stored": {"SELECT 'x' FROM api_keys WHERE hex(secret_hash) LIKE '64656D6F%'", ""},
	} {
		if got := query(t, database, test.query); got != test.want {
			t.Errorf("%s\n%s\nwant\n%s", name, got, test.want)
		}
	}
}

func TestPlans(t *testing.T) {
	t.Parallel()
	var plans []struct{ Name string }
	if err := json.Unmarshal([]byte(query(t, planted(t), "SELECT DISTINCT plans FROM orgs")), &plans); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, plan := range plans {
		names = append(names, plan.Name)
	}
	const want = "presence_management review_management posts messages review_booster bulk_modification feedback_management competitive_benchmark messages_channel_sms booking_links webhooks"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// No row names one that is not there: SQLite was not asked while it planted.
func TestSQLiteReferences(t *testing.T) {
	t.Parallel()
	if got := query(t, planted(t), "SELECT \"table\" FROM pragma_foreign_key_check"); got != "" {
		t.Error(got)
	}
}

// shops are three businesses in a row, of which the first is given.
func shops(digits, code, groups string) string {
	var text strings.Builder
	var id, number int
	fmt.Sscan(digits, &id)
	fmt.Sscanf(code, "L%d", &number)
	for i := range 3 {
		fmt.Fprintf(&text, "123 5409c35a97bbc544d8e26%d L%02d %s\n", id+i, number+i, groups)
	}
	return text.String()
}

// people are lines that begin with the id of a user.
func people(lines ...string) string {
	return "5309c3a237bbc544d8e26" + strings.Join(lines, "\n5309c3a237bbc544d8e26")
}

func TestPassword(t *testing.T) {
	t.Parallel()
	hashes := strings.Split(query(t, planted(t), "SELECT DISTINCT hash FROM passwords"), "\n")
	for _, hash := range hashes {
		if ok, _ := secret.VerifyPassword(hash, "Roundtable!1"); !ok {
			t.Errorf("%s is not of the password that is documented", hash)
		}
	}
}

// The fixed keys work on a server that listens on loopback only, but for that of
// the disabled user; beyond, none works.
func TestKeys(t *testing.T) {
	t.Parallel()
	database := planted(t)
	keys := map[string]string{
		"demo-provider": "701", "demo-org-admin": "702", "demo-org-manager": "704", "demo-group-manager": "705", "demo-publisher": "706",
		"demo-business-manager": "737", "demo-other-org-admin": "721", "demo-rome-admin": "731", "demo-disabled": "",
	}
	for _, loopback := range []bool{true, false} {
		d := directory.New(database, directory.Options{})
		t.Cleanup(d.Close)
		for key, digits := range keys {
			caller, err := d.Authenticate(t.Context(), key, roundtable.Origin{Now: noon(), Address: netip.MustParseAddr("127.0.0.1"), Loopback: loopback}, "request")
			if loopback && digits != "" {
				if err != nil || caller.UserID != demo.User(digits) {
					t.Errorf("%s is %s, %v", key, caller.UserID, err)
				}
				continue
			}
			if refusal, ok := errors.AsType[*roundtable.Error](err); !ok || refusal.Code != roundtable.CodeUnauthenticated {
				t.Errorf("%s, loopback %v: %v", key, loopback, err)
			}
		}
	}
	listed := make(map[string]bool)
	for _, key := range demo.Keys() {
		listed[key.Secret] = true
		if _, known := keys[key.Secret]; !known || key.Role == "" {
			t.Errorf("key %+v", key)
		}
	}
	if len(listed) != len(keys) {
		t.Errorf("%d keys are listed, want %d", len(listed), len(keys))
	}
}

// Planting again leaves what is there, changes of users included; a database that
// holds something else is left alone.
func TestPlantAgain(t *testing.T) {
	t.Parallel()
	database := planted(t)
	write := func(database *db.DB, text string) {
		t.Helper()
		err := database.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	write(database, "UPDATE users SET phone = '1'")
	if err := demo.Plant(t.Context(), database, rand.Reader, noon()); err != nil {
		t.Error(err)
	}
	if got := query(t, database, "SELECT count(*) || ' ' || max(phone) FROM users"); got != "12 1" {
		t.Errorf("users %s", got)
	}
	foreign := dbtest.New(t)
	write(foreign, "INSERT INTO providers (id, label) VALUES (9, 'somebody')")
	if err := demo.Plant(t.Context(), foreign, rand.Reader, noon()); !errors.Is(err, demo.ErrForeign) || !strings.Contains(err.Error(), "--db") {
		t.Errorf("in a database of somebody else: %v", err)
	}
	if got := query(t, foreign, "SELECT count(*) || ' ' || (SELECT count(*) FROM users) FROM providers"); got != "1 0" {
		t.Errorf("providers and users %s", got)
	}
}

// The same data each time, but for the salt of the password and the time.
func TestAlwaysTheSame(t *testing.T) {
	t.Parallel()
	const all = "SELECT id || org_id || email || first_name || last_name || lang || role || status || CASE WHEN disabled THEN 1 ELSE 0 END || ' ' || created_at || ' ' || version" +
		" FROM users ORDER BY id"
	a, b := query(t, planted(t), all), query(t, planted(t), all)
	if a != b || strings.Count(a, fmt.Sprint(noon().UnixMicro())) != 12 {
		t.Errorf("users\n%s\n%s", a, b)
	}
}
