package roundtable

import (
	"strings"
	"testing"
)

// Who may do what with sections and groups: r reads, w writes; of the own
// organisation, of a sister of the same provider, of another provider, of none.
func TestRightsOverGroups(t *testing.T) {
	t.Parallel()
	c := newCompany()
	for caller, want := range map[string]string{
		"provider":  "rw rw -- --",
		"admin":     "rw -- -- --",
		"manager":   "rw -- -- --",
		"group":     "r! -- -- --",
		"business":  "r! -- -- --",
		"publisher": "!! -- -- --",
	} {
		var told []string
		for _, org := range []int64{123, 124, 200, 0} {
			read, write := "r", "w"
			if err := ReadGroups(c.actor(caller), org, c.facts); err != nil {
				read = map[Code]string{CodeForbidden: "!", CodeNotFound: "-"}[err.(*Error).Code]
			}
			if err := EditGroups(c.actor(caller), org, nil, c.facts); err != nil {
				write = map[Code]string{CodeForbidden: "!", CodeNotFound: "-"}[err.(*Error).Code]
			}
			if c.facts.MayEditGroups(c.actor(caller), org) != (write == "w") {
				t.Errorf("%s in %d: can_edit disagrees", caller, org)
			}
			told = append(told, read+write)
		}
		if got := strings.Join(told, " "); got != want {
			t.Errorf("%s: %s, want %s", caller, got, want)
		}
	}
}

func TestRestrictedKeysOverGroups(t *testing.T) {
	t.Parallel()
	for _, permission := range append(Permissions(), "") {
		c := newCompany()
		key := c.keys["admin"]
		key.HasRestrictedPermissions, key.Permissions = true, []string{permission}
		actor := c.actor("admin")
		if got := ReadGroups(actor, 123, c.facts) == nil; got != (permission == PermissionGroupRead) {
			t.Errorf("%q reads: %t", permission, got)
		}
		if got := EditGroups(actor, 123, nil, c.facts) == nil; got != (permission == PermissionGroupEdit) {
			t.Errorf("%q writes: %t", permission, got)
		}
		if got := ReadsAllBusinesses(actor); got != (permission == PermissionBusinessRead) {
			t.Errorf("%q reads all businesses: %t", permission, got)
		}
	}
}

func TestOrgForGroups(t *testing.T) {
	t.Parallel()
	form := []FieldError{{Field: "x", Code: CodeUnknownField}}
	for name, c := range map[string]struct {
		caller string
		asked  Opt[int64]
		form   []FieldError
		org    int64
		want   string
	}{
		"own":              {"admin", Opt[int64]{}, nil, 123, ""},
		"own by name":      {"manager", Some[int64](123), nil, 123, ""},
		"sister":           {"provider", Some[int64](124), nil, 124, ""},
		"foreign":          {"provider", Some[int64](200), nil, 0, ""},
		"none":             {"provider", Some[int64](7), nil, 0, ""},
		"null":             {"provider", Null[int64](), nil, 0, ""},
		"not theirs":       {"admin", Some[int64](124), nil, 123, "operation_not_allowed (org_id: edit_not_allowed)"},
		"not theirs, null": {"admin", Null[int64](), nil, 123, "operation_not_allowed (org_id: edit_not_allowed)"},
		"form first":       {"admin", Some[int64](124), form, 123, "invalid (x: unknown_field)"},
		"no right":         {"group", Opt[int64]{}, nil, 123, "operation_not_allowed"},
		"no right, form":   {"publisher", Opt[int64]{}, form, 123, "invalid (x: unknown_field)"},
	} {
		company := newCompany()
		org, err := OrgForGroups(company.actor(c.caller), c.asked, c.form, company.facts)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if org != c.org || got != c.want {
			t.Errorf("%s: %d, %q", name, org, got)
		}
	}
}

func TestGroupEdit(t *testing.T) {
	t.Parallel()
	known := map[string]bool{shop(1): true, shop(2): true}
	for name, c := range map[string]struct {
		edit  GroupEdit
		facts GroupFacts
		want  string
	}{
		"everything":      {GroupEdit{Name: Some(" Été "), Businesses: Some([]string{shop(2), shop(1), shop(2)}), Field: "b"}, GroupFacts{OrgID: 1, Known: known}, "Été " + shop(2) + " " + shop(1)},
		"nothing":         {GroupEdit{Field: "b"}, GroupFacts{OrgID: 1}, ""},
		"nothing to make": {GroupEdit{Creates: true, Field: "b", Required: true}, GroupFacts{OrgID: 1}, "invalid (name: required, b: required)"},
		"all wrong": {
			GroupEdit{Form: []FieldError{{Field: "b.0", Code: CodeWrongType}}, Name: Some("x"), Businesses: Some([]string{"", "y", shop(1)}), Field: "b", OrgID: Null[int64]()},
			GroupFacts{Taken: true, Full: true, Known: known},
			"invalid (b.0: wrong_type, org_id: null_not_allowed, name: name_taken, _schema: limit_reached, b.1: unknown_business)",
		},
		"no name and taken": {GroupEdit{Name: Some("a/"), Creates: true}, GroupFacts{OrgID: 1, Taken: true}, "invalid (name: invalid_characters)"},
		"null":              {GroupEdit{Name: Null[string](), Businesses: Null[[]string](), Field: "b"}, GroupFacts{OrgID: 1}, "invalid (name: null_not_allowed, b: null_not_allowed)"},
	} {
		label, businesses, err := c.edit.Judge(&c.facts)
		got := strings.TrimSpace(label + " " + strings.Join(businesses, " "))
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestLabelKey(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"  Île  de France ": "ile de france", "STRASSE": "strasse", "a,b": "", " ": "", "a\u0000b": ""} {
		key, ok := LabelKey(name)
		if ok != (want != "") || ok && key != want {
			t.Errorf("%q: %q, %t", name, key, ok)
		}
	}
}
