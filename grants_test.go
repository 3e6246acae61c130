package roundtable

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// grantLine is a line of testdata/grants.txt: what a caller may do to a target, column by
// column. A single cell holds for all of them.
type grantLine struct {
	caller, target string
	cells          []string
}

// readGrants reads the block that begins with the title, one of fields, roles,
// creations and ends.
func readGrants(t *testing.T, title string) (columns []string, lines []grantLine) {
	t.Helper()
	text, err := os.ReadFile("testdata/grants.txt")
	if err != nil {
		t.Fatal(err)
	}
	inside, caller := false, ""
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case slices.Contains([]string{"fields", "roles", "creations", "ends"}, words[0]):
			if inside = words[0] == title; inside {
				columns = words[1:]
			}
		case !inside:
		case words[0] == "caller":
			caller = words[1]
		default:
			if cells := words[1:]; len(cells) != 1 && len(cells) != len(columns) {
				t.Fatalf("%d cells for %d columns: %s", len(cells), len(columns), line)
			}
			lines = append(lines, grantLine{caller, words[0], words[1:]})
		}
	}
	return columns, lines
}

// cell returns the cell of a column.
func (l grantLine) cell(column int) string {
	if len(l.cells) == 1 {
		return l.cells[0]
	}
	return l.cells[column]
}

// grantCallers are the callers of the file by their names in the company.
func grantCallers() map[string]string {
	return map[string]string{
		"PROVIDER": "provider", "ORG_ADMIN": "admin", "ORG_MANAGER": "manager",
		"GROUP_MANAGER": "group", "BUSINESS_MANAGER": "business", "PUBLISHER": "publisher",
	}
}

// grantTargets are the colleagues of the file by their names in the company.
func grantTargets() map[string]string {
	return map[string]string{
		"same/PROVIDER": "provider2", "same/ORG_ADMIN": "admin2", "same/ORG_MANAGER": "manager2", "same/PUBLISHER": "publisher2",
		"same/GROUP_MANAGER/near": "groupNear", "same/GROUP_MANAGER/far": "groupFar",
		"same/BUSINESS_MANAGER/near": "near", "same/BUSINESS_MANAGER/partly": "partly",
		"same/BUSINESS_MANAGER/none": "none", "same/BUSINESS_MANAGER/far": "far",
	}
}

// targets returns the names in the company of the users that a line is about.
func (l grantLine) targets() []string {
	if l.target == "self" {
		return []string{grantCallers()[l.caller]}
	}
	if name, ok := grantTargets()[l.target]; ok {
		return []string{name}
	}
	org, every := strings.CutSuffix(l.target, "*")
	if !every {
		return []string{l.target}
	}
	var names []string
	for role := range grantCallers() {
		names = append(names, org+role)
	}
	return names
}

// wholeGrants says whether every caller has a line for every target, once.
func wholeGrants(t *testing.T, lines []grantLine, targets []string) {
	t.Helper()
	for caller, itself := range grantCallers() {
		wanted := append([]string{itself}, targets...)
		for _, line := range lines {
			if line.caller != caller {
				continue
			}
			for _, target := range line.targets() {
				at := slices.Index(wanted, target)
				if at < 0 {
					t.Fatalf("caller %s: target %s stands in the file twice, or should not at all", caller, target)
				}
				wanted = slices.Delete(wanted, at, at+1)
			}
		}
		if len(wanted) > 0 {
			t.Errorf("caller %s: the file lacks %v", caller, wanted)
		}
	}
}

func otherOrgs() []string {
	var names []string
	for role := range grantCallers() {
		names = append(names, "sister/"+role, "foreign/"+role)
	}
	return names
}

// grantCompany has single sign-on everywhere, so that sso_only is a matter of rights alone.
func grantCompany() *company {
	c := newCompany()
	for _, org := range c.facts.Orgs {
		org.SSO, org.SSOProven = true, true
	}
	return c
}

// anotherValue asks for a value of one field that target does not have now.
func anotherValue(t *testing.T, field string, target *User) UserPatch {
	t.Helper()
	switch field {
	case "email":
		return UserPatch{Email: Some("lancelot@example.org")}
	case "first_name":
		return UserPatch{FirstName: Some("Lancelot")}
	case "last_name":
		return UserPatch{LastName: Some("du Lac")}
	case "org_id":
		return UserPatch{OrgID: Some(map[int64]int64{123: 124, 124: 123, 200: 123}[target.OrgID])}
	case "accesses":
		return UserPatch{Accesses: Some(map[int64][][]int64{123: {{1}}, 124: {{7}}, 200: {}}[target.OrgID])}
	case "business_ids":
		return UserPatch{BusinessIDs: Some([]string{shop(map[int64]int{123: 3, 124: 22, 200: 32}[target.OrgID])})}
	case "phone":
		return UserPatch{Phone: Some("+33 1 23 45")}
	case "role":
		if target.Role == BusinessManager {
			return UserPatch{Role: Some("GROUP_MANAGER")}
		}
		return UserPatch{Role: Some("BUSINESS_MANAGER")}
	case "sidebar_pages":
		return UserPatch{SidebarPages: Some([]string{"posts"})}
	case "status":
		return UserPatch{Status: Some("invited")}
	case "disabled":
		return UserPatch{Disabled: Some(true)}
	case "password":
		return UserPatch{Password: Some("Excalibur!")}
	case "lang":
		return UserPatch{Lang: Some("de")}
	case "sso_only":
		return UserPatch{SSOOnly: Some(true)}
	case "keywords":
		return UserPatch{Keywords: Some([]string{"grail"})}
	case "receive_reviews_email_notifications":
		return UserPatch{ReceiveReviewsEmailNotifications: Some(true)}
	}
	t.Fatalf("no other value for the field %s", field)
	return UserPatch{}
}

// grantCell writes an answer about one field as the file does.
func grantCell(field string, outcome *Outcome, err error) string {
	refusal, _ := errors.AsType[*Error](err)
	switch {
	case err == nil && slices.Contains(outcome.Ignored, field) && !outcome.Changed():
		return "i"
	case err == nil && !outcome.Changed():
		return "="
	case err == nil && slices.ContainsFunc(outcome.Changes, func(c Change) bool { return c.Field == field }):
		return "+"
	case err == nil:
		return told(outcome, nil)
	case refusal.Code == CodeNotFound && refusal.Fields == nil:
		return "404"
	case refusal.Code == CodeForbidden && refusal.Fields == nil:
		return "403"
	case len(refusal.Fields) != 1 || refusal.Fields[0].Field != field:
	case refusal.Code == CodeForbidden && refusal.Fields[0].Code == CodeEditNotAllowed:
		return "-"
	case refusal.Code == CodeInvalid && refusal.Fields[0].Code == CodeInvalidChoice:
		return "400"
	}
	return told(outcome, err)
}

func TestGrantsOfFields(t *testing.T) {
	t.Parallel()
	columns, lines := readGrants(t, "fields")
	var names []string
	for i := range reflect.TypeFor[UserPatch]().NumField() {
		names = append(names, reflect.TypeFor[UserPatch]().Field(i).Tag.Get("json"))
	}
	if !slices.Equal(columns, names) {
		t.Fatalf("columns\n%v\nfields\n%v", columns, names)
	}
	targets := otherOrgs()
	for _, name := range grantTargets() {
		targets = append(targets, name)
	}
	wholeGrants(t, lines, targets)
	for _, line := range lines {
		for _, target := range line.targets() {
			for column, field := range columns {
				c := grantCompany()
				outcome, err := c.update(grantCallers()[line.caller], target, anotherValue(t, field, c.user(target)))
				if got, want := grantCell(field, outcome, err), line.cell(column); got != want {
					t.Errorf("%s changes %s of %s: got %s, want %s", line.caller, field, line.target, got, want)
				}
			}
		}
	}
}

func TestGrantsOfRoles(t *testing.T) {
	t.Parallel()
	columns, lines := readGrants(t, "roles")
	if len(columns) != len(grantCallers()) {
		t.Fatalf("columns %v", columns)
	}
	wholeGrants(t, lines, append(otherOrgs(), "provider2", "admin2", "manager2", "groupNear", "near", "publisher2"))
	for _, line := range lines {
		for _, target := range line.targets() {
			for column, role := range columns {
				outcome, err := grantCompany().update(grantCallers()[line.caller], target, UserPatch{Role: Some(role)})
				if got, want := grantCell("role", outcome, err), line.cell(column); got != want {
					t.Errorf("%s gives %s to %s: got %s, want %s", line.caller, role, line.target, got, want)
				}
			}
		}
	}
}
