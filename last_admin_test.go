package roundtable

import "testing"

// lastAdmin leaves admin as the only ORG_ADMIN of 123 who is enabled and active: the other
// one is invited. Nobody has signed in through SSO.
func lastAdmin(c *company) {
	c.user("admin2").Status = Invited
	delete(c.facts.Admins[123], c.user("admin2").ID)
	c.facts.Orgs[123].SSOProven = false
}

func TestLastOrgAdmin(t *testing.T) {
	t.Parallel()
	const ended = "!connection_tokens_voided:4 !invitations_voided:6 !mails_cancelled:8"
	role, sso := UserPatch{Role: Some("ORG_MANAGER")}, UserPatch{SSOOnly: Some(true)}
	disabled, invited := UserPatch{Disabled: Some(true)}, UserPatch{Status: Some("invited")}
	refused := func(field string) string { return "operation_not_allowed (" + field + ": last_org_admin)" }
	const ssoDone = "password=null sso_only=true !connection_tokens_voided:4 !password_cleared:1 !reset_links_voided:7 !sessions_ended:3"
	run(t, map[string]updateCase{
		"demotes itself":                      {given: lastAdmin, target: "admin", patch: role, want: refused("role")},
		"demoted by another":                  {given: lastAdmin, caller: "admin2", target: "admin", patch: role, want: refused("role")},
		"disabled by another":                 {given: lastAdmin, caller: "admin2", target: "admin", patch: disabled, want: refused("disabled")},
		"invited by another":                  {given: lastAdmin, caller: "admin2", target: "admin", patch: invited, want: refused("status")},
		"all at once, by another":             {given: lastAdmin, caller: "admin2", target: "admin", patch: UserPatch{Role: Some("GROUP_MANAGER"), Disabled: Some(true), Status: Some("invited"), SSOOnly: Some(true), Phone: Some("1")}, want: "operation_not_allowed (disabled: last_org_admin, role: last_org_admin, sso_only: last_org_admin, status: last_org_admin)"},
		"sso_only of itself":                  {given: lastAdmin, target: "admin", patch: sso, want: refused("sso_only")},
		"sso_only, once it has been proved":   {given: func(c *company) { lastAdmin(c); c.facts.Orgs[123].SSOProven = true }, target: "admin", patch: sso, want: ssoDone},
		"sso_only already":                    {given: func(c *company) { lastAdmin(c); c.user("admin").SSOOnly = true }, target: "admin", patch: sso, want: "no change"},
		"out of sso_only":                     {given: func(c *company) { lastAdmin(c); c.user("admin").SSOOnly = true }, target: "admin", patch: UserPatch{SSOOnly: Some(false)}, want: "sso_only=false"},
		"disables itself":                     {given: lastAdmin, target: "admin", patch: disabled, want: "operation_not_allowed (disabled: edit_not_allowed)"},
		"other fields":                        {given: lastAdmin, target: "admin", patch: UserPatch{Phone: Some("1"), Role: Some("ORG_ADMIN")}, want: `phone="1"`},
		"not the last: role":                  {target: "admin", patch: role, want: `role="ORG_MANAGER"`},
		"not the last: sso_only, not proved":  {given: func(c *company) { c.facts.Orgs[123].SSOProven = false }, target: "admin", patch: sso, want: ssoDone},
		"not active any more: role":           {given: lastAdmin, target: "admin2", patch: role, want: `role="ORG_MANAGER"`},
		"not active any more: disabled":       {given: lastAdmin, target: "admin2", patch: disabled, want: "disabled=true " + ended + " !reset_links_voided:7 !sessions_ended:5"},
		"form errors come first":              {given: lastAdmin, target: "admin", patch: role, with: func(u *Update) { u.Form = []FieldError{{Field: "phone", Code: CodeWrongType}} }, want: "invalid (phone: wrong_type)"},
		"a PROVIDER demotes":                  {given: lastAdmin, caller: "provider", target: "admin", patch: role, want: `role="ORG_MANAGER" !org_without_admin:1`},
		"a PROVIDER disables":                 {given: lastAdmin, caller: "provider", target: "admin", patch: disabled, want: "disabled=true !api_keys_suspended:2 " + ended + " !org_without_admin:1 !reset_links_voided:7 !sessions_ended:5"},
		"a PROVIDER invites":                  {given: lastAdmin, caller: "provider", target: "admin", patch: invited, want: `password=null status="invited" !api_keys_suspended:2 !connection_tokens_voided:4 !org_without_admin:1 !password_cleared:1 !reset_links_voided:7 !sessions_ended:5`},
		"a PROVIDER moves":                    {given: lastAdmin, caller: "provider", target: "admin", patch: UserPatch{OrgID: Some[int64](124)}, want: "org_id=124 !api_keys_revoked:2 " + ended + " !org_without_admin:1 !reset_links_voided:7 !sessions_ended:5 !sso_link_removed:1"},
		"a PROVIDER sets sso_only":            {given: lastAdmin, caller: "provider", target: "admin", patch: sso, want: "password=null sso_only=true !connection_tokens_voided:4 !org_without_admin:1 !password_cleared:1 !reset_links_voided:7 !sessions_ended:3"},
		"a PROVIDER, sso_only, proved":        {caller: "provider", target: "admin", patch: sso, want: ssoDone},
		"a PROVIDER, not the last":            {caller: "provider", target: "admin", patch: role, want: `role="ORG_MANAGER"`},
		"a PROVIDER, of no active one":        {given: lastAdmin, caller: "provider", target: "admin2", patch: role, want: `role="ORG_MANAGER"`},
		"the effect needs a change":           {given: lastAdmin, caller: "provider", target: "admin", patch: UserPatch{Role: Some("ORG_ADMIN")}, want: "no change"},
		"the effect is told once":             {given: lastAdmin, caller: "provider", target: "admin", patch: UserPatch{Role: Some("PUBLISHER"), Disabled: Some(true)}, want: `disabled=true role="PUBLISHER" !api_keys_suspended:2 ` + ended + " !org_without_admin:1 !reset_links_voided:7 !sessions_ended:5"},
		"admins of other organisations count": {given: func(c *company) { lastAdmin(c); c.facts.Admins[124]["x"] = true }, target: "admin", patch: role, want: refused("role")},
	})
}

// TestCountAdmin: the guard of the last one must know what earlier items of a batch did.
func TestCountAdmin(t *testing.T) {
	t.Parallel()
	c := newCompany()
	for _, step := range []struct {
		target string
		patch  UserPatch
		left   int
	}{
		{"admin2", UserPatch{Phone: Some("1")}, 2},
		{"admin2", UserPatch{Disabled: Some(true)}, 1},
		{"admin2", UserPatch{Phone: Some("2")}, 1},
		{"manager", UserPatch{Role: Some("ORG_ADMIN")}, 2},
		{"admin2", UserPatch{Disabled: Some(false)}, 3},
		{"admin2", UserPatch{OrgID: Some[int64](124)}, 2},
		{"manager", UserPatch{Status: Some("invited")}, 1},
		{"admin", UserPatch{Role: Some("ORG_MANAGER")}, 0},
	} {
		outcome, err := c.update("provider", step.target, step.patch)
		if err != nil {
			t.Fatal(err)
		}
		c.users[step.target] = outcome.After
		c.facts.CountAdmin(outcome.Before, outcome.After)
		if got := len(c.facts.Admins[123]); got != step.left {
			t.Errorf("%s: %d administrators are left, want %d", told(outcome, nil), got, step.left)
		}
	}
	if !c.facts.Admins[124][c.user("admin2").ID] {
		t.Error("an administrator who moves counts in the new organisation")
	}
}
