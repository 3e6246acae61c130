package roundtable

import (
	"strings"
	"testing"
	"time"
)

func TestDeletion(t *testing.T) {
	t.Parallel()
	const gone = "deleted=true !api_keys_revoked:2 !connection_tokens_voided:4 !invitations_voided:6 !mails_cancelled:8 !password_cleared:1" +
		" !reset_links_voided:7 !sessions_ended:5 !sso_link_removed:1"
	last := func(c *company) { delete(c.facts.Admins[123], c.user("admin").ID) }
	for name, test := range map[string]struct {
		given          func(*company)
		caller, target string
		match          Precondition
		want           string
	}{
		"an administrator": {caller: "admin", target: "admin2", want: gone},
		"a manager of shops": {
			caller: "group", target: "near",
			want: "deleted=true !api_keys_revoked:2 !business_ids_dropped:2 !connection_tokens_voided:4 !invitations_voided:6 !mails_cancelled:8" +
				" !password_cleared:1 !reset_links_voided:7 !sessions_ended:5 !sso_link_removed:1",
		},
		"a manager of groups": {
			caller: "manager", target: "group",
			given: func(c *company) { c.facts.Credentials[c.user("group").ID] = Credentials{} },
			want:  "deleted=true !accesses_dropped:2",
		},
		"itself":                    {caller: "admin", target: "admin", want: "operation_not_allowed"},
		"a PUBLISHER":               {caller: "admin", target: "publisher", want: gone},
		"the last administrator":    {caller: "admin", target: "admin2", given: last, want: "last_org_admin"},
		"the last, by a PROVIDER":   {caller: "provider", target: "admin2", given: last, want: strings.Replace(gone, " !password", " !org_without_admin:1 !password", 1)},
		"one who cannot sign in":    {caller: "admin", target: "admin2", given: func(c *company) { last(c); c.user("admin2").Disabled = true }, want: gone},
		"as it was seen":            {caller: "admin", target: "admin2", match: Precondition{Given: true, States: seen(3)}, want: gone},
		"as it is not any more":     {caller: "admin", target: "admin2", match: Precondition{Given: true, States: seen(2)}, want: "version_conflict"},
		"rights come before states": {caller: "manager", target: "admin2", match: Precondition{Given: true, States: seen(2)}, want: "operation_not_allowed"},
		"a key that may only read": {
			caller: "admin", target: "admin2", want: "operation_not_allowed",
			given: func(c *company) {
				c.keys["admin"].HasRestrictedPermissions, c.keys["admin"].Permissions = true, []string{PermissionUserRead}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany()
			if test.given != nil {
				test.given(c)
			}
			if got := told(DeleteUser(c.actor(test.caller), c.user(test.target), test.match, c.facts)); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	for name, test := range map[string]struct {
		given func(*company, *User)
		last  time.Time
		want  string // empty: a mail
	}{
		"the first":           {},
		"five minutes later":  {last: now.Add(-InvitationInterval)},
		"too early":           {last: now.Add(time.Second - InvitationInterval), want: "rate_limited"},
		"by a clock set back": {last: now.Add(time.Second)},
		"active":              {given: func(_ *company, u *User) { u.Status = Active }, want: "invalid (status: user_active)"},
		"all that is wrong": {
			given: func(_ *company, u *User) { u.Status, u.Disabled, u.SSOOnly = Active, true, true }, last: now,
			want: "invalid (status: user_active, disabled: user_disabled, sso_only: user_sso_only)",
		},
		"pages that the caller lacks": {
			given: func(c *company, _ *User) { c.user("manager").SidebarPages = []string{"posts"} }, want: "operation_not_allowed",
		},
		"a key that may only read": {
			given: func(c *company, _ *User) {
				c.keys["manager"].HasRestrictedPermissions, c.keys["manager"].Permissions = true, []string{PermissionUserRead}
			},
			want: "operation_not_allowed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany()
			target := c.user("near")
			target.Status = Invited
			if test.given != nil {
				test.given(c, target)
			}
			got := ""
			if err := InviteUser(c.actor("manager"), target, test.last, now, c.facts); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
