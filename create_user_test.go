package roundtable

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// newcomer is a creation that everybody who may give its role may make.
func newcomer(change func(*Creation)) *Creation {
	c := &Creation{ID: "5309c3a237bbc544d8e29999", CreatedAt: 1_700_000_000_000_000, Patch: UserPatch{
		Email: Some("Ygerne@Kaamelott.com"), FirstName: Some("Ygerne"), LastName: Some("de Tintagel"),
	}}
	if change != nil {
		change(c)
	}
	return c
}

// create judges a creation with its defaults, as the directory does.
func (c *company) create(caller string, creation *Creation) (*Outcome, error) {
	ignored := creation.Defaults()
	o, err := CreateUser(c.actor(caller), creation, c.facts)
	if err == nil {
		o.Ignored = append(o.Ignored, ignored...)
	}
	return o, err
}

// errorCell writes a refusal as the file does: its status, and the fields at fault.
func errorCell(err error) string {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return fmt.Sprint(err)
	}
	status := map[Code]string{CodeInvalid: "400", CodeForbidden: "403", CodeNotFound: "404"}[refusal.Code]
	var fields []string
	for _, f := range refusal.Fields {
		fields = append(fields, f.Field)
	}
	slices.Sort(fields)
	return strings.TrimSuffix(status+":"+strings.Join(fields, ","), ":")
}

func TestGrantsOfCreations(t *testing.T) {
	t.Parallel()
	columns, lines := readGrants(t, "creations")
	places := map[string]struct {
		org       Opt[int64]
		shopIndex int // 0: none
	}{
		"own": {Opt[int64]{}, 1}, "own/far": {Some[int64](123), 10}, "own/none": {Opt[int64]{}, 0},
		"sister": {Some[int64](124), 21}, "foreign": {Some[int64](200), 0}, "nowhere": {Some[int64](999), 0},
	}
	if want := len(places) * len(grantCallers()); len(lines) != want {
		t.Fatalf("%d lines, want %d", len(lines), want)
	}
	for _, line := range lines {
		place, known := places[line.target]
		if !known {
			t.Fatalf("no place %s", line.target)
		}
		for column, role := range columns {
			c := grantCompany()
			_, err := c.create(grantCallers()[line.caller], newcomer(func(n *Creation) {
				n.Patch.OrgID = place.org
				if role != "default" {
					n.Patch.Role = Some(role)
				}
				if role == string(BusinessManager) && place.shopIndex > 0 {
					n.Patch.BusinessIDs = Some([]string{shop(place.shopIndex)})
				}
			}))
			got := "+"
			if err != nil {
				got = errorCell(err)
			}
			if want := line.cell(column); got != want {
				t.Errorf("%s makes %s, %s: got %s, want %s", line.caller, role, line.target, got, want)
			}
		}
	}
}

func TestGrantsOfEnds(t *testing.T) {
	t.Parallel()
	columns, lines := readGrants(t, "ends")
	targets := otherOrgs()
	for _, name := range grantTargets() {
		targets = append(targets, name)
	}
	wholeGrants(t, lines, targets)
	for _, line := range lines {
		for _, target := range line.targets() {
			for column, end := range columns {
				c := grantCompany()
				caller, aim := c.actor(grantCallers()[line.caller]), c.user(target)
				if line.target != "self" && end == "invite" {
					aim.Status = Invited
				}
				c.facts.Admins[aim.OrgID]["somebody"] = true // nobody is the last one
				var err error
				if end == "delete" {
					_, err = DeleteUser(caller, aim, Precondition{}, c.facts)
				} else {
					err = InviteUser(caller, aim, time.Time{}, time.Unix(1, 0), c.facts)
				}
				got := "+"
				if err != nil {
					got, _, _ = strings.Cut(errorCell(err), ":")
				}
				if want := line.cell(column); got != want {
					t.Errorf("%s: %s %s: got %s, want %s", line.caller, end, target, got, want)
				}
			}
		}
	}
}

// Everything that a creation may be refused for, or come to, beside the role.
func TestCreation(t *testing.T) {
	t.Parallel()
	const made = `accesses=[] business_ids=[] disabled=false email="Ygerne@Kaamelott.com" first_name="Ygerne" keywords=[] lang="en"` +
		` last_name="de Tintagel" org_id=123 receive_reviews_email_notifications=false role="ORG_ADMIN" sso_only=false status=`
	const active, invited = made + `"active"`, made + `"invited"`
	for name, test := range map[string]struct {
		caller string // admin where left out
		given  func(*company)
		change func(*Creation)
		want   string
	}{
		"defaults": {want: active},
		"pages are a grant": {
			caller: "manager",
			given:  func(c *company) { c.user("manager").SidebarPages = []string{"posts"} },
			change: func(n *Creation) { n.Patch.Role = Some("GROUP_MANAGER") },
			want:   "operation_not_allowed (sidebar_pages: edit_not_allowed)",
		},
		"pages it holds": {
			caller: "manager",
			given:  func(c *company) { c.user("manager").SidebarPages = []string{"posts"} },
			change: func(n *Creation) { n.Patch.Role, n.Patch.SidebarPages = Some("GROUP_MANAGER"), Some([]string{"posts"}) },
			want:   strings.NewReplacer("ORG_ADMIN", "GROUP_MANAGER", " sso_only", ` sidebar_pages=["posts"] sso_only`).Replace(active),
		},
		"no page is a list, too": {
			change: func(n *Creation) { n.Patch.SidebarPages = Some([]string{}) },
			want:   strings.Replace(active, " sso_only", ` sidebar_pages=[] sso_only`, 1),
		},
		"nothing": {
			change: func(n *Creation) { n.Patch = UserPatch{} },
			want:   "invalid (email: required, first_name: required, last_name: required)",
		},
		"empty": {
			change: func(n *Creation) {
				n.Patch = UserPatch{Email: Some(" "), FirstName: Some(""), LastName: Some(" "), Role: Some(""), Status: Some(""), Lang: Some("")}
			},
			want: "invalid (email: invalid_email, first_name: invalid_length, lang: invalid_choice, last_name: invalid_length, role: invalid_choice, status: invalid_choice)",
		},
		"null": {
			change: func(n *Creation) {
				n.SendInvitation = Null[bool]()
				n.Patch = UserPatch{
					Email: Null[string](), FirstName: Null[string](), LastName: Null[string](), Role: Null[string](), Status: Null[string](),
					Lang: Null[string](), Password: Null[string](), Disabled: Null[bool](), SSOOnly: Null[bool](),
					ReceiveReviewsEmailNotifications: Null[bool](), Phone: Null[string](), Keywords: Null[[]string](),
					Accesses: Null[[][]int64](), BusinessIDs: Null[[]string](), SidebarPages: Null[[]string](),
				}
			},
			want: "invalid (disabled: null_not_allowed, email: null_not_allowed, first_name: null_not_allowed, lang: null_not_allowed," +
				" last_name: null_not_allowed, password: null_not_allowed, receive_reviews_email_notifications: null_not_allowed," +
				" role: null_not_allowed, send_invitation: null_not_allowed, sso_only: null_not_allowed, status: null_not_allowed)",
		},
		"org_id null, by who may choose": {
			caller: "provider", change: func(n *Creation) { n.Patch.OrgID = Null[int64]() }, want: "invalid (org_id: null_not_allowed)",
		},
		"org_id null": {
			change: func(n *Creation) { n.Patch.OrgID = Null[int64]() }, want: "operation_not_allowed (org_id: edit_not_allowed)",
		},
		"taken in another case": {
			change: func(n *Creation) { n.Patch.Email = Some("ADMIN2@kaamelott.com") }, want: "invalid (email: email_taken)",
		},
		"invitation": {
			change: func(n *Creation) { n.SendInvitation = Some(true) }, want: invited,
		},
		"invitation overrides": {
			change: func(n *Creation) {
				n.SendInvitation, n.Patch.Status, n.Patch.Password = Some(true), Some("active"), Some("weak")
			},
			want: invited + " ~password ~status",
		},
		"invitation, and a status there is not": {
			change: func(n *Creation) { n.SendInvitation, n.Patch.Status = Some(true), Some("gone") },
			want:   "invalid (status: invalid_choice)",
		},
		"invitation of somebody who is switched off": {
			change: func(n *Creation) { n.SendInvitation, n.Patch.Disabled = Some(true), Some(true) },
			want:   "invalid (send_invitation: user_disabled)",
		},
		"invitation with single sign-on": {
			change: func(n *Creation) { n.SendInvitation, n.Patch.SSOOnly = Some(true), Some(true) },
			want:   strings.Replace(active, "sso_only=false", "sso_only=true", 1) + " ~send_invitation",
		},
		"single sign-on as the guide creates it": {
			change: func(n *Creation) {
				n.SendInvitation, n.Patch.SSOOnly, n.Patch.Password = Some(false), Some(true), Null[string]()
			},
			want: strings.Replace(active, "sso_only=false", "sso_only=true", 1),
		},
		"single sign-on that is not there": {
			caller: "sister/ORG_ADMIN", change: func(n *Creation) { n.Patch.SSOOnly = Some(true) }, want: "invalid (sso_only: sso_not_configured)",
		},
		"single sign-on by a manager": {
			caller: "manager", change: func(n *Creation) { n.Patch.Role, n.Patch.SSOOnly = Some("GROUP_MANAGER"), Some(true) },
			want: "operation_not_allowed (sso_only: edit_not_allowed)",
		},
		"a password for somebody who is invited": {
			change: func(n *Creation) { n.Patch.Status, n.Patch.Password = Some("invited"), Some("Excalibur!") },
			want:   "invalid (password: password_not_usable)",
		},
		"lists that the role does not use": {
			change: func(n *Creation) {
				n.Patch.Accesses, n.Patch.BusinessIDs = Some([][]int64{{99}}), Some([]string{"nowhere"})
			},
			want: active + " ~accesses ~business_ids",
		},
		"form": {
			change: func(n *Creation) {
				n.Form = []FieldError{{Field: "email", Code: CodeWrongType}}
				n.Patch.Email = Opt[string]{}
			},
			want: "invalid (email: wrong_type)",
		},
		"form comes before rights": {
			caller: "publisher", change: func(n *Creation) { n.Form = []FieldError{{Field: "fax", Code: CodeUnknownField}} },
			want: "invalid (fax: unknown_field)",
		},
		"a key that may only read": {
			given: func(c *company) {
				c.keys["admin"].HasRestrictedPermissions, c.keys["admin"].Permissions = true, []string{PermissionUserRead}
			},
			want: "operation_not_allowed",
		},
		"too many addresses tried": {
			change: func(n *Creation) { n.EmailLimitReached = true }, want: "rate_limited",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany()
			if test.given != nil {
				test.given(c)
			}
			if test.caller == "" {
				test.caller = "admin"
			}
			if got := told(c.create(test.caller, newcomer(test.change))); got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// A new user is version 2: version 1 is nobody, as before any event.
func TestCreationBeginsTheHistory(t *testing.T) {
	t.Parallel()
	o, err := newCompany().create("admin", newcomer(nil))
	if err != nil {
		t.Fatal(err)
	}
	if o.After.Version != 2 || o.After.EmailKey != "ygerne@kaamelott.com" || o.After.LastEventID != nil {
		t.Errorf("made %+v", o.After)
	}
	for _, change := range o.Changes {
		if change.Before != nil {
			t.Errorf("%s was %v before", change.Field, change.Before)
		}
	}
}
