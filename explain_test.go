package roundtable

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// labels name the groups of the company.
func (c *company) labels() map[int64]GroupLabel {
	names := map[int64]string{1: "France", 2: "Bakery", 3: "Florist", 4: "Scotland", 5: "Carmelide", 6: "Italy", 7: "Inn"}
	sections := map[int64]string{1: "Country", 2: "Service", 3: "Country", 4: "Country"}
	labels := make(map[int64]GroupLabel)
	for id, group := range c.facts.Groups {
		labels[id] = GroupLabel{ID: id, Name: names[id], SectionID: group.SectionID, SectionName: sections[group.SectionID]}
	}
	return labels
}

func (c *company) explain(user string, business int) *Explanation {
	return NewExplainer(c.user(user), c.facts, c.labels()).Explain(c.facts.Businesses[shop(business)])
}

// told writes an explanation on a few lines: what may be done, the reasons, the
// sentence, the ways with theirs.
func (e *Explanation) told(t *testing.T) string {
	t.Helper()
	var lines []string
	var may strings.Builder
	for i, on := range []bool{e.May.Read, e.May.Edit, e.May.ChangeGroups} {
		may.WriteString(map[bool]string{true: "reg"[i : i+1], false: "-"}[on])
	}
	lines = append(lines, fmt.Sprint(e.Reachable, " ", may.String(), " ", e.Sentence))
	for _, reason := range e.Reasons {
		lines = append(lines, fmt.Sprint("because ", reason.Kind, " ", reason.Role, index(reason.AccessSet), groupIDs(reason.Groups)))
	}
	for _, way := range e.Ways {
		line := fmt.Sprint("or ", way.Kind, index(way.AccessSet))
		for _, missing := range way.Missing {
			line += fmt.Sprint(" ", missing.SectionName, groupIDs(missing.Groups))
		}
		lines = append(lines, fmt.Sprint(line, groupIDs(way.Groups), ": ", way.Sentence))
	}
	text, err := json.Marshal(e)
	if err != nil || strings.Contains(string(text), `"reasons":null`) || strings.Contains(string(text), `"groups":null`) || strings.Contains(string(text), `"missing":null`) {
		t.Errorf("a list is null: %s %v", text, err)
	}
	return strings.Join(lines, "\n")
}

func index(i *int) string {
	if i == nil {
		return ""
	}
	return fmt.Sprint(" ", *i)
}

func groupIDs(groups []GroupLabel) string {
	if len(groups) == 0 {
		return ""
	}
	ids := make([]int64, len(groups))
	for i, group := range groups {
		ids[i] = group.ID
	}
	return fmt.Sprint(" ", ids)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	full := func(c *company) {
		for n := range maxBusinessIDs {
			c.user("none").BusinessIDs = append(c.user("none").BusinessIDs, fmt.Sprintf("%024x", n))
		}
	}
	sets := func(sets ...[]int64) func(*company) {
		return func(c *company) { c.user("group").Accesses = append([][]int64{}, sets...) }
	}
	many := func(n int, set ...int64) [][]int64 {
		return slices.Repeat([][]int64{set}, n)
	}
	for name, test := range map[string]struct {
		given    func(*company)
		user     string
		business int
		want     string
	}{
		"provider":              {nil, "provider", 21, "true reg PROVIDER: every business of the organisations of its provider.\nbecause role PROVIDER"},
		"another provider":      {nil, "provider", 31, "false --- PROVIDER of another organisation than that of the business."},
		"administrator":         {nil, "admin", 12, "true reg ORG_ADMIN: every business of the organisation.\nbecause role ORG_ADMIN"},
		"its sister":            {nil, "admin", 21, "false --- ORG_ADMIN of another organisation than that of the business."},
		"manager":               {nil, "manager", 12, "true reg ORG_MANAGER: every business of the organisation.\nbecause role ORG_MANAGER"},
		"publisher":             {nil, "publisher", 1, "true r-- PUBLISHER: the business is subscribed to presence management.\nbecause subscription PUBLISHER"},
		"publisher without":     {nil, "publisher", 2, "false --- PUBLISHER, and the business is not subscribed to presence management.\nor subscribe: Subscribe the business to presence management."},
		"assigned":              {nil, "near", 2, "true re- BUSINESS_MANAGER to whom the business is assigned.\nbecause assignment BUSINESS_MANAGER"},
		"not assigned":          {nil, "near", 3, "false --- BUSINESS_MANAGER, and the business is not assigned to the user.\nor assign_business: Assign the business: add it to the user's business_ids."},
		"a full list":           {full, "none", 3, "false --- BUSINESS_MANAGER, and the business is not assigned to the user."},
		"elsewhere":             {nil, "near", 21, "false --- BUSINESS_MANAGER of another organisation than that of the business."},
		"one set":               {nil, "group", 1, "true re- GROUP_MANAGER through access set 1: France (Country) and Bakery (Service).\nbecause access_set GROUP_MANAGER 0 [1 2]"},
		"the other set":         {nil, "group", 4, "true re- GROUP_MANAGER through access set 2: France (Country) and Florist (Service).\nbecause access_set GROUP_MANAGER 1 [1 3]"},
		"its order, and OR":     {sets([]int64{3, 4, 1, 2}), "group", 1, "true re- GROUP_MANAGER through access set 1: France (Country) and Bakery (Service).\nbecause access_set GROUP_MANAGER 0 [1 2]"},
		"several sets":          {sets([]int64{4}, []int64{2}, []int64{1}), "group", 1, "true re- GROUP_MANAGER through access set 2: Bakery (Service); through access set 3: France (Country).\nbecause access_set GROUP_MANAGER 1 [2]\nbecause access_set GROUP_MANAGER 2 [1]"},
		"more than are told":    {sets(many(5, 1)...), "group", 1, "true re- GROUP_MANAGER through access set 1: France (Country); through access set 2: France (Country); through access set 3: France (Country); and through 2 more." + strings.Join([]string{"", "0 [1]", "1 [1]", "2 [1]", "3 [1]", "4 [1]"}, "\nbecause access_set GROUP_MANAGER ")},
		"no set":                {sets(), "group", 12, "false --- GROUP_MANAGER without an access set: it reaches no business.\nor add_access_set [3 4]: Add an access set to the user's accesses: Florist (Service) and Scotland (Country)."},
		"a set of elsewhere":    {sets([]int64{5}), "group", 1, "false --- GROUP_MANAGER, and its access set does not cover the business.\nor add_access_set [1 2]: Add an access set to the user's accesses: France (Country) and Bakery (Service)."},
		"the nearest set":       {sets([]int64{1, 3}, []int64{2, 1}, []int64{3}), "group", 7, "false --- GROUP_MANAGER, and none of its 3 access sets covers the business.\nor put_in_groups 1 Country [1]: Put the business into France (Country): then access set 2 covers it.\nor add_access_set [2 4]: Add an access set to the user's accesses: Bakery (Service) and Scotland (Country)."},
		"the first of equals":   {nil, "group", 12, "false --- GROUP_MANAGER, and none of its 2 access sets covers the business.\nor put_in_groups 1 Country [1]: Put the business into France (Country): then access set 2 covers it.\nor add_access_set [3 4]: Add an access set to the user's accesses: Florist (Service) and Scotland (Country)."},
		"as many sets as go":    {sets(many(maxAccessSets, 1)...), "group", 12, "false --- GROUP_MANAGER, and none of its 100 access sets covers the business.\nor put_in_groups 0 Country [1]: Put the business into France (Country): then access set 1 covers it."},
		"without groups":        {func(c *company) { c.addShop(1, 123) }, "group", 1, "false --- GROUP_MANAGER, and none of its 2 access sets covers the business.\nor put_in_groups 0 Country [1] Service [2]: Put the business into France (Country) and into Bakery (Service): then access set 1 covers it."},
		"either of two":         {func(c *company) { c.addShop(1, 123, 1); sets([]int64{1, 2, 3})(c) }, "group", 1, "false --- GROUP_MANAGER, and its access set does not cover the business.\nor put_in_groups 0 Service [2 3]: Put the business into Bakery or Florist (Service): then access set 1 covers it.\nor add_access_set [1]: Add an access set to the user's accesses: France (Country)."},
		"two of a section":      {func(c *company) { c.addShop(1, 123, 4, 1, 2); sets([]int64{1, 4})(c) }, "group", 1, "true re- GROUP_MANAGER through access set 1: France (Country) and Scotland (Country).\nbecause access_set GROUP_MANAGER 0 [1 4]"},
		"one of each section":   {func(c *company) { c.addShop(1, 123, 4, 1, 2); sets()(c) }, "group", 1, "false --- GROUP_MANAGER without an access set: it reaches no business.\nor add_access_set [1 2]: Add an access set to the user's accesses: France (Country) and Bakery (Service)."},
		"of another's business": {nil, "group", 21, "false --- GROUP_MANAGER of another organisation than that of the business."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, untouched := newCompany(), newCompany()
			if test.given != nil {
				test.given(c)
				test.given(untouched)
			}
			if got := c.explain(test.user, test.business).told(t); got != test.want {
				t.Errorf("%s and business %d\n got %s\nwant %s", test.user, test.business, got, test.want)
			}
			if !reflect.DeepEqual(c, untouched) {
				t.Error("explaining has changed what it explains")
			}
		})
	}
}

func TestExplainWithoutLabelPanics(t *testing.T) {
	t.Parallel()
	c := newCompany()
	defer func() {
		if recover() == nil {
			t.Error("a group was told without its name")
		}
	}()
	NewExplainer(c.user("group"), c.facts, nil).Explain(c.facts.Businesses[shop(1)])
}

// What is explained is what the law says, and every way there leads there.
func TestWaysLeadThere(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	counts := make(map[string]int)
	for range 2_000 {
		c := newCompany()
		for i := range c.facts.Businesses {
			business := c.facts.Businesses[i]
			business.GroupIDs = someOf(random, 1, 2, 3, 4)
			c.facts.Businesses[i] = business
		}
		user := c.user([]string{"group", "near", "publisher", "admin", "provider"}[random.IntN(5)])
		if user.Role == GroupManager {
			user.Accesses = nil
			for range random.IntN(4) {
				if set := someOf(random, 1, 2, 3, 4); len(set) > 0 {
					user.Accesses = append(user.Accesses, set)
				}
			}
			user.Accesses = append([][]int64{}, user.Accesses...)
		}
		business := c.facts.Businesses[shop(1+random.IntN(12))]
		explained := NewExplainer(user, c.facts, c.labels()).Explain(business)
		reachable := c.facts.CanReadBusiness(user, business)
		if explained.Reachable != reachable || reachable != (len(explained.Reasons) > 0) || reachable && len(explained.Ways) > 0 {
			t.Fatalf("%v reaches %v: %v, explained as %+v", user.Accesses, business, reachable, explained)
		}
		for _, way := range explained.Ways {
			counts[string(way.Kind)]++
			if !c.facts.CanReadBusiness(takeWay(way, user, business)) {
				t.Fatalf("%v does not reach %v by %+v", user.Accesses, business, way)
			}
		}
	}
	for _, kind := range []WayKind{WayAssign, WayPutIn, WayAddSet, WaySubscribe} {
		if counts[string(kind)] < 20 {
			t.Errorf("only %d times %s", counts[string(kind)], kind)
		}
	}
}

// takeWay returns user and business as they are once the way was taken, by the last of
// the groups that will do.
func takeWay(way Way, user *User, business Business) (*User, Business) {
	after := *user
	switch way.Kind {
	case WayAssign:
		after.BusinessIDs = append(slices.Clone(user.BusinessIDs), business.ID)
	case WaySubscribe:
		business.PresenceManagement = true
	case WayAddSet:
		var set []int64
		for _, group := range way.Groups {
			set = append(set, group.ID)
		}
		after.Accesses = append(slices.Clone(user.Accesses), set)
	case WayPutIn:
		business.GroupIDs = slices.Clone(business.GroupIDs)
		for _, missing := range way.Missing {
			business.GroupIDs = append(business.GroupIDs, missing.Groups[len(missing.Groups)-1].ID)
		}
		after.Accesses = user.Accesses[*way.AccessSet : *way.AccessSet+1]
	}
	return &after, business
}

func someOf(random *rand.Rand, all ...int64) []int64 {
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:random.IntN(len(all)+1)]
}

// Reach over many businesses is the reach over each of them.
func TestSelectIsCovers(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	groups := make(map[int64]Group)
	ids := make([]int64, 9)
	for i := range ids {
		ids[i] = int64(i + 1)
		groups[ids[i]] = Group{ID: ids[i], OrgID: 1, SectionID: ids[i] % 3}
	}
	for range 500 {
		var sets [][]int64
		for range random.IntN(4) {
			sets = append(sets, someOf(random, slices.Clone(ids)...))
		}
		if random.IntN(10) == 0 {
			sets = append(sets, []int64{1, 99}) // a group that is not there
		}
		reach, carriers := NewReach(1, sets, groups), NewCarriers()
		want := []string{}
		for n := range 40 {
			carried := someOf(random, slices.Clone(ids)...)
			for _, group := range carried {
				carriers.Add(shop(n), group)
			}
			if reach.Covers(carried) {
				want = append(want, shop(n))
			}
		}
		if got := reach.Select(carriers); !slices.Equal(got, want) {
			t.Fatalf("%v selects %v, want %v", sets, got, want)
		}
	}
}

func TestWhoMayAskForAccess(t *testing.T) {
	t.Parallel()
	restricted := func(permissions ...string) *APIKey {
		return &APIKey{HasRestrictedPermissions: true, Permissions: permissions}
	}
	for name, test := range map[string]struct {
		key      *APIKey
		target   string // of the administrator
		business int
		want     string // of both
	}{
		"any key":          {&APIKey{}, "near", 1, ""},
		"both permissions": {restricted(PermissionBusinessRead, PermissionUserRead), "near", 12, ""},
		"users only":       {restricted(PermissionUserRead), "near", 1, "operation_not_allowed"},
		"businesses only":  {restricted(PermissionBusinessRead), "near", 1, "operation_not_allowed"},
		"unseen":           {restricted(), "sister/ORG_ADMIN", 21, "not_found"},
		"another tenant":   {&APIKey{}, "foreign/ORG_ADMIN", 31, "not_found"},
		"nobody":           {&APIKey{}, "", 99, "not_found"},
	} {
		c := newCompany()
		actor := Actor{Key: test.key, User: c.user("admin")}
		var target *User
		if test.target != "" {
			target = c.user(test.target)
		}
		var business *Business
		if found, ok := c.facts.Businesses[shop(test.business)]; ok {
			business = &found
		}
		user, shop := ReadUserAccess(actor, target, c.facts), ReadBusinessAccess(actor, business, c.facts)
		for _, err := range []error{user, shop} {
			if refusal, _ := errors.AsType[*Error](err); err != nil && string(refusal.Code) != test.want || err == nil && test.want != "" {
				t.Errorf("%s: %v, want %q", name, err, test.want)
			}
		}
	}
}
