package roundtable

import "testing"

func TestOrgID(t *testing.T) {
	t.Parallel()
	to := func(org int64) UserPatch { return UserPatch{OrgID: Some(org)} }
	const unknown = "invalid (org_id: unknown_org)"
	run(t, map[string]updateCase{
		"the present":         {caller: "provider", patch: to(123), want: "no change"},
		"the present, by any": {caller: "group", patch: to(123), want: "no change"},
		"that does not exist": {caller: "provider", patch: to(999), want: unknown},
		"of another provider": {caller: "provider", patch: to(200), want: unknown},
		"null":                {caller: "provider", patch: UserPatch{OrgID: Null[int64]()}, want: "invalid (org_id: null_not_allowed)"},
		"by an ORG_ADMIN":     {patch: to(124), want: "operation_not_allowed (org_id: edit_not_allowed)"},
		"to nowhere":          {patch: to(999), want: "operation_not_allowed (org_id: edit_not_allowed)"},
		"its own":             {caller: "admin", target: "admin", patch: to(124), want: "operation_not_allowed (org_id: edit_not_allowed)"},
	})
}

// TestUnknownOrgTellsNothing: an organisation of another provider is answered as none.
func TestUnknownOrgTellsNothing(t *testing.T) {
	t.Parallel()
	var messages []string
	for _, org := range []int64{200, 999} {
		_, err := newCompany().update("provider", "near", UserPatch{OrgID: Some(org)})
		messages = append(messages, err.(*Error).Fields[0].Message)
	}
	if messages[0] != messages[1] || messages[0] == "" {
		t.Errorf("messages %q", messages)
	}
}

func TestRole(t *testing.T) {
	t.Parallel()
	cases := map[string]updateCase{
		"null":            {patch: UserPatch{Role: Null[string]()}, want: "invalid (role: null_not_allowed)"},
		"the present one": {patch: UserPatch{Role: Some("BUSINESS_MANAGER")}, want: "no change"},
	}
	for _, bad := range []string{"", "KING", "org_admin", "ORG_ADMIN ", "PROVIDER"} {
		cases["not "+bad] = updateCase{patch: UserPatch{Role: Some(bad)}, want: "invalid (role: invalid_choice)"}
	}
	run(t, cases)
}

func TestStatus(t *testing.T) {
	t.Parallel()
	cases := map[string]updateCase{
		"null":            {patch: UserPatch{Status: Null[string]()}, want: "invalid (status: null_not_allowed)"},
		"the present one": {patch: UserPatch{Status: Some("active")}, want: "no change"},
		"active, though without a password": {
			given: func(c *company) {
				c.user("near").Status = Invited
				c.facts.Credentials[c.user("near").ID] = Credentials{}
			},
			patch: UserPatch{Status: Some("active")}, want: `status="active"`,
		},
	}
	for _, bad := range []string{"", "Active", "INVITED", "disabled"} {
		cases["not "+bad] = updateCase{patch: UserPatch{Status: Some(bad)}, want: "invalid (status: invalid_choice)"}
	}
	run(t, cases)
}

// TestDisabledAndStatusOfOneself: never oneself, whoever one is.
func TestDisabledAndStatusOfOneself(t *testing.T) {
	t.Parallel()
	cases := make(map[string]updateCase)
	for _, caller := range []string{"provider", "admin", "manager", "group", "business"} {
		cases[caller] = updateCase{
			caller: caller, target: caller, patch: UserPatch{Disabled: Some(true), Status: Some("invited")},
			want: "operation_not_allowed (disabled: edit_not_allowed, status: edit_not_allowed)",
		}
		cases[caller+" posts what it has"] = updateCase{
			caller: caller, target: caller, patch: UserPatch{Disabled: Some(false), Status: Some("active")}, want: "no change",
		}
	}
	run(t, cases)
}

func TestSSOOnly(t *testing.T) {
	t.Parallel()
	set := func(on bool) UserPatch { return UserPatch{SSOOnly: Some(on)} }
	ssoOnly := func(c *company) { c.user("near").SSOOnly = true }
	const (
		unconfigured = "invalid (sso_only: sso_not_configured)"
		refused      = "operation_not_allowed (sso_only: edit_not_allowed)"
		moved        = "!api_keys_revoked:2 !business_ids_dropped:2 !connection_tokens_voided:4 !invitations_voided:6 !mails_cancelled:8 !reset_links_voided:7 !sessions_ended:5 !sso_link_removed:1"
	)
	moving := func(patch UserPatch) UserPatch { patch.OrgID = Some[int64](124); return patch }
	run(t, map[string]updateCase{
		"without SSO":               {caller: "sister/ORG_ADMIN", target: "sister/ORG_MANAGER", patch: set(true), want: unconfigured},
		"switched off":              {given: func(c *company) { c.facts.Orgs[123].SSO = false }, patch: set(true), want: unconfigured},
		"false without SSO":         {given: func(c *company) { ssoOnly(c); c.facts.Orgs[123].SSO = false }, patch: set(false), want: "sso_only=false"},
		"the present, without SSO":  {given: func(c *company) { ssoOnly(c); c.facts.Orgs[123].SSO = false }, patch: set(true), want: "no change"},
		"null":                      {patch: UserPatch{SSOOnly: Null[bool]()}, want: "invalid (sso_only: null_not_allowed)"},
		"by an ORG_MANAGER":         {caller: "manager", patch: set(true), want: refused},
		"by a GROUP_MANAGER":        {caller: "group", patch: set(true), want: refused},
		"of itself":                 {caller: "near", patch: set(true), want: refused},
		"refused, also without SSO": {given: func(c *company) { c.facts.Orgs[123].SSO = false }, caller: "manager", patch: set(true), want: refused},
		"carried to where is none":  {given: ssoOnly, caller: "provider", patch: moving(UserPatch{}), want: unconfigured},
		"set where is none":         {caller: "provider", patch: moving(set(true)), want: unconfigured},
		"left behind":               {given: ssoOnly, caller: "provider", patch: moving(set(false)), want: "business_ids=[] org_id=124 sso_only=false " + moved},
		"carried to where SSO is": {
			given: func(c *company) { ssoOnly(c); c.facts.Orgs[124].SSO = true }, caller: "provider", patch: moving(set(true)),
			want: "business_ids=[] org_id=124 " + moved,
		},
		"with invited": {
			patch: UserPatch{SSOOnly: Some(true), Status: Some("invited")},
			want:  `password=null sso_only=true status="invited" !api_keys_suspended:2 !connection_tokens_voided:4 !password_cleared:1 !reset_links_voided:7 !sessions_ended:5`,
		},
		"of an invited user": {
			given: func(c *company) { c.user("near").Status = Invited },
			patch: set(true), want: "password=null sso_only=true !connection_tokens_voided:4 !password_cleared:1 !reset_links_voided:7 !sessions_ended:3",
		},
	})
}
