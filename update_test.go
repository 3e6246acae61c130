package roundtable

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// examplePatch is the body that the documented page of the route prints, word for word.
func examplePatch() UserPatch {
	return UserPatch{
		Email: Some("perceval@kaamelott.com"), FirstName: Some("Perceval"), LastName: Some("de Galles"), OrgID: Some[int64](123),
		Accesses: Some([][]int64{{1, 2}, {1, 3}}), BusinessIDs: Some([]string{"<string>"}), Phone: Some("<string>"),
		Role: Some("BUSINESS_MANAGER"), SidebarPages: Some([]string{"bulk_modification"}), Status: Some("active"),
		Disabled: Some(true), Password: Some("<string>"), Lang: Some("fr"), SSOOnly: Some(false),
		Keywords: Some([]string{"<string>"}), ReceiveReviewsEmailNotifications: Some(true),
	}
}

func TestExampleBody(t *testing.T) {
	t.Parallel()
	const want = "invalid (business_ids.0: unknown_business, password: weak_password, phone: invalid_phone)"
	repaired := examplePatch()
	repaired.BusinessIDs, repaired.Phone, repaired.Password = Some([]string{shop(1)}), Some("+33 1 23 45 67 89"), Some("Excalibur!")
	cases := map[string]updateCase{"repaired": {patch: repaired, want: strings.Join([]string{
		`business_ids=["` + shop(1) + `"]`, `disabled=true email="perceval@kaamelott.com" first_name="Perceval" keywords=["\u003cstring\u003e"] last_name="de Galles"`,
		`password="***" phone="+33 1 23 45 67 89" receive_reviews_email_notifications=true sidebar_pages=["bulk_modification"]`,
		"!api_keys_suspended:2 !connection_tokens_voided:4 !invitations_voided:6 !mails_cancelled:8 !reset_links_voided:7 !sessions_ended:5 !sso_link_removed:1 ~accesses",
	}, " ")}}
	for _, caller := range []string{"provider", "admin", "manager", "group"} {
		cases[caller] = updateCase{caller: caller, patch: examplePatch(), want: want}
	}
	run(t, cases)
}

func TestNull(t *testing.T) {
	t.Parallel()
	for field, test := range map[string]struct {
		patch  UserPatch
		target string
		want   string // empty: refused
	}{
		"email":                               {patch: UserPatch{Email: Null[string]()}},
		"first_name":                          {patch: UserPatch{FirstName: Null[string]()}},
		"last_name":                           {patch: UserPatch{LastName: Null[string]()}},
		"org_id":                              {patch: UserPatch{OrgID: Null[int64]()}},
		"accesses":                            {patch: UserPatch{Accesses: Null[[][]int64]()}, target: "group", want: "accesses=[]"},
		"business_ids":                        {patch: UserPatch{BusinessIDs: Null[[]string]()}, want: "business_ids=[]"},
		"phone":                               {patch: UserPatch{Phone: Null[string]()}, want: "phone=null"},
		"role":                                {patch: UserPatch{Role: Null[string]()}},
		"sidebar_pages":                       {patch: UserPatch{SidebarPages: Null[[]string]()}, want: "sidebar_pages=null"},
		"status":                              {patch: UserPatch{Status: Null[string]()}},
		"disabled":                            {patch: UserPatch{Disabled: Null[bool]()}},
		"password":                            {patch: UserPatch{Password: Null[string]()}},
		"lang":                                {patch: UserPatch{Lang: Null[string]()}},
		"sso_only":                            {patch: UserPatch{SSOOnly: Null[bool]()}},
		"keywords":                            {patch: UserPatch{Keywords: Null[[]string]()}, want: "keywords=[]"},
		"receive_reviews_email_notifications": {patch: UserPatch{ReceiveReviewsEmailNotifications: Null[bool]()}},
	} {
		if test.target == "" {
			test.target = "near"
		}
		if test.want == "" {
			test.want = "invalid (" + field + ": null_not_allowed)"
		}
		c := newCompany()
		u := c.user(test.target)
		u.Phone, u.SidebarPages, u.Keywords = "1", []string{"posts"}, []string{"k"}
		if got := told(c.update("provider", test.target, test.patch)); got != test.want {
			t.Errorf("%s: got %s, want %s", field, got, test.want)
		}
	}
}

// onlyField returns the patch without all fields but one.
func onlyField(patch UserPatch, field string) UserPatch {
	var one UserPatch
	for i, f := range reflect.VisibleFields(reflect.TypeFor[UserPatch]()) {
		if f.Tag.Get("json") == field {
			reflect.ValueOf(&one).Elem().Field(i).Set(reflect.ValueOf(patch).Field(i))
		}
	}
	return one
}

// presentPatch posts back what a reader got, except a password, which nobody gets.
func presentPatch(view *User) UserPatch {
	patch := UserPatch{
		Email: Some(view.Email), FirstName: Some(view.FirstName), LastName: Some(view.LastName), OrgID: Some(view.OrgID),
		Accesses: Some(view.Accesses), BusinessIDs: Some(view.BusinessIDs), Phone: Some(string(view.Phone)), Role: Some(string(view.Role)),
		SidebarPages: Some(view.SidebarPages), Status: Some(string(view.Status)), Disabled: Some(view.Disabled), Lang: Some(view.Lang),
		SSOOnly: Some(view.SSOOnly), Keywords: Some(view.Keywords), ReceiveReviewsEmailNotifications: Some(view.ReceiveReviewsEmailNotifications),
	}
	if view.Phone == "" {
		patch.Phone = Null[string]()
	}
	return patch
}

// TestPresentValueIsNoChange: whatever a caller may write at all, it may post back, the
// fields included that it may not change.
func TestPresentValueIsNoChange(t *testing.T) {
	t.Parallel()
	decorate := func(u *User) {
		u.Phone, u.SidebarPages, u.Keywords, u.SSOOnly, u.ReceiveReviewsEmailNotifications = "+33 1", []string{"posts", "diffusion"}, []string{"b", "a"}, true, true
		u.Email, u.EmailKey, u.Disabled, u.Status = "Du.Lac@Bücher.example", "du.lac@xn--bcher-kva.example", true, Invited
	}
	writable := 0
	for _, caller := range grantCallers() {
		for target := range newCompany().users {
			for _, decorated := range []bool{false, true} {
				c := newCompany()
				if decorated && caller != target {
					decorate(c.user(target))
				}
				_, refusal := c.update(caller, target, UserPatch{})
				patch := presentPatch(c.user(target).View(c.facts.org(c.user(target).OrgID)))
				patches := map[string]UserPatch{"all fields": patch}
				for _, field := range userFields {
					patches[field.name] = onlyField(patch, field.name)
				}
				if refusal == nil {
					writable++
				}
				for name, patch := range patches {
					outcome, err := c.update(caller, target, patch)
					if !reflect.DeepEqual(err, refusal) {
						t.Errorf("%s posts %s of %s back: %s", caller, name, target, told(outcome, err))
					}
					if err == nil && (outcome.Changed() || outcome.After != outcome.Before || len(outcome.Effects)+len(outcome.Ignored) > 0 || outcome.Endings != Endings{}) {
						t.Errorf("%s posts %s of %s back: %s", caller, name, target, told(outcome, nil))
					}
				}
			}
		}
	}
	if writable < 60 {
		t.Errorf("only %d pairs of caller and target were tried", writable)
	}
}

// TestPermissionBeforeUse: what a caller may not change is refused even where it would be
// ignored, wrong or unknown.
func TestPermissionBeforeUse(t *testing.T) {
	t.Parallel()
	refused := func(field string) string { return "operation_not_allowed (" + field + ": edit_not_allowed)" }
	run(t, map[string]updateCase{
		"not used":          {caller: "business", target: "business", patch: UserPatch{Accesses: Some([][]int64{{1}})}, want: refused("accesses")},
		"not used either":   {caller: "group", target: "group", patch: UserPatch{BusinessIDs: Some([]string{shop(1)})}, want: refused("business_ids")},
		"nor by a PROVIDER": {caller: "provider", target: "provider", patch: UserPatch{BusinessIDs: Some([]string{shop(1)})}, want: refused("business_ids")},
		"of a PUBLISHER":    {target: "publisher", patch: UserPatch{Accesses: Some([][]int64{{1}})}, want: refused("accesses")},
		"an empty set":      {caller: "business", target: "business", patch: UserPatch{Accesses: Some([][]int64{{}})}, want: refused("accesses")},
		"unknown":           {caller: "business", target: "business", patch: UserPatch{BusinessIDs: Some([]string{"?"})}, want: refused("business_ids")},
		"no e-mail":         {caller: "business", target: "business", patch: UserPatch{Email: Some("?")}, want: refused("email")},
		"a taken e-mail":    {caller: "business", target: "business", patch: UserPatch{Email: Some("far@kaamelott.com")}, want: refused("email")},
		"beside what is wrong": {
			caller: "business", target: "business", patch: UserPatch{Phone: Some("?"), Role: Some("ORG_ADMIN"), Password: Some("weak")}, want: refused("role"),
		},
		"all that is refused": {
			patch: UserPatch{OrgID: Some[int64](124), Role: Some("PUBLISHER"), Phone: Some("1")},
			want:  "operation_not_allowed (org_id: edit_not_allowed, role: edit_not_allowed)",
		},
	})
}

// TestSelfPromotion: everybody asks for everything for itself, at once.
func TestSelfPromotion(t *testing.T) {
	t.Parallel()
	greedy := UserPatch{
		Email: Some("king@kaamelott.com"), OrgID: Some[int64](124), Accesses: Some([][]int64{{1}, {4}}), BusinessIDs: Some([]string{shop(1), shop(10)}),
		Role: Some("ORG_ADMIN"), SidebarPages: Null[[]string](), Status: Some("invited"), Disabled: Some(true), SSOOnly: Some(true),
		FirstName: Some("King"), LastName: Some("King"), Phone: Some("1"), Password: Some("Excalibur!"), Lang: Some("de"),
		Keywords: Some([]string{"king"}), ReceiveReviewsEmailNotifications: Some(true),
	}
	const all = "operation_not_allowed (accesses: edit_not_allowed, business_ids: edit_not_allowed, disabled: edit_not_allowed, email: edit_not_allowed, " +
		"org_id: edit_not_allowed, role: edit_not_allowed, sidebar_pages: edit_not_allowed, sso_only: edit_not_allowed, status: edit_not_allowed)"
	cases := map[string]updateCase{
		"admin":     {want: "operation_not_allowed (disabled: edit_not_allowed, org_id: edit_not_allowed, status: edit_not_allowed)"},
		"provider":  {want: all},
		"manager":   {want: all},
		"group":     {want: all},
		"business":  {want: all},
		"publisher": {want: "operation_not_allowed"},
	}
	for caller, test := range cases {
		test.caller, test.target, test.patch = caller, caller, greedy
		test.given = func(c *company) { c.user(caller).SidebarPages = []string{"posts"} }
		cases[caller] = test
	}
	run(t, cases)
}

// TestOrderOfChecks is section 1.1 from "load and decide" on.
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	form := func(fields ...string) func(*Update) {
		return func(u *Update) {
			for _, field := range fields {
				u.Form = append(u.Form, FieldError{Field: field, Code: CodeWrongType, Message: "Must be a string."})
			}
		}
	}
	stale := func(u *Update) { u.IfMatch = Precondition{Given: true, States: seen(2)} }
	both := func(u *Update) { form("phone")(u); stale(u) }
	wrong := UserPatch{FirstName: Some(""), BusinessIDs: Some([]string{"?"})}
	refused := UserPatch{OrgID: Some[int64](124), FirstName: Some(""), BusinessIDs: Some([]string{"?"})}
	run(t, map[string]updateCase{
		"not readable":                        {caller: "group", target: "far", patch: wrong, want: "not_found"},
		"not readable, form":                  {caller: "group", target: "far", patch: wrong, with: form("phone"), want: "invalid (phone: wrong_type)"},
		"not readable, stale":                 {caller: "group", target: "far", patch: wrong, with: stale, want: "not_found"},
		"not writable":                        {caller: "group", target: "partly", patch: wrong, want: "operation_not_allowed"},
		"not writable, form":                  {caller: "group", target: "partly", patch: wrong, with: form("phone", "lang"), want: "invalid (lang: wrong_type, phone: wrong_type)"},
		"not writable, nothing asked":         {caller: "group", target: "partly", want: "operation_not_allowed"},
		"not writable, stale":                 {caller: "group", target: "partly", with: stale, want: "operation_not_allowed"},
		"a field refused":                     {patch: refused, want: "operation_not_allowed (org_id: edit_not_allowed)"},
		"a field refused, form":               {patch: refused, with: form("phone"), want: "invalid (phone: wrong_type)"},
		"a field refused, stale":              {patch: refused, with: stale, want: "operation_not_allowed (org_id: edit_not_allowed)"},
		"form, values, references":            {patch: wrong, with: form("phone"), want: "invalid (business_ids.0: unknown_business, first_name: invalid_length, phone: wrong_type)"},
		"form, values, references, and stale": {patch: wrong, with: both, want: "invalid (business_ids.0: unknown_business, first_name: invalid_length, phone: wrong_type)"},
		"form alone":                          {with: form("phone"), want: "invalid (phone: wrong_type)"},
		"stale alone":                         {patch: UserPatch{Phone: Some("1")}, with: stale, want: "version_conflict"},
		"stale, though nothing changes":       {with: stale, want: "version_conflict"},
		"an element of wrong form is not judged": {
			patch: UserPatch{BusinessIDs: Some([]string{"", shop(99)}), Keywords: Some([]string{"", ""}), SidebarPages: Some([]string{"", "?"})},
			with:  form("business_ids.0", "keywords.0", "sidebar_pages.0"),
			want: "invalid (business_ids.0: wrong_type, business_ids.1: unknown_business, keywords.0: wrong_type, keywords.1: invalid_length, " +
				"sidebar_pages.0: wrong_type, sidebar_pages.1: invalid_choice)",
		},
		"nor is a group or a set of wrong form": {
			target: "group", patch: UserPatch{Accesses: Some([][]int64{{0, 99}, {}})}, with: form("accesses.0.0", "accesses.1"),
			want: "invalid (accesses.0.0: wrong_type, accesses.0.1: unknown_group, accesses.1: wrong_type)",
		},
	})
}

func TestUserThatDoesNotExist(t *testing.T) {
	t.Parallel()
	if got := told(newCompany().update("provider", "", UserPatch{Phone: Some("?")})); got != "not_found" {
		t.Errorf("got %s", got)
	}
	_, none := newCompany().update("admin", "", UserPatch{})
	_, foreign := newCompany().update("admin", "foreign/ORG_ADMIN", UserPatch{})
	if !reflect.DeepEqual(none, foreign) {
		t.Errorf("nobody: %#v, a user of another tenant: %#v", none, foreign)
	}
	c := newCompany()
	form := []FieldError{{Field: "phone", Code: CodeWrongType}}
	if got := told(UpdateUser(c.actor("admin"), nil, &Update{Form: form}, c.facts)); got != "invalid (phone: wrong_type)" {
		t.Errorf("with a form error: %s", got)
	}
}

func TestIfMatch(t *testing.T) {
	t.Parallel()
	const version = 3 // of everybody in the company
	for name, test := range map[string]struct {
		condition Precondition
		holds     bool
	}{
		"no header":        {Precondition{}, true},
		"any":              {Precondition{Given: true, Any: true}, true},
		"the version":      {Precondition{Given: true, States: seen(version)}, true},
		"in a list":        {Precondition{Given: true, States: seen(1, version, 9)}, true},
		"an older one":     {Precondition{Given: true, States: seen(version - 1)}, false},
		"a newer one":      {Precondition{Given: true, States: seen(version + 1)}, false},
		"not in a list":    {Precondition{Given: true, States: seen(1, 2)}, false},
		"no tag that fits": {Precondition{Given: true}, false},
	} {
		c := newCompany()
		want := `phone="1"`
		if !test.holds {
			want = "version_conflict"
		}
		update := &Update{Patch: UserPatch{Phone: Some("1")}, IfMatch: test.condition}
		if got := told(UpdateUser(c.actor("admin"), c.user("near"), update, c.facts)); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	c := newCompany()
	near := c.user("near")
	nothing, err := c.update("admin", "near", UserPatch{Accesses: Some([][]int64{{1}})})
	if err != nil || nothing.Changed() || nothing.Before != near || nothing.After != near || !slices.Equal(nothing.Ignored, []string{"accesses"}) {
		t.Errorf("nothing: %+v, %v", nothing, err)
	}
	moved, err := c.update("provider", "near", UserPatch{OrgID: Some[int64](124)})
	if err != nil || !moved.Changed() || moved.Before != near || moved.After == near || moved.Org.ID != 124 || moved.After.OrgID != 124 || moved.After.Version != near.Version+1 {
		t.Errorf("moved: %+v, %v", moved, err)
	}
}

// TestRefusalsHaveWords: whatever a client sees has a text for people.
func TestRefusalsHaveWords(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"near", "groupNear", "admin", "admin2"} {
		_, err := newCompany().update("admin", target, UserPatch{
			OrgID: Null[int64](), Role: Some("KING"), Status: Some("?"), Disabled: Null[bool](), Password: Some("weak"), Phone: Some("?"),
			FirstName: Some(""), LastName: Some(strings.Repeat("x", 101)), Lang: Some("?"), Email: Some("?"), SSOOnly: Null[bool](),
			Keywords: Some([]string{""}), SidebarPages: Some([]string{"?"}), Accesses: Some([][]int64{{}, {99}}), BusinessIDs: Some([]string{"?"}),
			ReceiveReviewsEmailNotifications: Null[bool](),
		})
		for _, field := range err.(*Error).Fields {
			if len(field.Message) < 10 || strings.Contains(field.Message, "weak") {
				t.Errorf("%s: %q", field.Field, field.Message)
			}
		}
	}
}
