package roundtable

import (
	"net/netip"
	"testing"
	"time"
)

func TestRefuse(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	expires := func(day string) func(*APIKey, *User) {
		return func(k *APIKey, _ *User) { k.ExpirationDate = &day }
	}
	at := func(moment time.Time) func(*Origin) { return func(o *Origin) { o.Now = moment } }
	demo := func(k *APIKey, _ *User) { k.Demo = true }
	east, west := time.FixedZone("east", 14*3600), time.FixedZone("west", -12*3600)
	for name, test := range map[string]struct {
		given func(*APIKey, *User)
		from  func(*Origin)
		want  Refusal
	}{
		"good":                          {want: Accepted},
		"revoked":                       {given: func(k *APIKey, _ *User) { now := int64(1); k.RevokedAt = &now }, want: KeyRevoked},
		"revoked at the epoch":          {given: func(k *APIKey, _ *User) { now := int64(0); k.RevokedAt = &now }, want: KeyRevoked},
		"expires tomorrow":              {given: expires("2026-03-02"), want: Accepted},
		"expires on the day":            {given: expires("2026-03-01"), want: KeyExpired},
		"expired the day before":        {given: expires("2026-02-28"), want: KeyExpired},
		"expired years ago":             {given: expires("2019-12-31"), want: KeyExpired},
		"the last second of the eve":    {given: expires("2026-03-02"), from: at(time.Date(2026, 3, 1, 23, 59, 59, 999, time.UTC)), want: Accepted},
		"midnight":                      {given: expires("2026-03-02"), from: at(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)), want: KeyExpired},
		"days are those of UTC: east":   {given: expires("2026-03-02"), from: at(time.Date(2026, 3, 2, 13, 0, 0, 0, east)), want: Accepted},
		"days are those of UTC: west":   {given: expires("2026-03-02"), from: at(time.Date(2026, 3, 1, 13, 0, 0, 0, west)), want: KeyExpired},
		"demo key on loopback":          {given: demo, from: func(o *Origin) { o.Loopback = true }, want: Accepted},
		"demo key beyond":               {given: demo, want: KeyDemo},
		"owner disabled":                {given: func(_ *APIKey, u *User) { u.Disabled = true }, want: OwnerDisabled},
		"owner invited":                 {given: func(_ *APIKey, u *User) { u.Status = Invited }, want: OwnerInvited},
		"owner disabled and invited":    {given: func(_ *APIKey, u *User) { u.Disabled, u.Status = true, Invited }, want: OwnerDisabled},
		"owner of no status":            {given: func(_ *APIKey, u *User) { u.Status = "" }, want: OwnerInvited},
		"restricted, with nothing":      {given: func(k *APIKey, _ *User) { k.HasRestrictedPermissions = true }, want: Accepted}, // 403, not 401
		"the wrong address":             {given: func(k *APIKey, _ *User) { k.IPWhitelist = []string{"192.0.2.1"} }, want: AddressRejected},
		"no address":                    {given: func(k *APIKey, _ *User) { k.IPWhitelist = []string{"0.0.0.0/0"} }, from: func(o *Origin) { o.Address = netip.Addr{} }, want: AddressRejected},
		"no address, and no list":       {from: func(o *Origin) { o.Address = netip.Addr{} }, want: Accepted},
		"sso_only does not stop a key":  {given: func(_ *APIKey, u *User) { u.SSOOnly = true }, want: Accepted},
		"revoked, beyond all the other": {given: func(k *APIKey, u *User) { now := int64(1); k.RevokedAt, u.Disabled = &now, true }, want: KeyRevoked},
	} {
		c := newCompany()
		key, owner := c.keys["admin"], c.user("admin")
		from := Origin{Now: noon, Address: netip.MustParseAddr("203.0.113.7")}
		if test.given != nil {
			test.given(key, owner)
		}
		if test.from != nil {
			test.from(&from)
		}
		if got := key.Refuse(owner, from); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
	var none *APIKey
	if got := none.Refuse(newCompany().user("admin"), Origin{Now: noon}); got != KeyUnknown {
		t.Errorf("no key: %q", got)
	}
	if got := newCompany().keys["admin"].Refuse(nil, Origin{Now: noon}); got != KeyUnknown {
		t.Errorf("no owner: %q", got)
	}
}

func TestAddressRules(t *testing.T) {
	t.Parallel()
	for rule, addresses := range map[string]map[string]bool{
		"192.0.2.7":              {"192.0.2.7": true, "::ffff:192.0.2.7": true, "192.0.2.8": false, "::1": false},
		"::ffff:192.0.2.7":       {"192.0.2.7": true, "::ffff:192.0.2.7": true, "192.0.2.8": false},
		"192.0.2.0/24":           {"192.0.2.0": true, "192.0.2.255": true, "::ffff:192.0.2.9": true, "192.0.3.0": false, "2001:db8::1": false},
		"192.0.2.77/24":          {"192.0.2.1": true, "192.0.3.77": false},
		"192.0.2.7/32":           {"192.0.2.7": true, "192.0.2.6": false},
		"0.0.0.0/0":              {"203.0.113.1": true, "::ffff:203.0.113.1": true, "2001:db8::1": false},
		"2001:db8::1":            {"2001:db8::1": true, "2001:db8:0:0:0:0:0:1": true, "2001:db8::2": false, "192.0.2.7": false},
		"2001:DB8::/32":          {"2001:db8:ffff::1": true, "2001:db9::1": false},
		"::/0":                   {"2001:db8::1": true, "::1": true, "192.0.2.7": false},
		"::ffff:192.0.2.0/120":   {"192.0.2.9": true, "::ffff:192.0.2.9": true, "192.0.3.9": false},
		"127.0.0.1":              {"127.0.0.1": true, "::1": false},
		"localhost":              {"127.0.0.1": false, "::1": false},
		"":                       {"192.0.2.7": false},
		"192.0.2.7 ":             {"192.0.2.7": false},
		"192.0.2.0/33":           {"192.0.2.7": false},
		"192.0.2":                {"192.0.2.0": false},
		"192.0.2.0/24,192.0.3.0": {"192.0.2.7": false},
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			for address, admitted := range addresses {
				want := AddressRejected
				if admitted {
					want = Accepted
				}
				c := newCompany()
				c.keys["admin"].IPWhitelist = []string{rule}
				from := Origin{Now: time.Unix(1_770_000_000, 0), Address: netip.MustParseAddr(address)}
				if got := c.keys["admin"].Refuse(c.user("admin"), from); got != want {
					t.Errorf("rule %q, address %s: %q, want %q", rule, address, got, want)
				}
				c.keys["admin"].IPWhitelist = []string{"198.51.100.1", rule, "nonsense"}
				if got := c.keys["admin"].Refuse(c.user("admin"), from); got != want {
					t.Errorf("rule %q among others, address %s: %q, want %q", rule, address, got, want)
				}
			}
		})
	}
}
