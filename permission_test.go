package roundtable

import (
	"slices"
	"strings"
	"testing"
)

// TestCanRead is the table of section 2, column "READs users".
func TestCanRead(t *testing.T) {
	t.Parallel()
	all := "provider provider2 admin admin2 manager manager2 group groupNear groupFar business near partly none far publisher publisher2"
	sister := "sister/PROVIDER sister/ORG_ADMIN sister/ORG_MANAGER sister/GROUP_MANAGER sister/BUSINESS_MANAGER sister/PUBLISHER"
	above := "admin admin2 manager manager2 "
	for reader, readable := range map[string]string{
		"provider":                all + " " + sister,
		"admin":                   all,
		"manager":                 all,
		"group":                   above + "group groupNear business near partly",          // France: 01 to 06
		"groupNear":               above + "group groupNear groupFar business near partly", // bakeries: 01 to 03, 07 to 09
		"groupFar":                above + "groupFar groupNear partly far",                 // Scotland: 07 to 12
		"business":                above + "business near partly group groupNear",          // 01, 04
		"near":                    above + "business near partly group groupNear",          // 01, 02
		"partly":                  above + "business near partly group groupNear groupFar", // 01, 07
		"far":                     above + "far groupFar",                                  // 10
		"none":                    above + "none",                                          // no shop
		"publisher":               "publisher",
		"sister/GROUP_MANAGER":    "sister/ORG_ADMIN sister/ORG_MANAGER sister/GROUP_MANAGER sister/BUSINESS_MANAGER",
		"sister/BUSINESS_MANAGER": "sister/ORG_ADMIN sister/ORG_MANAGER sister/GROUP_MANAGER sister/BUSINESS_MANAGER",
		"sister/PROVIDER":         all + " " + sister,
		"sister/ORG_ADMIN":        sister,
	} {
		c := newCompany()
		expected := setOf(strings.Fields(readable))
		for target := range c.users {
			if got := c.facts.CanRead(c.user(reader), c.user(target)); got != expected[target] {
				t.Errorf("%s reads %s: %v", reader, target, got)
			}
			wantErr := "not_found"
			if expected[target] {
				wantErr = ""
			}
			if got := refusalOf(ReadUser(c.actor(reader), c.user(target), c.facts)); got != wantErr {
				t.Errorf("%s asks for %s: %q", reader, target, got)
			}
		}
	}
}

// refusalOf is the refusal on one line, empty if there is none.
func refusalOf(err error) string {
	if err == nil {
		return ""
	}
	return told(nil, err)
}

// TestReadingEndsAtTheOrganisation: a manager whose lists name what belongs to another
// organisation reads nothing there.
func TestReadingEndsAtTheOrganisation(t *testing.T) {
	t.Parallel()
	c := newCompany()
	c.user("group").Accesses = [][]int64{{5}}
	c.user("business").BusinessIDs = []string{shop(21)}
	for _, reader := range []string{"group", "business"} {
		for target := range c.users {
			if strings.HasPrefix(target, "sister/") && c.facts.CanRead(c.user(reader), c.user(target)) {
				t.Errorf("%s reads %s", reader, target)
			}
		}
	}
	if c.facts.CanReadBusiness(c.user("group"), c.facts.Businesses[shop(21)]) || c.facts.CanReadBusiness(c.user("business"), c.facts.Businesses[shop(21)]) {
		t.Error("a business of another organisation is read")
	}
}

// TestCanReadBusiness is the table of section 2, column "READs businesses".
func TestCanReadBusiness(t *testing.T) {
	t.Parallel()
	for reader, readable := range map[string][]int{
		"provider":                 {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 21, 22},
		"admin":                    {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
		"manager":                  {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
		"group":                    {1, 2, 3, 4, 5, 6},
		"groupNear":                {1, 2, 3, 7, 8, 9},
		"groupFar":                 {7, 8, 9, 10, 11, 12},
		"business":                 {1, 4},
		"none":                     {},
		"publisher":                {1, 3, 5, 7, 9, 11}, // subscribed to presence management
		"sister/PROVIDER":          {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 21, 22},
		"sister/ORG_ADMIN":         {21, 22},
		"sister/BUSINESS_MANAGER":  {21},
		"sister/PUBLISHER":         {21},
		"foreign/PROVIDER":         {31, 32},
		"foreign/ORG_MANAGER":      {31, 32},
		"foreign/BUSINESS_MANAGER": {31},
	} {
		c := newCompany()
		for _, n := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 21, 22, 31, 32} {
			if got := c.facts.CanReadBusiness(c.user(reader), c.facts.Businesses[shop(n)]); got != slices.Contains(readable, n) {
				t.Errorf("%s reads business %d: %v", reader, n, got)
			}
		}
	}
}

func TestCanReadOrg(t *testing.T) {
	t.Parallel()
	c := newCompany()
	for reader, readable := range map[string][]int64{
		"provider": {123, 124}, "admin": {123}, "manager": {123}, "group": {123}, "business": {123}, "publisher": {123}, "foreign/PROVIDER": {200},
	} {
		for _, org := range []int64{123, 124, 200, 999} {
			if got := c.facts.CanReadOrg(c.user(reader), org); got != slices.Contains(readable, org) {
				t.Errorf("%s reads organisation %d: %v", reader, org, got)
			}
		}
	}
}

// TestReadHistory: the user and its administrators (section 1.8).
func TestReadHistory(t *testing.T) {
	t.Parallel()
	const forbidden, missing = "operation_not_allowed", "not_found"
	for pair, want := range map[[2]string]string{
		{"provider", "provider"}: "", {"provider", "provider2"}: forbidden, {"provider", "sister/PUBLISHER"}: "", {"provider", "foreign/ORG_ADMIN"}: missing,
		{"admin", "admin"}: "", {"admin", "admin2"}: "", {"admin", "near"}: "", {"admin", "publisher"}: "", {"admin", "provider"}: forbidden,
		{"manager", "manager"}: "", {"manager", "manager2"}: forbidden, {"manager", "group"}: "", {"manager", "admin"}: forbidden, {"manager", "publisher"}: forbidden,
		{"group", "group"}: "", {"group", "near"}: "", {"group", "partly"}: forbidden, {"group", "none"}: missing, {"group", "far"}: missing, {"group", "admin"}: forbidden,
		{"business", "business"}: "", {"business", "near"}: forbidden, {"publisher", "publisher"}: "", {"publisher", "admin"}: missing,
	} {
		c := newCompany()
		if got := refusalOf(ReadHistory(c.actor(pair[0]), c.user(pair[1]), c.facts)); got != want {
			t.Errorf("%s reads the history of %s: %q, want %q", pair[0], pair[1], got, want)
		}
	}
}

func TestRestrictedKeyReads(t *testing.T) {
	t.Parallel()
	for _, permissions := range [][]string{nil, {PermissionUserEdit}, {"user_reads"}} {
		c := newCompany()
		c.keys["admin"].HasRestrictedPermissions, c.keys["admin"].Permissions = true, permissions
		for target, want := range map[string]string{"near": "operation_not_allowed", "admin": "operation_not_allowed", "foreign/ORG_ADMIN": "not_found"} {
			if got := refusalOf(ReadUser(c.actor("admin"), c.user(target), c.facts)); got != want {
				t.Errorf("%q reads %s: %q", permissions, target, got)
			}
		}
		c.keys["admin"].Permissions = append(permissions, PermissionUserRead)
		if got := refusalOf(ReadUser(c.actor("admin"), c.user("near"), c.facts)); got != "" {
			t.Errorf("%q reads: %q", c.keys["admin"].Permissions, got)
		}
	}
	c := newCompany()
	if got := refusalOf(ReadUser(c.actor("provider"), nil, c.facts)); got != "not_found" {
		t.Errorf("nobody: %q", got)
	}
}

// TestAdministers: the middle column of the table of 1.3, where the lists decide.
func TestAdministers(t *testing.T) {
	t.Parallel()
	c := newCompany()
	c.user("sister/BUSINESS_MANAGER").BusinessIDs = []string{shop(1)} // which cannot be
	for target, want := range map[string]bool{
		"near": true, "business": true, "partly": false, "far": false, "none": false, "sister/BUSINESS_MANAGER": false, "groupNear": false, "group": false, "admin": false,
	} {
		if got := c.facts.Administers(c.user("group"), c.user(target)); got != want {
			t.Errorf("group administers %s: %v", target, got)
		}
	}
}

func TestMayGive(t *testing.T) {
	t.Parallel()
	for giver, given := range map[Role]string{
		Provider: "ORG_ADMIN ORG_MANAGER GROUP_MANAGER BUSINESS_MANAGER PUBLISHER", OrgAdmin: "ORG_ADMIN ORG_MANAGER GROUP_MANAGER BUSINESS_MANAGER",
		OrgManager: "GROUP_MANAGER BUSINESS_MANAGER", GroupManager: "BUSINESS_MANAGER", BusinessManager: "", Publisher: "", "KING": "", "": "",
	} {
		expected := setOf(strings.Fields(given))
		for _, role := range []Role{Provider, OrgAdmin, OrgManager, GroupManager, BusinessManager, Publisher, "KING", ""} {
			if got := giver.MayGive(role); got != expected[string(role)] {
				t.Errorf("%s gives %q: %v", giver, role, got)
			}
		}
	}
}

// TestView: what GET answers, derived members included (section 2).
func TestView(t *testing.T) {
	t.Parallel()
	c := newCompany()
	org := &Org{ID: 123, ProviderLabel: "kaamelott", SidebarPages: []string{"bulk_modification", "messages", "posts", "presence_analytics"}}
	for name, test := range map[string]struct{ stored, pages, features []string }{
		"no list":  {nil, org.SidebarPages, []string{"messages", "posts"}},
		"a list":   {[]string{"posts", "presence_analytics"}, []string{"posts", "presence_analytics"}, []string{"posts"}},
		"no page":  {[]string{}, []string{}, []string{}},
		"hidden":   {[]string{"review_invite", "posts", "diffusion"}, []string{"posts"}, []string{"posts"}},
		"reversed": {[]string{"posts", "messages"}, []string{"posts", "messages"}, []string{"messages", "posts"}},
	} {
		u := c.user("near")
		u.SidebarPages = test.stored
		view := u.View(org)
		if !slices.Equal(view.SidebarPages, test.pages) || !slices.Equal(view.AvailableFeatures, test.features) || view.AvailableFeatures == nil || view.SidebarPages == nil {
			t.Errorf("%s: pages %q, features %q", name, view.SidebarPages, view.AvailableFeatures)
		}
		if view == u || view.ProviderLabel != "kaamelott" || view.Reports == nil || u.Reports != nil {
			t.Errorf("%s: %+v", name, view)
		}
	}
}
