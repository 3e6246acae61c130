package roundtable

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// The user of these cases has two businesses and, of each kind, the credentials of
// someCredentials.

func TestEffects(t *testing.T) {
	t.Parallel()
	invited := func(c *company) { c.user("near").Status = Invited }
	disabled := func(c *company) { c.user("near").Disabled = true }
	poor := func(c *company) { c.facts.Credentials[c.user("near").ID] = Credentials{} }
	const ended = "!connection_tokens_voided:4 !invitations_voided:6 !mails_cancelled:8 !reset_links_voided:7 !sessions_ended:5"
	run(t, map[string]updateCase{
		"e-mail":                      {patch: UserPatch{Email: Some("a@b.com")}, want: emailChange("a@b.com")},
		"nothing to end":              {given: poor, patch: UserPatch{Email: Some("a@b.com"), Disabled: Some(true), Status: Some("invited")}, want: `disabled=true email="a@b.com" status="invited"`},
		"disable":                     {patch: UserPatch{Disabled: Some(true)}, want: "disabled=true !api_keys_suspended:2 " + ended},
		"enable":                      {given: disabled, patch: UserPatch{Disabled: Some(false)}, want: "disabled=false !api_keys_restored:2"},
		"disable an invited user":     {given: invited, patch: UserPatch{Disabled: Some(true)}, want: "disabled=true " + ended},
		"enable an invited user":      {given: func(c *company) { invited(c); disabled(c) }, patch: UserPatch{Disabled: Some(false)}, want: "disabled=false"},
		"enable and activate":         {given: func(c *company) { invited(c); disabled(c) }, patch: UserPatch{Disabled: Some(false), Status: Some("active")}, want: `disabled=false status="active" !api_keys_restored:2 !invitations_voided:6`},
		"invite":                      {patch: UserPatch{Status: Some("invited")}, want: `password=null status="invited" !api_keys_suspended:2 !connection_tokens_voided:4 !password_cleared:1 !reset_links_voided:7 !sessions_ended:5`},
		"activate":                    {given: invited, patch: UserPatch{Status: Some("active")}, want: `status="active" !api_keys_restored:2 !invitations_voided:6`},
		"activate a disabled user":    {given: func(c *company) { invited(c); disabled(c) }, patch: UserPatch{Status: Some("active")}, want: `status="active" !invitations_voided:6`},
		"password":                    {patch: UserPatch{Password: Some("Excalibur!")}, want: `password="***" !reset_links_voided:7 !sessions_ended:5`},
		"sso_only":                    {patch: UserPatch{SSOOnly: Some(true)}, want: "password=null sso_only=true !connection_tokens_voided:4 !password_cleared:1 !reset_links_voided:7 !sessions_ended:3"},
		"no longer sso_only":          {given: func(c *company) { c.user("near").SSOOnly = true }, patch: UserPatch{SSOOnly: Some(false)}, want: "sso_only=false"},
		"what ends nothing":           {patch: UserPatch{FirstName: Some("A"), LastName: Some("B"), Phone: Some("1"), Lang: Some("de"), Keywords: Some([]string{"k"}), ReceiveReviewsEmailNotifications: Some(true)}, want: `first_name="A" keywords=["k"] lang="de" last_name="B" phone="1" receive_reviews_email_notifications=true`},
		"no change has no effect":     {given: disabled, patch: UserPatch{Disabled: Some(true), Email: Some("near@kaamelott.com")}, want: "no change"},
		"sessions are counted once":   {patch: UserPatch{SSOOnly: Some(true), Disabled: Some(true)}, want: "disabled=true password=null sso_only=true !api_keys_suspended:2 " + strings.Replace(ended, " !reset", " !password_cleared:1 !reset", 1)},
		"password sessions are fewer": {given: func(c *company) { c.facts.Credentials[c.user("near").ID] = Credentials{Sessions: 2} }, patch: UserPatch{SSOOnly: Some(true)}, want: "sso_only=true"},
	})
}

func TestEffectsOfRoleChange(t *testing.T) {
	t.Parallel()
	run(t, map[string]updateCase{
		"BUSINESS_MANAGER becomes GROUP_MANAGER":      {patch: UserPatch{Role: Some("GROUP_MANAGER")}, want: `business_ids=[] role="GROUP_MANAGER" !business_ids_dropped:2`},
		"BUSINESS_MANAGER becomes ORG_ADMIN":          {patch: UserPatch{Role: Some("ORG_ADMIN")}, want: `business_ids=[] role="ORG_ADMIN" !business_ids_dropped:2`},
		"BUSINESS_MANAGER without businesses":         {target: "none", patch: UserPatch{Role: Some("ORG_MANAGER")}, want: `role="ORG_MANAGER"`},
		"GROUP_MANAGER becomes BUSINESS_MANAGER":      {target: "group", patch: UserPatch{Role: Some("BUSINESS_MANAGER")}, want: `accesses=[] role="BUSINESS_MANAGER" !accesses_dropped:2`},
		"GROUP_MANAGER becomes PUBLISHER":             {caller: "provider", target: "group", patch: UserPatch{Role: Some("PUBLISHER")}, want: `accesses=[] role="PUBLISHER" !accesses_dropped:2`},
		"ORG_MANAGER becomes ORG_ADMIN":               {target: "manager", patch: UserPatch{Role: Some("ORG_ADMIN")}, want: `role="ORG_ADMIN"`},
		"with the list that the new role uses":        {patch: UserPatch{Role: Some("GROUP_MANAGER"), Accesses: Some([][]int64{{1}})}, want: `accesses=[[1]] business_ids=[] role="GROUP_MANAGER" !business_ids_dropped:2`},
		"with the list that the new role uses, twice": {target: "groupNear", patch: UserPatch{Role: Some("BUSINESS_MANAGER"), BusinessIDs: Some([]string{shop(3)}), Accesses: Some([][]int64{{2}})}, want: `accesses=[] business_ids=["` + shop(3) + `"] role="BUSINESS_MANAGER" !accesses_dropped:1`},
		"with the list that it does not use":          {patch: UserPatch{Role: Some("ORG_MANAGER"), BusinessIDs: Some([]string{shop(3)})}, want: `business_ids=[] role="ORG_MANAGER" !business_ids_dropped:2 ~business_ids`},
		"with the present list":                       {patch: UserPatch{Role: Some("ORG_MANAGER"), BusinessIDs: Some([]string{shop(1), shop(2)})}, want: `business_ids=[] role="ORG_MANAGER" !business_ids_dropped:2`},
	})
}

// TestDroppedListsStayDropped: they must not come back to life with the old role.
func TestDroppedListsStayDropped(t *testing.T) {
	t.Parallel()
	for target, there := range map[string]string{"near": "GROUP_MANAGER", "groupNear": "BUSINESS_MANAGER"} {
		c := newCompany()
		back := string(c.user(target).Role)
		for _, role := range []string{there, back} {
			outcome, err := c.update("admin", target, UserPatch{Role: Some(role)})
			if err != nil {
				t.Fatal(err)
			}
			c.users[target] = outcome.After
		}
		if u := c.user(target); len(u.BusinessIDs) > 0 || len(u.Accesses) > 0 || u.BusinessIDs == nil || u.Accesses == nil {
			t.Errorf("%s has %q and %v", target, u.BusinessIDs, u.Accesses)
		}
	}
}

func TestEffectsOfMove(t *testing.T) {
	t.Parallel()
	const (
		ended    = "!connection_tokens_voided:4 !invitations_voided:6 !mails_cancelled:8 !reset_links_voided:7 !sessions_ended:5"
		gone     = "!api_keys_revoked:2 " + ended + " !sso_link_removed:1"
		dropped  = "!api_keys_revoked:2 !business_ids_dropped:2 " + ended + " !sso_link_removed:1"
		dropped2 = "!accesses_dropped:1 " + gone
	)
	to := func(patch UserPatch) UserPatch { patch.OrgID = Some[int64](124); return patch }
	cut := func(effects string) string { // the effect of pages stands before that of the SSO link
		return strings.Replace(effects, " !sso_link", " !sidebar_pages_cut:1 !sso_link", 1)
	}
	given := func(pages []string, kept ...string) func(*company) {
		return func(c *company) {
			c.user("near").SidebarPages = pages
			c.facts.Orgs[124].SidebarPages = kept
		}
	}
	cases := map[string]updateCase{
		"a BUSINESS_MANAGER":             {patch: to(UserPatch{}), want: "business_ids=[] org_id=124 " + dropped},
		"with new businesses":            {patch: to(UserPatch{BusinessIDs: Some([]string{shop(22)})}), want: `business_ids=["` + shop(22) + `"] org_id=124 ` + gone},
		"with the present businesses":    {patch: to(UserPatch{BusinessIDs: Some([]string{shop(1), shop(2)})}), want: "business_ids=[] org_id=124 " + dropped},
		"with null businesses":           {patch: to(UserPatch{BusinessIDs: Null[[]string]()}), want: "business_ids=[] org_id=124 " + gone},
		"a GROUP_MANAGER":                {target: "groupNear", patch: to(UserPatch{}), want: "accesses=[] org_id=124 " + dropped2},
		"with new accesses":              {target: "groupNear", patch: to(UserPatch{Accesses: Some([][]int64{{7}})}), want: "accesses=[[7]] org_id=124 " + gone},
		"with the present accesses":      {target: "groupNear", patch: to(UserPatch{Accesses: Some([][]int64{{2}})}), want: "accesses=[] org_id=124 " + dropped2},
		"and another role":               {target: "groupNear", patch: to(UserPatch{Role: Some("ORG_MANAGER")}), want: `accesses=[] org_id=124 role="ORG_MANAGER" ` + dropped2},
		"and disabled: keys go for good": {patch: to(UserPatch{Disabled: Some(true)}), want: "business_ids=[] disabled=true org_id=124 " + dropped},
		"pages are cut":                  {given: given([]string{"posts", "diffusion"}, "posts"), patch: to(UserPatch{}), want: `business_ids=[] org_id=124 sidebar_pages=["posts"] ` + cut(dropped)},
		"the last page is cut":           {given: given([]string{"diffusion"}, "posts"), patch: to(UserPatch{}), want: "business_ids=[] org_id=124 sidebar_pages=[] " + cut(dropped)},
		"no page of its own":             {given: given(nil, "posts"), patch: to(UserPatch{}), want: "business_ids=[] org_id=124 " + dropped},
		"pages named again are cut":      {given: given([]string{"posts", "diffusion"}, "posts"), patch: to(UserPatch{SidebarPages: Some([]string{"posts", "diffusion"})}), want: `business_ids=[] org_id=124 sidebar_pages=["posts"] ` + cut(dropped)},
		"new pages there":                {given: given([]string{"posts", "diffusion"}, "posts"), patch: to(UserPatch{SidebarPages: Some([]string{"posts"})}), want: `business_ids=[] org_id=124 sidebar_pages=["posts"] ` + dropped},
		"new pages not there":            {given: given([]string{"posts"}, "posts"), patch: to(UserPatch{SidebarPages: Some([]string{"messages", "posts"})}), want: "invalid (sidebar_pages.0: page_not_available)"},
	}
	for name, test := range cases {
		test.caller = "provider"
		cases[name] = test
	}
	run(t, cases)
}

// TestMoveKeepsPagesThatAreNamed: who posts back the pages that a reader got means those,
// also where the new organisation has more. Nothing is granted in silence.
func TestMoveKeepsPagesThatAreNamed(t *testing.T) {
	t.Parallel()
	for _, own := range [][]string{nil, {"posts"}, {"messages", "posts"}} {
		checkMoveKeepsPages(t, own)
	}
}

func checkMoveKeepsPages(t *testing.T, own []string) {
	t.Helper()
	c := newCompany()
	c.user("near").SidebarPages = own
	c.facts.Orgs[123].SidebarPages = []string{"posts"}
	c.facts.Orgs[124].SidebarPages = []string{"messages", "posts"}
	seen := c.user("near").View(c.facts.Orgs[123])
	outcome, err := c.update("provider", "near", UserPatch{OrgID: Some[int64](124), SidebarPages: Some(seen.SidebarPages)})
	if err != nil {
		t.Fatal(err)
	}
	if got := outcome.After.View(outcome.Org).SidebarPages; !slices.Equal(got, []string{"posts"}) {
		t.Errorf("asked for %q, got %q, told %s", seen.SidebarPages, got, told(outcome, nil))
	}
}

func TestCredentialsLeft(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		patch UserPatch
		want  func(*Credentials)
	}{
		"a phone": {UserPatch{Phone: Some("1")}, func(*Credentials) {}},
		"password": {UserPatch{Password: Some("Excalibur!")}, func(c *Credentials) {
			c.Sessions, c.PasswordSessions, c.ResetLinks = 0, 0, 0
		}},
		"sso_only": {UserPatch{SSOOnly: Some(true)}, func(c *Credentials) {
			c.Passwords, c.Sessions, c.PasswordSessions, c.ConnectionTokens, c.ResetLinks = 0, 2, 0, 0, 0
		}},
		"disabled": {UserPatch{Disabled: Some(true)}, func(c *Credentials) {
			c.Sessions, c.PasswordSessions, c.ConnectionTokens, c.Invitations, c.ResetLinks, c.Mails = 0, 0, 0, 0, 0, 0
		}},
		"move": {UserPatch{OrgID: Some[int64](124)}, func(c *Credentials) { *c = Credentials{Passwords: 1} }},
	} {
		want := someCredentials()
		test.want(&want)
		outcome, err := newCompany().update("provider", "near", test.patch)
		if err != nil || outcome.Credentials != want {
			t.Errorf("%s: %s\n got %+v\nwant %+v", name, told(outcome, err), outcome.Credentials, want)
		}
	}
	c := newCompany()
	c.facts.Credentials[c.user("near").ID] = Credentials{}
	if outcome, err := c.update("admin", "near", UserPatch{Password: Some("Excalibur!")}); err != nil || outcome.Credentials.Passwords != 1 {
		t.Errorf("a first password: %s", told(outcome, err))
	}
}

// effectNames is the closed list of section 1.8.
func effectNames() []EffectName {
	return []EffectName{
		"accesses_dropped", "business_ids_dropped", "sidebar_pages_cut", "password_cleared", "sessions_ended", "api_keys_suspended",
		"api_keys_restored", "api_keys_revoked", "connection_tokens_voided", "invitations_voided", "reset_links_voided",
		"sso_link_removed", "mails_cancelled", "org_without_admin",
	}
}

// TestEffectsAreAllReachable: no name of the list without a way to it.
func TestEffectsAreAllReachable(t *testing.T) {
	t.Parallel()
	seen := make(map[EffectName]bool)
	collect := func(c *company, target string, patch UserPatch) {
		outcome, err := c.update("provider", target, patch)
		if err != nil {
			t.Fatal(err)
		}
		for _, effect := range outcome.Effects {
			seen[effect.Effect] = true
		}
	}
	cut := newCompany()
	cut.facts.Orgs[124].SidebarPages = []string{"posts"}
	cut.user("group").SidebarPages = []string{"messages"}
	collect(cut, "group", UserPatch{OrgID: Some[int64](124)})
	collect(newCompany(), "near", UserPatch{Role: Some("ORG_ADMIN"), Status: Some("invited")})
	enabled := newCompany()
	enabled.user("near").Disabled = true
	collect(enabled, "near", UserPatch{Disabled: Some(false)})
	collect(newCompany(), "sister/ORG_ADMIN", UserPatch{Role: Some("ORG_MANAGER")})
	want := effectNames()
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, want) {
		t.Errorf("seen %q", got)
	}
}
