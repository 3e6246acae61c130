package roundtable

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"Perceval":                      "Perceval",
		" Perceval\u00A0":               "Perceval",
		"\tde  Galles\r\n":              "de  Galles",
		"李":                             "李",
		"d'Orcanie <b>&":                "d'Orcanie <b>&",
		strings.Repeat("é", 100):        strings.Repeat("é", 100),
		strings.Repeat("é", 100) + "  ": strings.Repeat("é", 100),
		strings.Repeat("é", 101):        "invalid_length",
		"":                              "invalid_length",
		" \t\n":                         "invalid_length",
		"a\x00b":                        "invalid_characters",
		"a\tb":                          "invalid_characters",
		"a\nb":                          "invalid_characters",
		"a\x7Fb":                        "invalid_characters",
		"a\u0085b":                      "invalid_characters",
	} {
		for field, patch := range map[string]UserPatch{"first_name": {FirstName: Some(value)}, "last_name": {LastName: Some(value)}} {
			outcome, err := newCompany().update("admin", "near", patch)
			got := told(outcome, err)
			if err == nil {
				got = outcome.Changes[0].After.(string)
			}
			if wrong := fmt.Sprintf("invalid (%s: %s)", field, want); got != want && got != wrong {
				t.Errorf("%s %q: got %s, want %s", field, value, got, want)
			}
		}
	}
}

func TestPhone(t *testing.T) {
	t.Parallel()
	has := func(c *company) { c.user("near").Phone = "+33 1" }
	cases := map[string]updateCase{
		"cleared by null":       {given: has, patch: UserPatch{Phone: Null[string]()}, want: "phone=null"},
		"cleared by nothing":    {given: has, patch: UserPatch{Phone: Some("")}, want: "phone=null"},
		"the present":           {given: has, patch: UserPatch{Phone: Some("+33 1")}, want: "no change"},
		"null where none":       {patch: UserPatch{Phone: Null[string]()}, want: "no change"},
		"nothing where none":    {patch: UserPatch{Phone: Some("")}, want: "no change"},
		"33 characters":         {patch: UserPatch{Phone: Some(strings.Repeat("1", 33))}, want: "invalid (phone: too_long)"},
		"33 two-byte letters":   {patch: UserPatch{Phone: Some(strings.Repeat("é", 33))}, want: "invalid (phone: too_long)"},
		"the page's own sample": {patch: UserPatch{Phone: Some("<string>")}, want: "invalid (phone: invalid_phone)"},
	}
	for _, good := range []string{
		"0", "+33 (0)1.23-45/67#8", "+33 1 23 45 67 89 ext. 12", "١٢٣", "Büro 4", strings.Repeat("1", 32), strings.Repeat("é", 32),
	} {
		cases["good: "+good] = updateCase{patch: UserPatch{Phone: Some(good)}, want: `phone="` + good + `"`}
	}
	for _, bad := range []string{"1;2", "1,2", "1_2", "1*2", "1:2", "=1", "1\t2", "1\n2", "1\u00A02", "1\u200B2", "1\x002", "☎1", "½"} {
		cases[fmt.Sprintf("bad: %+q", bad)] = updateCase{patch: UserPatch{Phone: Some(bad)}, want: "invalid (phone: invalid_phone)"}
	}
	run(t, cases)
}

func TestLang(t *testing.T) {
	t.Parallel()
	cases := map[string]updateCase{
		"the present, in capitals": {patch: UserPatch{Lang: Some("FR")}, want: "no change"},
		"capitals":                 {patch: UserPatch{Lang: Some("EN")}, want: `lang="en"`},
		"mixed":                    {patch: UserPatch{Lang: Some("Pt-bR")}, want: `lang="pt-br"`},
		"null":                     {patch: UserPatch{Lang: Null[string]()}, want: "invalid (lang: null_not_allowed)"},
	}
	for _, lang := range []string{"en", "es", "it", "pt-br", "de", "ar", "nl", "pl", "cs", "ca", "sk", "pt", "lv", "ro", "bg", "hu"} {
		cases[lang] = updateCase{patch: UserPatch{Lang: Some(lang)}, want: `lang="` + lang + `"`}
	}
	for _, bad := range []string{"", "xx", "english", "pt_br", "pt-BR-x", "fr,en", "zh"} {
		cases["bad: "+bad] = updateCase{patch: UserPatch{Lang: Some(bad)}, want: "invalid (lang: invalid_choice)"}
	}
	run(t, cases)
}

func TestKeywords(t *testing.T) {
	t.Parallel()
	has := func(c *company) { c.user("near").Keywords = []string{"grail", "soup"} }
	var thirteen []string
	for i := range 13 {
		thirteen = append(thirteen, fmt.Sprint("k", i))
	}
	long := strings.Repeat("é", 100)
	run(t, map[string]updateCase{
		"twelve":            {patch: UserPatch{Keywords: Some(thirteen[:12])}, want: `keywords=["k0","k1","k2","k3","k4","k5","k6","k7","k8","k9","k10","k11"]`},
		"thirteen":          {patch: UserPatch{Keywords: Some(thirteen)}, want: "invalid (keywords: too_many_items)"},
		"order kept":        {patch: UserPatch{Keywords: Some([]string{"soup", "Grail", "grail"})}, want: `keywords=["soup","Grail","grail"]`},
		"another order":     {given: has, patch: UserPatch{Keywords: Some([]string{"soup", "grail"})}, want: `keywords=["soup","grail"]`},
		"twice the same":    {patch: UserPatch{Keywords: Some([]string{"soup", "grail", "soup"})}, want: `keywords=["soup","grail"]`},
		"the present":       {given: has, patch: UserPatch{Keywords: Some([]string{"grail", "soup"})}, want: "no change"},
		"the present twice": {given: has, patch: UserPatch{Keywords: Some([]string{"grail", "grail", "soup", "grail"})}, want: "no change"},
		"null":              {given: has, patch: UserPatch{Keywords: Null[[]string]()}, want: "keywords=[]"},
		"empty":             {given: has, patch: UserPatch{Keywords: Some([]string{})}, want: "keywords=[]"},
		"null where none":   {patch: UserPatch{Keywords: Null[[]string]()}, want: "no change"},
		"100 characters":    {patch: UserPatch{Keywords: Some([]string{long})}, want: `keywords=["` + long + `"]`},
		"all that is wrong": {
			patch: UserPatch{Keywords: Some([]string{"good", "", long + "e", "a\x00b", "a\nb", " "})},
			want:  "invalid (keywords.1: invalid_length, keywords.2: invalid_length, keywords.3: invalid_characters, keywords.4: invalid_characters, keywords.5: invalid_length)",
		},
	})
}

func TestSidebarPages(t *testing.T) {
	t.Parallel()
	pages := func(names ...string) UserPatch { return UserPatch{SidebarPages: Some(names)} }
	null := UserPatch{SidebarPages: Null[[]string]()}
	stores := func(names ...string) func(*company) {
		return func(c *company) { c.user("near").SidebarPages = names }
	}
	all := SidebarPages()
	reversed := slices.Clone(all)
	slices.Reverse(reversed)
	run(t, map[string]updateCase{
		"order kept":                {patch: pages("posts", "diffusion"), want: `sidebar_pages=["posts","diffusion"]`},
		"duplicates collapse":       {patch: pages("posts", "diffusion", "posts"), want: `sidebar_pages=["posts","diffusion"]`},
		"no page at all":            {patch: UserPatch{SidebarPages: Some([]string{})}, want: "sidebar_pages=[]"},
		"null":                      {given: stores("posts"), patch: null, want: "sidebar_pages=null"},
		"null after no page at all": {given: stores([]string{}...), patch: null, want: "sidebar_pages=null"},
		"null where it is null":     {patch: null, want: "no change"},
		"null where it is null, by the user itself": {caller: "near", patch: null, want: "no change"},
		"all where it is null":                      {patch: pages(all...), want: "no change"},
		"all, twice, where it is null":              {patch: pages(slices.Concat(all, all)...), want: "no change"},
		"all in another order":                      {patch: pages(reversed...), want: `sidebar_pages=["review_management","review_invite","review_analytics","presence_analytics","posts","messages","feedback_management","diffusion","bulk_modification"]`},
		"the present":                               {given: stores("posts", "diffusion"), patch: pages("posts", "diffusion"), want: "no change"},
		"the present, twice":                        {given: stores("posts", "diffusion"), patch: pages("posts", "diffusion", "diffusion"), want: "no change"},
		"the present in another order":              {given: stores("posts", "diffusion"), patch: pages("diffusion", "posts"), want: `sidebar_pages=["diffusion","posts"]`},
		"a page that does not exist":                {patch: pages("posts", "grail", "Posts", ""), want: "invalid (sidebar_pages.1: invalid_choice, sidebar_pages.2: invalid_choice, sidebar_pages.3: invalid_choice)"},
	})
}

// TestHiddenPages: pages that no plan brings any more stay in the user's list, unseen,
// until somebody asks for another list.
func TestHiddenPages(t *testing.T) {
	t.Parallel()
	pages := func(names ...string) UserPatch { return UserPatch{SidebarPages: Some(names)} }
	hides := func(own ...string) func(*company) { // the organisation has posts only
		return func(c *company) { c.user("near").SidebarPages, c.facts.Orgs[123].SidebarPages = own, []string{"posts"} }
	}
	run(t, map[string]updateCase{
		"what is shown":              {given: hides("messages", "posts"), patch: pages("posts"), want: "no change"},
		"what is stored":             {given: hides("messages", "posts"), patch: pages("messages", "posts"), want: "no change"},
		"by the user itself":         {given: hides("messages", "posts"), caller: "near", patch: pages("posts"), want: "no change"},
		"nothing is shown":           {given: hides("messages"), patch: UserPatch{SidebarPages: Some([]string{})}, want: "no change"},
		"another field":              {given: hides("messages", "posts"), patch: UserPatch{Phone: Some("1")}, want: `phone="1"`},
		"what is hidden, once more":  {given: hides("messages", "posts"), patch: pages("posts", "messages"), want: "invalid (sidebar_pages.1: page_not_available)"},
		"no list, and nothing asked": {given: hides(), patch: UserPatch{SidebarPages: Some([]string{})}, want: "sidebar_pages=[]"},
		"hidden, and taken away":     {given: hides("messages", "diffusion", "posts"), patch: UserPatch{SidebarPages: Some([]string{})}, want: "sidebar_pages=[]"},
	})
}

// TestSidebarPagesAreGrants: administrators give only pages they hold themselves.
func TestSidebarPagesAreGrants(t *testing.T) {
	t.Parallel()
	const refused = "operation_not_allowed (sidebar_pages: edit_not_allowed)"
	pages := func(names ...string) UserPatch { return UserPatch{SidebarPages: Some(names)} }
	null := UserPatch{SidebarPages: Null[[]string]()}
	// Manager and group have posts and messages, as has the admin; near has posts.
	given := func(c *company) {
		for _, name := range []string{"provider", "admin", "manager", "group"} {
			c.user(name).SidebarPages = []string{"posts", "messages"}
		}
		c.user("near").SidebarPages = []string{"posts"}
	}
	orgHas := func(names ...string) func(*company) {
		return func(c *company) { given(c); c.facts.Orgs[123].SidebarPages = names }
	}
	cases := map[string]updateCase{
		"the organisation lacks the page":           {given: orgHas("posts", "messages"), patch: pages("diffusion", "messages"), want: "invalid (sidebar_pages.0: page_not_available)"},
		"null, which is more than all there is now": {given: orgHas("posts", "messages"), caller: "manager", patch: null, want: refused},
		"null, where the caller lists all":          {given: func(c *company) { given(c); c.user("manager").SidebarPages = SidebarPages() }, caller: "manager", patch: null, want: "sidebar_pages=null"},
		"a manager without a list holds all": {
			given: func(c *company) { given(c); c.user("manager").SidebarPages = nil }, caller: "manager",
			patch: pages("diffusion"), want: `sidebar_pages=["diffusion"]`,
		},
		"null by a manager without a list": {
			given: func(c *company) { given(c); c.user("manager").SidebarPages = nil }, caller: "manager", patch: null, want: "sidebar_pages=null",
		},
		"the present one, which the caller lacks": {
			given:  func(c *company) { given(c); c.user("near").SidebarPages = []string{"diffusion"} },
			caller: "manager", patch: pages("diffusion"), want: "no change",
		},
		"a caller without any page": {
			given:  func(c *company) { given(c); c.user("manager").SidebarPages = []string{} },
			caller: "manager", patch: pages("posts", "messages"), want: refused,
		},
		"the user itself": {given: given, caller: "near", patch: pages(), want: refused},
	}
	for _, caller := range []string{"manager", "group"} {
		cases[caller+" gives a page it has"] = updateCase{given: given, caller: caller, patch: pages("messages", "posts"), want: `sidebar_pages=["messages","posts"]`}
		cases[caller+" gives a page it lacks"] = updateCase{given: given, caller: caller, patch: pages("posts", "diffusion"), want: refused}
		cases[caller+" gives all by null"] = updateCase{given: given, caller: caller, patch: null, want: refused}
		cases[caller+" gives what does not exist"] = updateCase{given: given, caller: caller, patch: pages("messages", "grail"), want: "invalid (sidebar_pages.1: invalid_choice)"}
		cases[caller+" gives both"] = updateCase{given: given, caller: caller, patch: pages("diffusion", "grail"), want: refused}
		cases[caller+" takes pages away"] = updateCase{given: given, caller: caller, patch: pages([]string{}...), want: "sidebar_pages=[]"}
	}
	for _, caller := range []string{"provider", "admin"} {
		cases[caller+" holds all"] = updateCase{given: given, caller: caller, patch: pages("diffusion"), want: `sidebar_pages=["diffusion"]`}
		cases[caller+" gives all by null"] = updateCase{given: given, caller: caller, patch: null, want: "sidebar_pages=null"}
	}
	run(t, cases)
}
