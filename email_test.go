package roundtable

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEmailKeyIsOneForOneAddress(t *testing.T) {
	t.Parallel()
	for key, addresses := range map[string][]string{
		"perceval@kaamelott.com": {
			"perceval@kaamelott.com", "Perceval@Kaamelott.com", "PERCEVAL@KAAMELOTT.COM", " perceval@kaamelott.com ",
			"\tperceval@kaamelott.com\r\n", "perceval@ｋａａｍｅｌｏｔｔ.com", "perceval@kaamelott。com",
		},
		"percéval@kaamelott.com": {"percéval@kaamelott.com", "perce\u0301val@kaamelott.com", "PERCÉVAL@kaamelott.com", "PERCE\u0301VAL@kaamelott.com"},
		"lancelot@xn--bcher-kva.example": {
			"lancelot@bücher.example", "lancelot@BÜCHER.example", "lancelot@bu\u0308cher.example",
			"lancelot@xn--bcher-kva.example", "Lancelot@XN--BCHER-KVA.example",
		},
		"артур@xn--80akhbyknj4f.xn--p1ai": {"артур@испытание.рф", "АРТУР@ИСПЫТАНИЕ.РФ"},
		"ω@example.org":                   {"ω@example.org", "Ω@example.org", "\u2126@example.org"},
		"k@example.org":                   {"k@example.org", "\u212A@example.org"},
		"a.b+tag!#$%&'*/=?^_`{|}~-@x.org": {"A.B+Tag!#$%&'*/=?^_`{|}~-@X.org"},
		"亚瑟@xn--fiqs8s.xn--fiqs8s":        {"亚瑟@中国.中国"},
	} {
		for _, address := range addresses {
			if got, ok := EmailKey(address); !ok || got != key {
				t.Errorf("key of %+q: %+q, %v, want %+q", address, got, ok, key)
			}
		}
	}
}

func TestEmailKeyTellsAddressesApart(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"perceval@kaamelott.com", "perceval@kaamelott.org"},
		{"perceval@kaamelott.com", "perceval@mail.kaamelott.com"},
		{"perceval@kaamelott.com", "per.ceval@kaamelott.com"},
		{"perceval@kaamelott.com", "perceval+grail@kaamelott.com"},
		{"perceval@kaamelott.com", "percéval@kaamelott.com"},
		{"perceval@kaamelott.com", "pеrceval@kaamelott.com"}, // a Cyrillic e
		{"strasse@example.org", "straße@example.org"},        // lower case, not case folding
		{"a@strasse.example", "a@straße.example"},            // IDNA of 2008
		{"a@example.org", "ａ@example.org"},                   // NFC, not NFKC
	} {
		one, ok := EmailKey(pair[0])
		other, alsoOK := EmailKey(pair[1])
		if !ok || !alsoOK || one == other {
			t.Errorf("%q: %q, %v; %q: %q, %v", pair[0], one, ok, pair[1], other, alsoOK)
		}
	}
}

func TestEmailKeyRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", " ", "perceval", "@", "@kaamelott.com", "perceval@", "perceval@kaamelott", "a@@b.com", "a@b@c.com", "a b@c.com", "a@b c.com",
		".a@b.com", "a.@b.com", "a..b@c.com", "a@.b.com", "a@b..com", "a@-b.com", "a@b-.com", "a@b_c.com", "a@b!.com",
		`"a b"@c.com`, `"a"@c.com`, "Perceval <a@b.com>", "<a@b.com>", "a@b.com,c@d.com", "a@b.com;", "a@b.com.", "a@.", "mailto:a@b.com", "a(x)@b.com",
		"a@[127.0.0.1]", "a@xn--.com", "a@xn--a.com", "a@" + strings.Repeat("b", 64) + ".com", "a\u00A0b@c.com", "a\u2003b@c.com", "a\u2028b@c.com",
		"\xff@b.com", "a@\xff.com", "a@b.com\xff",
	} {
		if key, ok := EmailKey(address); ok {
			t.Errorf("%+q: key %+q", address, key)
		}
	}
}

// invisible are characters that no reader of an address would see (section 1.7).
func invisible() map[string][]rune {
	return map[string][]rune{
		"control":       {0x00, 0x01, 0x09, 0x0A, 0x0D, 0x1B, 0x7F, 0x80, 0x85, 0x9F},
		"bidirectional": {0x061C, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069},
		"zero width":    {0x00AD, 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0x2061, 0x2064, 0xFEFF, 0xE0001, 0xE0020},
		// Marks and letters of no width: an address with one looks like the one without.
		"zero width, though not a format character": {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x3164, 0xFE00, 0xFE0F, 0xFFA0, 0xE0100},
	}
}

func TestEmailKeyRefusesInvisibleCharacters(t *testing.T) {
	t.Parallel()
	for kind, runes := range invisible() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			for _, r := range runes {
				for _, address := range []string{
					"perce" + string(r) + "val@kaamelott.com", "perceval@kaame" + string(r) + "lott.com", "perceval@kaamelott." + string(r) + "com",
				} {
					if key, ok := EmailKey(address); ok {
						t.Errorf("%+q: key %+q", address, key)
					}
				}
			}
		})
	}
}

// addressOf returns an address of so many characters.
func addressOf(characters int) string {
	label := strings.Repeat("b", 50)
	rest := "." + label + "." + label + "." + label + ".com"
	const local = 40
	return strings.Repeat("a", local) + "@" + strings.Repeat("c", characters-local-1-len(rest)) + rest
}

func TestEmailLength(t *testing.T) {
	t.Parallel()
	const umlaut = "ü"
	if n := utf8.RuneCountInString(addressOf(254)); n != 254 {
		t.Fatalf("the address has %d characters", n)
	}
	run(t, map[string]updateCase{
		"254":                  {patch: UserPatch{Email: Some(" " + addressOf(254) + " ")}, want: emailChange(addressOf(254))},
		"255":                  {patch: UserPatch{Email: Some(addressOf(255))}, want: "invalid (email: too_long)"},
		"far too long":         {patch: UserPatch{Email: Some(strings.Repeat("a@b.c", 10_000))}, want: "invalid (email: too_long)"},
		"64 umlauts":           {patch: UserPatch{Email: Some(strings.Repeat(umlaut, 64) + "@b.com")}, want: emailChange(strings.Repeat(umlaut, 64) + "@b.com")},
		"spaces only":          {patch: UserPatch{Email: Some("  ")}, want: "invalid (email: invalid_email)"},
		"no address":           {patch: UserPatch{Email: Some("perceval at kaamelott.com")}, want: "invalid (email: invalid_email)"},
		"zero width":           {patch: UserPatch{Email: Some("perce\u200Bval@kaamelott.com")}, want: "invalid (email: invalid_characters)"},
		"a variation selector": {patch: UserPatch{Email: Some("perceval\uFE0F@kaamelott.com")}, want: "invalid (email: invalid_characters)"},
		"right to left":        {patch: UserPatch{Email: Some("perceval@\u202Ekaamelott.com")}, want: "invalid (email: invalid_characters)"},
		"NUL":                  {patch: UserPatch{Email: Some("perce\x00val@kaamelott.com")}, want: "invalid (email: invalid_characters)"},
		"kept as typed":        {patch: UserPatch{Email: Some("\tDu.Lac@BÜCHER.example ")}, want: emailChange("Du.Lac@BÜCHER.example")},
		"null":                 {patch: UserPatch{Email: Null[string]()}, want: "invalid (email: null_not_allowed)"},
		"the present":          {patch: UserPatch{Email: Some(" near@kaamelott.com\n")}, want: "no change"},
		"other spelling":       {patch: UserPatch{Email: Some("Near@Kaamelott.com")}, want: emailChange("Near@Kaamelott.com")},
		"taken":                {patch: UserPatch{Email: Some("far@kaamelott.com")}, want: "invalid (email: email_taken)"},
		"taken, in another case": {
			patch: UserPatch{Email: Some("FAR@KAAMELOTT.COM")}, want: "invalid (email: email_taken)",
		},
		"taken by another provider's user": {
			patch: UserPatch{Email: Some("foreign.publisher@kaamelott.com")}, want: "invalid (email: email_taken)",
		},
	})
}

// emailChange is what is told of a change of e-mail: see TestEffects for the effects.
func emailChange(address string) string {
	return `email="` + address + `" !connection_tokens_voided:4 !invitations_voided:6 !reset_links_voided:7 !sso_link_removed:1`
}

func TestEmailLimit(t *testing.T) {
	t.Parallel()
	limited := func(u *Update) { u.EmailLimitReached = true }
	run(t, map[string]updateCase{
		"a free address":      {with: limited, patch: UserPatch{Email: Some("new@kaamelott.com")}, want: "rate_limited"},
		"a taken address":     {with: limited, patch: UserPatch{Email: Some("far@kaamelott.com")}, want: "rate_limited"},
		"the present address": {with: limited, patch: UserPatch{Email: Some("near@kaamelott.com")}, want: "no change"},
		"another spelling":    {with: limited, patch: UserPatch{Email: Some("NEAR@kaamelott.com")}, want: emailChange("NEAR@kaamelott.com")},
		"no address":          {with: limited, patch: UserPatch{Email: Some("near")}, want: "invalid (email: invalid_email)"},
		"no e-mail at all":    {with: limited, patch: UserPatch{Phone: Some("1")}, want: `phone="1"`},
		"refused anyway": {
			with: limited, caller: "business", target: "business", patch: UserPatch{Email: Some("new@kaamelott.com")},
			want: "operation_not_allowed (email: edit_not_allowed)",
		},
		"not to be seen": {with: limited, caller: "group", target: "far", patch: UserPatch{Email: Some("new@kaamelott.com")}, want: "not_found"},
		"with a form error": {
			with:  func(u *Update) { limited(u); u.Form = []FieldError{{Field: "nonsense", Code: CodeUnknownField}} },
			patch: UserPatch{Email: Some("new@kaamelott.com")},
			want:  "invalid (nonsense: unknown_field)",
		},
	})
}

func TestEmailLimitSaysWhen(t *testing.T) {
	t.Parallel()
	c := newCompany()
	_, err := UpdateUser(c.actor("admin"), c.user("near"), &Update{Patch: UserPatch{Email: Some("a@b.com")}, EmailLimitReached: true}, c.facts)
	if refusal, ok := err.(*Error); !ok || refusal.RetryAfter <= 0 || refusal.RetryAfter > EmailLimitWindow {
		t.Errorf("got %#v", err)
	}
}
