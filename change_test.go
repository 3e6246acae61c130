package roundtable

import (
	"encoding/json"
	"slices"
	"testing"
)

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestChanges: what a preview tells, before and after, and what the history stores, lists
// as added and removed (section 1.8).
func TestChanges(t *testing.T) {
	t.Parallel()
	const a, b, c3 = "5409c35a97bbc544d8e20001", "5409c35a97bbc544d8e20002", "5409c35a97bbc544d8e20003"
	ssoOnly := func(u *User) { u.SSOOnly = true }
	for name, test := range map[string]struct {
		given           func(*User)
		target          string
		patch           UserPatch
		changes, record string
	}{
		"a text": {
			patch:   UserPatch{FirstName: Some("A")},
			changes: `[{"field":"first_name","before":"Given","after":"A"}]`,
			record:  `[{"field":"first_name","before":"Given","after":"A"}]`,
		},
		"a phone where none was": {
			patch:   UserPatch{Phone: Some("1")},
			changes: `[{"field":"phone","before":null,"after":"1"}]`,
			record:  `[{"field":"phone","before":null,"after":"1"}]`,
		},
		"no phone any more": {
			given: func(u *User) { u.Phone = "1" }, patch: UserPatch{Phone: Null[string]()},
			changes: `[{"field":"phone","before":"1","after":null}]`,
			record:  `[{"field":"phone","before":"1","after":null}]`,
		},
		"booleans": {
			patch:   UserPatch{ReceiveReviewsEmailNotifications: Some(true), Disabled: Some(true)},
			changes: `[{"field":"disabled","before":false,"after":true},{"field":"receive_reviews_email_notifications","before":false,"after":true}]`,
			record:  `[{"field":"disabled","before":false,"after":true},{"field":"receive_reviews_email_notifications","before":false,"after":true}]`,
		},
		"businesses": {
			patch:   UserPatch{BusinessIDs: Some([]string{c3, b})},
			changes: `[{"field":"business_ids","before":["` + a + `","` + b + `"],"after":["` + c3 + `","` + b + `"]}]`,
			record:  `[{"field":"business_ids","added":["` + c3 + `"],"removed":["` + a + `"]}]`,
		},
		"the order of businesses": {
			patch:   UserPatch{BusinessIDs: Some([]string{b, a})},
			changes: `[{"field":"business_ids","before":["` + a + `","` + b + `"],"after":["` + b + `","` + a + `"]}]`,
			record:  `[{"field":"business_ids","added":[],"removed":[]}]`,
		},
		"accesses": {
			target: "group", patch: UserPatch{Accesses: Some([][]int64{{1, 3}, {4}, {3, 1}})},
			changes: `[{"field":"accesses","before":[[1,2],[1,3]],"after":[[1,3],[4],[3,1]]}]`,
			record:  `[{"field":"accesses","added":[[4],[3,1]],"removed":[[1,2]]}]`,
		},
		"accesses cleared": {
			target: "group", patch: UserPatch{Accesses: Null[[][]int64]()},
			changes: `[{"field":"accesses","before":[[1,2],[1,3]],"after":[]}]`,
			record:  `[{"field":"accesses","added":[],"removed":[[1,2],[1,3]]}]`,
		},
		"keywords": {
			given: func(u *User) { u.Keywords = []string{"a", "b"} }, patch: UserPatch{Keywords: Some([]string{"b", "c"})},
			changes: `[{"field":"keywords","before":["a","b"],"after":["b","c"]}]`,
			record:  `[{"field":"keywords","added":["c"],"removed":["a"]}]`,
		},
		"pages": {
			given: func(u *User) { u.SidebarPages = []string{"posts"} }, patch: UserPatch{SidebarPages: Some([]string{"messages"})},
			changes: `[{"field":"sidebar_pages","before":["posts"],"after":["messages"]}]`,
			record:  `[{"field":"sidebar_pages","added":["messages"],"removed":["posts"]}]`,
		},
		"pages from null": {
			patch:   UserPatch{SidebarPages: Some([]string{"messages"})},
			changes: `[{"field":"sidebar_pages","before":null,"after":["messages"]}]`,
			record:  `[{"field":"sidebar_pages","before":null,"after":["messages"]}]`,
		},
		"pages to null": {
			given: func(u *User) { u.SidebarPages = []string{} }, patch: UserPatch{SidebarPages: Null[[]string]()},
			changes: `[{"field":"sidebar_pages","before":[],"after":null}]`,
			record:  `[{"field":"sidebar_pages","before":[],"after":null}]`,
		},
		"a password": {
			patch:   UserPatch{Password: Some("Excalibur!")},
			changes: `[{"field":"password","before":"***","after":"***"}]`,
			record:  `[{"field":"password","before":"***","after":"***"}]`,
		},
		"a password cleared": {
			given: ssoOnly, patch: UserPatch{Password: Null[string]()},
			changes: `[{"field":"password","before":"***","after":null}]`,
			record:  `[{"field":"password","before":"***","after":null}]`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany()
			if test.target == "" {
				test.target = "near"
			}
			if test.given != nil {
				test.given(c.user(test.target))
			}
			outcome, err := c.update("admin", test.target, test.patch)
			if err != nil {
				t.Fatal(err)
			}
			if got := asJSON(t, outcome.Changes); got != test.changes {
				t.Errorf("changes\n got %s\nwant %s", got, test.changes)
			}
			if got := asJSON(t, Record(outcome.Changes)); got != test.record {
				t.Errorf("record\n got %s\nwant %s", got, test.record)
			}
		})
	}
}

func TestFirstPassword(t *testing.T) {
	t.Parallel()
	c := newCompany()
	c.facts.Credentials[c.user("near").ID] = Credentials{}
	outcome, err := c.update("admin", "near", UserPatch{Password: Some("Excalibur!")})
	if want := `[{"field":"password","before":null,"after":"***"}]`; err != nil || asJSON(t, outcome.Changes) != want {
		t.Errorf("%s", told(outcome, err))
	}
}

// TestChangesAreInTheContractsOrder: as in the table of section 1, the password last or in
// its place, but always the same.
func TestChangesAreInTheContractsOrder(t *testing.T) {
	t.Parallel()
	outcome, err := newCompany().update("provider", "near", UserPatch{
		ReceiveReviewsEmailNotifications: Some(true), Keywords: Some([]string{"k"}), Lang: Some("de"), Phone: Some("1"), FirstName: Some("A"), Email: Some("a@b.com"),
		Disabled: Some(true), OrgID: Some[int64](124), Role: Some("ORG_MANAGER"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, change := range outcome.Changes {
		got = append(got, change.Field)
	}
	want := []string{"email", "first_name", "org_id", "business_ids", "phone", "role", "disabled", "lang", "keywords", "receive_reviews_email_notifications"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestChangedColumns(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		patch UserPatch
		want  []string
	}{
		"one":                 {UserPatch{Phone: Some("1")}, []string{"phone", "last_event_id", "version"}},
		"e-mail":              {UserPatch{Email: Some("a@b.com")}, []string{"email", "email_key", "last_event_id", "version"}},
		"e-mail, respelt":     {UserPatch{Email: Some("NEAR@kaamelott.com")}, []string{"email", "last_event_id", "version"}},
		"a list of its own":   {UserPatch{BusinessIDs: Some([]string{shop(3)})}, []string{"last_event_id", "version"}},
		"a password":          {UserPatch{Password: Some("Excalibur!")}, []string{"last_event_id", "version"}},
		"pages from null":     {UserPatch{SidebarPages: Some([]string{})}, []string{"sidebar_pages", "last_event_id", "version"}},
		"keywords":            {UserPatch{Keywords: Some([]string{"k"})}, []string{"keywords", "last_event_id", "version"}},
		"role, list dropped":  {UserPatch{Role: Some("ORG_ADMIN")}, []string{"role", "last_event_id", "version"}},
		"move, list dropped":  {UserPatch{OrgID: Some[int64](124)}, []string{"org_id", "last_event_id", "version"}},
		"status and password": {UserPatch{Status: Some("invited")}, []string{"status", "last_event_id", "version"}},
		"many": {
			UserPatch{FirstName: Some("A"), LastName: Some("B"), Lang: Some("de"), Disabled: Some(true), SSOOnly: Some(true), ReceiveReviewsEmailNotifications: Some(true)},
			[]string{"disabled", "first_name", "lang", "last_name", "receive_reviews_email_notifications", "sso_only", "last_event_id", "version"},
		},
	} {
		outcome, err := newCompany().update("provider", "near", test.patch)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := ChangedColumns(outcome.Before, outcome.After)
		slices.Sort(got)
		slices.Sort(test.want)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
