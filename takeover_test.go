package roundtable

import "testing"

// TestTakingOver: who sets an e-mail, a password or the status must hold all that the
// target holds; sidebar pages are what an administrator can lack.
func TestTakingOver(t *testing.T) {
	t.Parallel()
	const good = "Excalibur!"
	all := UserPatch{Email: Some("a@b.com"), Password: Some(good), Status: Some("invited")}
	const refused = "operation_not_allowed (email: edit_not_allowed, password: edit_not_allowed, status: edit_not_allowed)"
	harmless := UserPatch{FirstName: Some("A"), Phone: Some("1"), Disabled: Some(false), Lang: Some("de")}
	has := func(caller string, pages []string, target string, theirs []string) func(*company) {
		return func(c *company) { c.user(caller).SidebarPages, c.user(target).SidebarPages = pages, theirs }
	}
	hidden := func(given func(*company)) func(*company) {
		return func(c *company) { given(c); c.facts.Orgs[123].SidebarPages = []string{"posts"} }
	}
	posts, two, none := []string{"posts"}, []string{"posts", "messages"}, []string{}
	const emailed = `email="a@b.com" !connection_tokens_voided:4 !invitations_voided:6 !reset_links_voided:7 !sso_link_removed:1`
	email := UserPatch{Email: Some("a@b.com")}
	run(t, map[string]updateCase{
		"the target has all pages":            {given: has("manager", posts, "near", nil), caller: "manager", patch: all, want: refused},
		"one more page":                       {given: has("manager", posts, "groupNear", two), caller: "manager", target: "groupNear", patch: all, want: refused},
		"a GROUP_MANAGER":                     {given: has("group", posts, "near", two), caller: "group", patch: all, want: refused},
		"a caller without pages":              {given: has("group", none, "near", posts), caller: "group", patch: all, want: refused},
		"the same pages":                      {given: has("manager", two, "near", two), caller: "manager", patch: email, want: emailed},
		"fewer pages":                         {given: has("manager", two, "near", posts), caller: "manager", patch: email, want: emailed},
		"a target without pages":              {given: has("group", none, "near", none), caller: "group", patch: email, want: emailed},
		"both without a list":                 {given: has("group", nil, "near", nil), caller: "group", patch: email, want: emailed},
		"a caller without a list":             {given: has("group", nil, "near", two), caller: "group", patch: email, want: emailed},
		"all pages, listed":                   {given: has("manager", SidebarPages(), "near", nil), caller: "manager", patch: email, want: emailed},
		"a page that is hidden for now":       {given: hidden(has("manager", posts, "near", two)), caller: "manager", patch: email, want: "operation_not_allowed (email: edit_not_allowed)"},
		"hidden, and the caller has it, too":  {given: hidden(has("manager", two, "near", two)), caller: "manager", patch: email, want: emailed},
		"hidden, and the caller has no list":  {given: hidden(has("manager", nil, "near", two)), caller: "manager", patch: email, want: emailed},
		"an ORG_ADMIN holds all":              {given: has("admin", posts, "near", nil), patch: email, want: emailed},
		"as does a PROVIDER":                  {given: has("provider", none, "near", nil), caller: "provider", patch: email, want: emailed},
		"other fields":                        {given: has("manager", posts, "near", nil), caller: "manager", patch: harmless, want: `first_name="A" lang="de" phone="1"`},
		"disabling is no taking over":         {given: has("manager", posts, "near", nil), caller: "manager", patch: UserPatch{Disabled: Some(true)}, want: "disabled=true !api_keys_suspended:2 !connection_tokens_voided:4 !invitations_voided:6 !mails_cancelled:8 !reset_links_voided:7 !sessions_ended:5"},
		"nor is a role":                       {given: has("manager", posts, "near", nil), caller: "manager", patch: UserPatch{Role: Some("GROUP_MANAGER")}, want: `business_ids=[] role="GROUP_MANAGER" !business_ids_dropped:2`},
		"the present values":                  {given: has("manager", posts, "near", nil), caller: "manager", patch: UserPatch{Email: Some("near@kaamelott.com"), Status: Some("active"), SSOOnly: Some(false)}, want: "no change"},
		"activating takes over, too":          {given: func(c *company) { has("manager", posts, "near", nil)(c); c.user("near").Status = Invited }, caller: "manager", patch: UserPatch{Status: Some("active")}, want: "operation_not_allowed (status: edit_not_allowed)"},
		"another spelling of the address":     {given: has("manager", posts, "near", nil), caller: "manager", patch: UserPatch{Email: Some("NEAR@kaamelott.com")}, want: "operation_not_allowed (email: edit_not_allowed)"},
		"oneself, whatever pages":             {given: has("manager", posts, "manager", posts), caller: "manager", target: "manager", patch: UserPatch{Password: Some(good)}, want: `password="***" !reset_links_voided:7 !sessions_ended:5`},
		"an ORG_MANAGER over an ORG_ADMIN":    {caller: "manager", target: "admin", patch: UserPatch{Password: Some(good)}, want: "operation_not_allowed"},
		"a GROUP_MANAGER over one of its own": {caller: "group", patch: UserPatch{Password: Some(good)}, want: `password="***" !reset_links_voided:7 !sessions_ended:5`},
		"and over one who has more shops":     {caller: "group", target: "partly", patch: UserPatch{Password: Some(good)}, want: "operation_not_allowed"},
	})
}

// limits are the ways in which a key can be narrower than its owner.
func limits() map[string]func(*APIKey) {
	return map[string]func(*APIKey){
		"restricted": func(k *APIKey) {
			k.HasRestrictedPermissions, k.Permissions = true, []string{PermissionUserRead, PermissionUserEdit}
		},
		"expiring": func(k *APIKey) { day := "2099-01-01"; k.ExpirationDate = &day },
		"bound":    func(k *APIKey) { k.IPWhitelist = []string{"192.0.2.0/24"} },
	}
}

// TestKeyCeiling: a key that is narrower than its owner may not become its owner.
func TestKeyCeiling(t *testing.T) {
	t.Parallel()
	password := UserPatch{Password: Some("Excalibur!")}
	cases := make(map[string]updateCase)
	for limit, set := range limits() {
		for _, caller := range []string{"provider", "admin", "manager", "group", "business"} {
			given := func(c *company) { set(c.keys[caller]) }
			cases[limit+" key of "+caller] = updateCase{given: given, caller: caller, target: caller, patch: password, want: "operation_not_allowed (password: key_ceiling)"}
			cases[limit+" key of "+caller+", harmless"] = updateCase{given: given, caller: caller, target: caller, patch: UserPatch{Phone: Some("1")}, want: `phone="1"`}
		}
		cases[limit+" key on somebody else"] = updateCase{
			given: func(c *company) { set(c.keys["admin"]) }, patch: password, want: `password="***" !reset_links_voided:7 !sessions_ended:5`,
		}
		cases[limit+" key, the password beside another refusal"] = updateCase{
			given: func(c *company) { set(c.keys["business"]) }, caller: "business", target: "business",
			patch: UserPatch{Password: Some("weak"), Role: Some("ORG_ADMIN"), Phone: Some("?")},
			want:  "operation_not_allowed (password: key_ceiling, role: edit_not_allowed)",
		}
	}
	run(t, cases)
}

// TestLimitedKeyCannotReaddressItsOwner: a reset link to the new address would be worth a
// password, so the other fields that take over fall under the ceiling, too.
func TestLimitedKeyCannotReaddressItsOwner(t *testing.T) {
	t.Parallel()
	cases := make(map[string]updateCase)
	for limit, set := range limits() {
		given := func(c *company) { set(c.keys["admin"]) }
		cases[limit+" key, e-mail"] = updateCase{given: given, target: "admin", patch: UserPatch{Email: Some("a@b.com")}, want: "operation_not_allowed (email: key_ceiling)"}
		cases[limit+" key, sso_only"] = updateCase{given: given, target: "admin", patch: UserPatch{SSOOnly: Some(true)}, want: "operation_not_allowed (sso_only: key_ceiling)"}
		cases[limit+" key, the present"] = updateCase{given: given, target: "admin", patch: UserPatch{Email: Some("admin@kaamelott.com"), SSOOnly: Some(false)}, want: "no change"}
	}
	run(t, cases)
}

// TestRestrictedKey: a key does what its owner may and it names.
func TestRestrictedKey(t *testing.T) {
	t.Parallel()
	with := func(caller string, permissions ...string) func(*company) {
		return func(c *company) {
			c.keys[caller].HasRestrictedPermissions, c.keys[caller].Permissions = true, permissions
		}
	}
	phone := UserPatch{Phone: Some("1")}
	run(t, map[string]updateCase{
		"may edit":                       {given: with("admin", PermissionUserEdit), patch: phone, want: `phone="1"`},
		"may read only":                  {given: with("admin", PermissionUserRead), patch: phone, want: "operation_not_allowed"},
		"may read only, nothing asked":   {given: with("admin", PermissionUserRead), want: "operation_not_allowed"},
		"may do nothing":                 {given: with("admin"), patch: phone, want: "operation_not_allowed"},
		"may do something else":          {given: with("admin", "user_edits", "USER_EDIT", ""), patch: phone, want: "operation_not_allowed"},
		"on its owner":                   {given: with("business", PermissionUserRead), caller: "business", target: "business", patch: phone, want: "operation_not_allowed"},
		"not readable":                   {given: with("admin", PermissionUserRead), target: "foreign/ORG_ADMIN", patch: phone, want: "not_found"},
		"names without being restricted": {given: func(c *company) { c.keys["admin"].Permissions = []string{PermissionUserRead} }, patch: phone, want: `phone="1"`},
		"form errors come first":         {given: with("admin"), patch: phone, with: func(u *Update) { u.Form = []FieldError{{Field: "x", Code: CodeUnknownField}} }, want: "invalid (x: unknown_field)"},
	})
}
