package roundtable

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// now is noon of a day of the tests of keys.
func keyNoon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// The ceiling of section 1.4: field by field, is a key narrower than another?
func TestNarrowerThan(t *testing.T) {
	t.Parallel()
	restricted := func(names ...string) APIKey { return APIKey{HasRestrictedPermissions: true, Permissions: names} }
	from := func(rules ...string) APIKey { return APIKey{IPWhitelist: rules} }
	until := func(day string) APIKey { return APIKey{ExpirationDate: &day} }
	free := APIKey{}
	for name, test := range map[string]struct {
		own, other APIKey
		want       string
	}{
		"no limits":                    {free, restricted(), ""},
		"no limits, none":              {free, free, ""},
		"restricted, not":              {restricted("user_read"), free, "permissions"},
		"restricted, the same":         {restricted("user_read", "org_read"), restricted("org_read", "user_read"), ""},
		"restricted, less":             {restricted("user_read"), restricted(), ""},
		"restricted, more":             {restricted("user_read"), restricted("user_read", "user_edit"), "permissions"},
		"listed but not restricted":    {restricted("user_read"), APIKey{Permissions: []string{"user_read"}}, "permissions"},
		"address, none":                {from("10.0.0.1"), free, "ip_whitelist"},
		"address, the same":            {from("10.0.0.1"), from("10.0.0.1/32"), ""},
		"address, mapped":              {from("10.0.0.0/8"), from("::ffff:10.9.9.9"), ""},
		"address, another":             {from("10.0.0.1"), from("10.0.0.2"), "ip_whitelist"},
		"range, inside":                {from("192.0.2.1", "10.0.0.0/8"), from("10.1.0.0/16", "192.0.2.1"), ""},
		"range, the one around":        {from("10.0.0.0/9"), from("10.0.0.0/8"), "ip_whitelist"},
		"range, all of the family":     {from("10.0.0.0/8"), from("0.0.0.0/0"), "ip_whitelist"},
		"range, the other family":      {from("0.0.0.0/0"), from("2001:db8::/32"), "ip_whitelist"},
		"range of one, both around":    {from("::/0"), from("10.0.0.1"), "ip_whitelist"},
		"range, one of two outside":    {from("10.0.0.0/8"), from("10.0.0.1", "11.0.0.1"), "ip_whitelist"},
		"range, what cannot be read":   {from("10.0.0.0/8"), from("nonsense"), "ip_whitelist"},
		"own list that cannot be read": {from("nonsense"), from("10.0.0.1"), "ip_whitelist"},
		"expiry, none":                 {until("2026-04-01"), free, "expiration_date"},
		"expiry, the same":             {until("2026-04-01"), until("2026-04-01"), ""},
		"expiry, earlier":              {until("2026-04-01"), until("2026-03-31"), ""},
		"expiry, later":                {until("2026-04-01"), until("2026-04-02"), "expiration_date"},
	} {
		if got := strings.Join(test.own.narrowerThan(&test.other), " "); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// Only the intersection of a key's list with what its owner's role holds counts.
func TestHeldPermissions(t *testing.T) {
	t.Parallel()
	for role, want := range map[Role]string{
		Provider:        "user_read user_edit org_read org_edit api_key_read api_key_edit group_read group_edit business_read business_edit",
		OrgAdmin:        "user_read user_edit org_read org_edit api_key_read api_key_edit group_read group_edit business_read business_edit",
		OrgManager:      "user_read user_edit org_read api_key_read api_key_edit group_read group_edit business_read business_edit",
		GroupManager:    "user_read user_edit org_read api_key_read api_key_edit group_read business_read business_edit",
		BusinessManager: "user_read user_edit org_read api_key_read api_key_edit group_read business_read business_edit",
		Publisher:       "user_read org_read api_key_read api_key_edit business_read",
	} {
		if got := strings.Join(heldPermissions(role, Permissions()), " "); got != want {
			t.Errorf("%s holds %s\nwant %s", role, got, want)
		}
		if got := heldPermissions(role, []string{"org_read", "everything", "user_read"}); !slices.Equal(got, []string{"org_read", "user_read"}) {
			t.Errorf("%s: %q", role, got)
		}
	}
	count := 0
	for i, section := range PermissionSections() {
		for k, subsection := range section.Subsections {
			for n, permission := range subsection.Permissions {
				if section.Order != i+1 || subsection.Order != k+1 || permission.Order != n+1 || permission.DisabledForRoles == nil {
					t.Errorf("%s/%s: %+v", section.Name, subsection.Name, permission)
				}
				count++
			}
		}
	}
	if count != len(Permissions()) {
		t.Errorf("%d permissions stand in sections, want %d", count, len(Permissions()))
	}
}

// The secret before is good as long as the key is, and until its own end.
func TestRefusePrevious(t *testing.T) {
	t.Parallel()
	ends := keyNoon().UnixMicro()
	for name, test := range map[string]struct {
		at   time.Time
		key  APIKey
		want Refusal
	}{
		"before":       {keyNoon().Add(-time.Microsecond), APIKey{PreviousExpiresAt: &ends}, Accepted},
		"at its end":   {keyNoon(), APIKey{PreviousExpiresAt: &ends}, SecretReplaced},
		"no end":       {keyNoon(), APIKey{}, SecretReplaced},
		"revoked":      {keyNoon().Add(-time.Hour), APIKey{PreviousExpiresAt: &ends, RevokedAt: &ends}, KeyRevoked},
		"not its list": {keyNoon().Add(-time.Hour), APIKey{PreviousExpiresAt: &ends, IPWhitelist: []string{"10.0.0.1"}}, AddressRejected},
	} {
		if got := test.key.RefusePrevious(&User{Status: Active}, Origin{Now: test.at}); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// An update leaves the stored key alone, keeps what a reader could not see, and knows
// the present value.
func TestUpdateAPIKey(t *testing.T) {
	t.Parallel()
	c := newCompany()
	day := "2020-01-01"
	key := &APIKeyRecord{APIKey: *c.keys["admin"], Kind: UserKey, Label: "x", LabelKey: "x"}
	key.UserID, key.ExpirationDate, key.HasRestrictedPermissions = c.user("admin").ID, &day, true
	key.Permissions = []string{"user_read", "retired_permission"}
	before := *key
	free := Actor{Key: &APIKey{}, User: c.user("admin")}
	update := func(patch APIKeyPatch) (*APIKeyOutcome, error) {
		return UpdateAPIKey(free, key, c.user("admin"), &APIKeyChange{Patch: patch, Now: keyNoon()}, c.facts)
	}
	same, err := update(APIKeyPatch{
		Label: Some(" x "), Description: Null[string](), ExpirationDate: Some(day), IPWhitelist: Null[[]string](),
		HasRestrictedPermissions: Some(true), Permissions: Some([]string{"user_read", "user_read"}),
	})
	if err != nil || same.Changed || !slices.Equal(same.After.Permissions, before.Permissions) {
		t.Errorf("%+v, error %v", same, err)
	}
	changed, err := update(APIKeyPatch{Label: Some("Été"), ExpirationDate: Null[string]()})
	if err != nil || !changed.Changed || changed.After.Label != "Été" || changed.After.LabelKey != "ete" || changed.After.ExpirationDate != nil {
		t.Errorf("%+v, error %v", changed, err)
	}
	if key.Label != before.Label || key.ExpirationDate != before.ExpirationDate {
		t.Errorf("the stored key has changed: %+v", key)
	}
	if _, err := UpdateAPIKey(free, nil, nil, &APIKeyChange{}, c.facts); !isCode(err, CodeNotFound) {
		t.Errorf("no key: %v", err)
	}
}

func isCode(err error, code Code) bool {
	refusal, ok := errors.AsType[*Error](err)
	return ok && refusal.Code == code
}
