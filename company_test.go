package roundtable

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// company is a small world after the demo company of section 6: organisation 123 and its
// sister 124 belong to one provider, 200 to another. Every test makes its own and changes
// it at will.
type company struct {
	facts *Facts
	users map[string]*User
	keys  map[string]*APIKey
}

// Of 123: the callers provider, admin, manager, group (France), business (shops 01 and
// 04) and publisher; beside them provider2, admin2, manager2, publisher2,
//
//	groupNear (bakeries)  groupFar (Scotland)
//	near (01, 02)  partly (01, 07)  none (no shop)  far (10)
//
// Of 124 and 200, one of each role: sister/ORG_ADMIN, foreign/ORG_ADMIN and so on.
func newCompany() *company {
	c := &company{
		facts: &Facts{
			Orgs: make(map[int64]*Org), Groups: make(map[int64]Group), Businesses: make(map[string]Business),
			EmailOwners: make(map[string]string), Admins: make(map[int64]map[string]bool), Credentials: make(map[string]Credentials),
		},
		users: make(map[string]*User), keys: make(map[string]*APIKey),
	}
	c.addOrgs()
	c.addShops()
	for _, role := range []Role{Provider, OrgAdmin, OrgManager, GroupManager, BusinessManager, Publisher} {
		c.add("sister/"+string(role), 124, role)
		c.add("foreign/"+string(role), 200, role)
	}
	c.user("sister/GROUP_MANAGER").Accesses = [][]int64{{5}}
	c.user("sister/BUSINESS_MANAGER").BusinessIDs = []string{shop(21)}
	c.user("foreign/GROUP_MANAGER").Accesses = [][]int64{{6}}
	c.user("foreign/BUSINESS_MANAGER").BusinessIDs = []string{shop(31)}
	for _, suffix := range []string{"", "2"} {
		c.add("provider"+suffix, 123, Provider)
		c.add("admin"+suffix, 123, OrgAdmin)
		c.add("manager"+suffix, 123, OrgManager)
		c.add("publisher"+suffix, 123, Publisher)
	}
	c.add("group", 123, GroupManager).Accesses = [][]int64{{1, 2}, {1, 3}}
	c.add("groupNear", 123, GroupManager).Accesses = [][]int64{{2}}
	c.add("groupFar", 123, GroupManager).Accesses = [][]int64{{4}}
	c.add("business", 123, BusinessManager).BusinessIDs = []string{shop(1), shop(4)}
	c.add("near", 123, BusinessManager).BusinessIDs = []string{shop(1), shop(2)}
	c.add("partly", 123, BusinessManager).BusinessIDs = []string{shop(1), shop(7)}
	c.add("none", 123, BusinessManager)
	c.add("far", 123, BusinessManager).BusinessIDs = []string{shop(10)}
	return c
}

func (c *company) addOrgs() {
	c.facts.Orgs[123] = &Org{ID: 123, ProviderID: 1, ProviderLabel: "kaamelott", SidebarPages: SidebarPages(), SSO: true, SSOProven: true, Version: 1}
	c.facts.Orgs[124] = &Org{ID: 124, ProviderID: 1, ProviderLabel: "kaamelott", SidebarPages: SidebarPages(), Version: 1}
	c.facts.Orgs[200] = &Org{ID: 200, ProviderID: 2, ProviderLabel: "rome", SidebarPages: SidebarPages(), Version: 1}
	for _, g := range []Group{
		{ID: 1, OrgID: 123, SectionID: 1}, // Country: France
		{ID: 4, OrgID: 123, SectionID: 1}, // Scotland
		{ID: 2, OrgID: 123, SectionID: 2}, // Service: Bakery
		{ID: 3, OrgID: 123, SectionID: 2}, // Florist
		{ID: 5, OrgID: 124, SectionID: 3},
		{ID: 7, OrgID: 124, SectionID: 3},
		{ID: 6, OrgID: 200, SectionID: 4},
	} {
		c.facts.Groups[g.ID] = g
	}
}

// addShops makes 01-03 French bakeries, 04-06 French florists, 07-09 Scottish bakeries and
// 10-12 Scottish florists. The odd ones have presence management.
func (c *company) addShops() {
	groups := [][]int64{{1, 2}, {1, 3}, {4, 2}, {4, 3}}
	for n := 1; n <= 12; n++ {
		c.addShop(n, 123, groups[(n-1)/3]...)
	}
	c.addShop(21, 124, 5)
	c.addShop(22, 124, 5)
	c.addShop(31, 200, 6)
	c.addShop(32, 200, 6)
}

func (c *company) addShop(n int, org int64, groups ...int64) {
	c.facts.Businesses[shop(n)] = Business{ID: shop(n), OrgID: org, GroupIDs: groups, PresenceManagement: n%2 == 1}
}

// shop is the id of a business.
func shop(n int) string { return fmt.Sprintf("5409c35a97bbc544d8e2%04d", n) }

// someCredentials tell by their counts which of them an effect is about.
func someCredentials() Credentials {
	return Credentials{
		Passwords: 1, Sessions: 5, PasswordSessions: 3, APIKeys: 2, ConnectionTokens: 4,
		Invitations: 6, ResetLinks: 7, SSOLinks: 1, Mails: 8,
	}
}

func (c *company) add(name string, org int64, role Role) *User {
	address := strings.ToLower(strings.ReplaceAll(name, "/", ".")) + "@kaamelott.com"
	u := &User{
		ID: fmt.Sprintf("5309c3a237bbc544d8e2%04x", len(c.users)+1), OrgID: org, FirstName: "Given", LastName: "Family",
		Email: address, EmailKey: address, Lang: "fr", BusinessIDs: []string{}, Accesses: [][]int64{},
		Role: role, Status: Active, Keywords: []string{}, CreatedAt: 1_600_000_000_000_000, Version: 3,
	}
	c.users[name] = u
	c.keys[name] = &APIKey{ID: int64(len(c.users)), UserID: u.ID}
	c.facts.EmailOwners[u.EmailKey] = u.ID
	c.facts.Credentials[u.ID] = someCredentials()
	if role == OrgAdmin {
		if c.facts.Admins[org] == nil {
			c.facts.Admins[org] = make(map[string]bool)
		}
		c.facts.Admins[org][u.ID] = true
	}
	return u
}

// user returns the user of that name, which must be there.
func (c *company) user(name string) *User {
	u, ok := c.users[name]
	if !ok {
		panic("no user " + name + " in the company, but " + strings.Join(slices.Sorted(maps.Keys(c.users)), ", "))
	}
	return u
}

func (c *company) actor(name string) Actor { return Actor{Key: c.keys[name], User: c.user(name)} }

// update is UpdateUser by a caller of a target; no target is a user that does not exist.
func (c *company) update(caller, target string, patch UserPatch) (*Outcome, error) {
	var aim *User
	if target != "" {
		aim = c.user(target)
	}
	return UpdateUser(c.actor(caller), aim, &Update{Patch: patch}, c.facts)
}

// told writes an answer on one line. A refusal is its code and, in brackets, its fields.
// A success is the changed fields with their new values, the effects with ! and their
// counts, the ignored fields with ~, each in alphabetical order.
func told(o *Outcome, err error) string {
	if err != nil {
		refusal, ok := errors.AsType[*Error](err)
		if !ok {
			return fmt.Sprintf("an error that is no *Error: %v", err)
		}
		fields := make([]string, len(refusal.Fields))
		for i, f := range refusal.Fields {
			fields[i] = fmt.Sprintf("%s: %s", f.Field, f.Code)
		}
		slices.Sort(fields)
		return strings.TrimSuffix(fmt.Sprintf("%s (%s)", refusal.Code, strings.Join(fields, ", ")), " ()")
	}
	var changes, effects, ignored []string
	for _, change := range o.Changes {
		after, err := json.Marshal(change.After)
		if err != nil {
			return err.Error()
		}
		changes = append(changes, fmt.Sprintf("%s=%s", change.Field, after))
	}
	for _, effect := range o.Effects {
		effects = append(effects, fmt.Sprintf("!%s:%d", effect.Effect, effect.Count))
	}
	for _, field := range o.Ignored {
		ignored = append(ignored, "~"+field)
	}
	if len(changes) == 0 {
		changes = []string{"no change"}
	}
	slices.Sort(changes)
	slices.Sort(effects)
	slices.Sort(ignored)
	return strings.Join(slices.Concat(changes, effects, ignored), " ")
}

// updateCase is one update and what is told of it.
type updateCase struct {
	given          func(*company) // changes the company before
	caller, target string         // admin and near where left out
	patch          UserPatch
	with           func(*Update) // adds to the update
	want           string
}

// run judges every case in a company of its own, and looks whether judging left that
// company as it was.
func run(t *testing.T, cases map[string]updateCase) {
	t.Helper()
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, untouched := newCompany(), newCompany()
			if test.given != nil {
				test.given(c)
				test.given(untouched)
			}
			if test.caller == "" {
				test.caller = "admin"
			}
			if test.target == "" {
				test.target = "near"
			}
			update := &Update{Patch: test.patch}
			if test.with != nil {
				test.with(update)
			}
			if got := told(UpdateUser(c.actor(test.caller), c.user(test.target), update, c.facts)); got != test.want {
				t.Errorf("%s updates %s\n got %s\nwant %s", test.caller, test.target, got, test.want)
			}
			if !reflect.DeepEqual(c, untouched) {
				t.Error("judging has changed what it judged")
			}
		})
	}
}

// seen are the states that a client knows which has seen these versions.
func seen(versions ...int64) []State {
	states := make([]State, len(versions))
	for i, version := range versions {
		states[i] = State{User: version, Org: 1}
	}
	return states
}
