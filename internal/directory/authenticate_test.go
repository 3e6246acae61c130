package directory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// Each reason to refuse a key is one 401; the log says which, and never the key.
func TestAuthenticate(t *testing.T) {
	t.Parallel()
	day := func(date string) func(*roundtable.APIKey) {
		return func(k *roundtable.APIKey) { k.ExpirationDate = &date }
	}
	from := func(address string) roundtable.Origin {
		origin := loopback()
		origin.Address = netip.MustParseAddr(address)
		return origin
	}
	late := func(o roundtable.Origin) roundtable.Origin {
		o.Now = time.Date(2026, 3, 1, 23, 59, 59, 999_999_999, time.UTC)
		return o
	}
	list := func(k *roundtable.APIKey) {
		k.IPWhitelist = []string{"10.1.2.3", "192.168.0.0/16", "2001:db8::/32", "2001:db9::1"}
	}
	abroad := loopback()
	abroad.Loopback = false
	demo := func(k *roundtable.APIKey) { k.Demo = true }
	tests := map[string]struct {
		key    string
		by     int
		change func(*roundtable.APIKey)
		sql    string
		origin roundtable.Origin
		reason string // empty: let in
	}{
		"good":                            {by: perceval},
		"missing":                         {key: "-", reason: "no key"},
		"unknown":                         {key: "rt_nonsense", reason: "unknown key"},
		"another case":                    {key: strings.ToUpper(keyOf(perceval)), reason: "unknown key"},
		"revoked":                         {by: perceval, sql: "UPDATE api_keys SET revoked_at = 1", reason: "revoked key"},
		"expires tomorrow":                {by: perceval, change: day("2026-03-02"), origin: late(loopback())},
		"expired today":                   {by: perceval, change: day("2026-03-01"), reason: "expired key"},
		"expired long ago":                {by: perceval, change: day("2020-12-31"), reason: "expired key"},
		"disabled":                        {by: lancelot, reason: "owner disabled"},
		"invited":                         {by: galessin, reason: "owner invited"},
		"demo, loopback":                  {by: perceval, change: demo},
		"demo, beyond":                    {by: perceval, change: demo, origin: abroad, reason: "demo key, and the server listens beyond loopback"},
		"no demo, beyond":                 {by: perceval, origin: abroad},
		"address":                         {by: perceval, change: list, origin: from("10.1.2.3")},
		"address next to it":              {by: perceval, change: list, origin: from("10.1.2.4"), reason: "address not on the key's list"},
		"range":                           {by: perceval, change: list, origin: from("192.168.255.1")},
		"mapped into IPv6":                {by: perceval, change: list, origin: from("::ffff:192.168.255.1")},
		"IPv6":                            {by: perceval, change: list, origin: from("2001:db9::1")},
		"IPv6 range":                      {by: perceval, change: list, origin: from("2001:db8:1::1")},
		"IPv6 beside":                     {by: perceval, change: list, origin: from("2001:db9::2"), reason: "address not on the key's list"},
		"unknown address":                 {by: perceval, change: list, origin: roundtable.Origin{Now: noon, Loopback: true}, reason: "address not on the key's list"},
		"a list that cannot be read":      {by: perceval, change: func(k *roundtable.APIKey) { k.IPWhitelist = []string{"nonsense"} }, reason: "address not on the key's list"},
		"restricted, and that is all one": {by: perceval, change: func(k *roundtable.APIKey) { k.HasRestrictedPermissions = true }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var logged bytes.Buffer
			seed := smallCompany()
			key := test.key
			if test.by > 0 {
				key = keyOf(test.by)
				if test.change != nil {
					test.change(&seed.Keys[test.by-1].APIKey)
				}
			}
			d := open(t, seed, Options{Log: slog.New(slog.NewJSONHandler(&logged, nil))})
			if test.sql != "" {
				d.exec(t, test.sql)
			}
			origin := test.origin
			if origin.Now.IsZero() {
				origin = loopback()
			}
			caller, err := d.Authenticate(t.Context(), strings.TrimPrefix(key, "-"), origin, "request 7")
			if test.reason == "" {
				if err != nil || caller.UserID != userID(test.by) || caller.KeyID != int64(test.by) || caller.OrgID != 1 || caller.RequestID != "request 7" || caller.Origin != origin || logged.Len() > 0 {
					t.Errorf("caller %+v, error %v, log %s", caller, err, &logged)
				}
				return
			}
			wantRefusal(t, "the door", wrong(t, err), "unauthenticated")
			var line struct {
				Reason    string
				RequestID string `json:"request_id"`
				UserID    string `json:"user_id"`
			}
			if err := json.Unmarshal(logged.Bytes(), &line); err != nil || line.Reason != test.reason || line.RequestID != "request 7" || test.by > 0 && line.UserID != userID(test.by) {
				t.Errorf("log %s", &logged)
			}
			if test.by > 0 && strings.Contains(logged.String(), keyOf(test.by)) {
				t.Errorf("the key is in the log: %s", &logged)
			}
		})
	}
}

// Whoever was let in before is judged anew: by the key's present row, by the origin
// of this request, and by the secret.
func TestKnownKeysAreJudgedAnew(t *testing.T) {
	t.Parallel()
	elsewhere := loopback()
	elsewhere.Address = netip.MustParseAddr("10.0.0.1")
	later := loopback()
	later.Now = noon.AddDate(1, 0, 0)
	abroad := loopback()
	abroad.Loopback = false
	tests := map[string]struct {
		sql    string
		origin roundtable.Origin
	}{
		"revoked":            {"UPDATE api_keys SET revoked_at = 1 WHERE id = 7", loopback()},
		"expired":            {"UPDATE api_keys SET expiration_date = '2026-12-31' WHERE id = 7", later},
		"address":            {`UPDATE api_keys SET ip_whitelist = '["127.0.0.1"]' WHERE id = 7`, elsewhere},
		"demo":               {"UPDATE api_keys SET demo = TRUE WHERE id = 7", abroad},
		"deleted":            {"DELETE FROM api_keys WHERE id = 7", loopback()},
		"another secret":     {fmt.Sprintf("UPDATE api_keys SET secret_hash = x'%x' WHERE id = 7", secret.HashAPIKey("new")), loopback()},
		"its number is used": {fmt.Sprintf("UPDATE api_keys SET secret_hash = x'%x', user_id = '%s' WHERE id = 7", secret.HashAPIKey("new"), userID(arthur)), loopback()},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openSmall(t)
			for range 2 {
				if _, err := d.Authenticate(t.Context(), keyOf(perceval), loopback(), "first"); err != nil {
					t.Fatal(err)
				}
			}
			d.exec(t, test.sql)
			caller, err := d.Authenticate(t.Context(), keyOf(perceval), test.origin, "second")
			if err != nil {
				wantRefusal(t, "the door", wrong(t, err), "unauthenticated")
				return
			}
			wantRefusal(t, "Confirm", wrong(t, d.Confirm(t.Context(), caller)), "unauthenticated")
			d.wantRefused(t, caller, "unauthenticated")
		})
	}
}

// A key that moved to another owner acts as that owner, or not at all, but never
// with the rights of the one before.
func TestKeyChangesHands(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	if _, err := d.Authenticate(t.Context(), keyOf(arthur), loopback(), "first"); err != nil {
		t.Fatal(err)
	}
	d.exec(t, fmt.Sprintf("UPDATE api_keys SET user_id = '%s' WHERE id = 2", userID(yvain)))
	caller, err := d.Authenticate(t.Context(), keyOf(arthur), loopback(), "second")
	if err != nil {
		wantRefusal(t, "the door", wrong(t, err), "unauthenticated")
		return
	}
	_, err = d.UpdateUser(t.Context(), caller, userID(perceval), roundtable.Update{Patch: setPhone("1")})
	if answer := wrong(t, err); answer != "not_found" && answer != "unauthenticated" {
		t.Errorf("answered %q", answer)
	}
	if again, err := d.Authenticate(t.Context(), keyOf(arthur), loopback(), "third"); err != nil || again.UserID != userID(yvain) {
		t.Errorf("the new owner is answered %v", err)
	}
	if phones := d.query(t, "SELECT phone FROM users WHERE phone <> ''"); len(phones) > 0 {
		t.Error("the former owner's rights still work")
	}
}

// A key that lives on under another number is found again.
func TestKeyGetsAnotherNumber(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	if _, err := d.Authenticate(t.Context(), keyOf(perceval), loopback(), "first"); err != nil {
		t.Fatal(err)
	}
	d.exec(t, "UPDATE api_keys SET id = 200 WHERE id = 7")
	answer := "no answer"
	for range 2 { // the first may be refused: the door still knows the old number
		caller, err := d.Authenticate(t.Context(), keyOf(perceval), loopback(), "later")
		if err == nil {
			_, _, err = d.User(t.Context(), caller, userID(perceval))
		}
		answer = wrong(t, err)
	}
	wantRefusal(t, "the second try", answer, "")
}
