package roundtable

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPasswordRule(t *testing.T) {
	t.Parallel()
	for password, good := range map[string]bool{
		"Roundtable!":                     true, // no digit is needed
		"Abcdef!g":                        true,
		"Abcde!g":                         false, // seven characters
		"":                                false,
		"Éclair-à":                        true, // eight characters, more bytes
		"Éclairà-":                        true,
		"Éclair-":                         false,
		"abcdefg!":                        false, // no upper case
		"ABCDEFG!":                        false, // no lower case
		"Abcdefgh":                        false, // nothing special
		"Abcdefg1":                        false, // a digit is not special
		"Abcdefg٣":                        false, // in no script
		"Abcdefg ":                        false, // nor is white space
		"Abcdefg\u00A0":                   false,
		"Abcdefg\u3000":                   false,
		"Abcdefgé":                        false, // nor is a letter
		"Abcdefg中":                        false,
		"Abcdefg€":                        true,
		"Abcdefg_":                        true,
		"Abcdefg🛡":                        true,
		"Пароль-да":                       true, // letters of any script
		"пароль-да":                       false,
		"ΟΔΥΣΣΕΥΣ-":                       false,
		"Abcdefg½":                        true, // neither letter, digit nor white space
		" Abcdef! ":                       true, // kept as typed
		"A!" + strings.Repeat("é", 126):   true, // 128 characters
		"A!" + strings.Repeat("é", 127):   false,
		"A!" + strings.Repeat("e", 1<<16): false,
	} {
		t.Run(fmt.Sprintf("%.20q, %d characters", password, utf8.RuneCountInString(password)), func(t *testing.T) {
			t.Parallel()
			problem := passwordProblem(password)
			if (problem == nil) != good || problem != nil && problem.code != CodeWeakPassword {
				t.Errorf("problem %v, want it good: %v", problem, good)
			}
		})
	}
}

func TestPassword(t *testing.T) {
	t.Parallel()
	const (
		good = "Excalibur!"
		set  = `password="***" !reset_links_voided:7 !sessions_ended:5`
	)
	ssoOnly := func(c *company) { c.user("near").SSOOnly = true }
	invited := func(c *company) { c.user("near").Status = Invited }
	without := func(c *company) { c.facts.Credentials[c.user("near").ID] = Credentials{} }
	run(t, map[string]updateCase{
		"set":                        {patch: UserPatch{Password: Some(good)}, want: set},
		"set where there was none":   {given: without, patch: UserPatch{Password: Some(good)}, want: `password="***"`},
		"set by the user":            {caller: "near", patch: UserPatch{Password: Some(good)}, want: set},
		"weak":                       {patch: UserPatch{Password: Some("<string>")}, want: "invalid (password: weak_password)"},
		"empty":                      {patch: UserPatch{Password: Some("")}, want: "invalid (password: weak_password)"},
		"of an sso_only user":        {given: ssoOnly, patch: UserPatch{Password: Some(good)}, want: "invalid (password: password_not_usable)"},
		"with sso_only in one call":  {patch: UserPatch{Password: Some(good), SSOOnly: Some(true)}, want: "invalid (password: password_not_usable)"},
		"of an invited user":         {given: invited, patch: UserPatch{Password: Some(good)}, want: "invalid (password: password_not_usable)"},
		"with invited in one call":   {patch: UserPatch{Password: Some(good), Status: Some("invited")}, want: "invalid (password: password_not_usable)"},
		"while sso_only ends":        {given: ssoOnly, patch: UserPatch{Password: Some(good), SSOOnly: Some(false)}, want: "password=\"***\" sso_only=false !reset_links_voided:7 !sessions_ended:5"},
		"while an invitation ends":   {given: invited, patch: UserPatch{Password: Some(good), Status: Some("active")}, want: "password=\"***\" status=\"active\" !api_keys_restored:2 !invitations_voided:6 !reset_links_voided:7 !sessions_ended:5"},
		"null":                       {patch: UserPatch{Password: Null[string]()}, want: "invalid (password: null_not_allowed)"},
		"null of an invited user":    {given: invited, patch: UserPatch{Password: Null[string]()}, want: "invalid (password: null_not_allowed)"},
		"null of an sso_only user":   {given: ssoOnly, patch: UserPatch{Password: Null[string]()}, want: "password=null !password_cleared:1"},
		"null with sso_only":         {patch: UserPatch{Password: Null[string](), SSOOnly: Some(true)}, want: "password=null sso_only=true !connection_tokens_voided:4 !password_cleared:1 !reset_links_voided:7 !sessions_ended:3"},
		"null while sso_only ends":   {given: ssoOnly, patch: UserPatch{Password: Null[string](), SSOOnly: Some(false)}, want: "invalid (password: null_not_allowed)"},
		"null, by the user itself":   {given: ssoOnly, caller: "near", patch: UserPatch{Password: Null[string]()}, want: "password=null !password_cleared:1"},
		"null where there is no one": {given: func(c *company) { ssoOnly(c); without(c) }, patch: UserPatch{Password: Null[string]()}, want: "no change"},
		"null, refused":              {caller: "group", target: "partly", patch: UserPatch{Password: Null[string]()}, want: "operation_not_allowed"},
	})
}
