package roundtable

import (
	"errors"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// needed returns the company with no more facts than the rules asked for, as the loader of
// a batch provides them.
func (w *drawn) needed() drawn {
	actor, target := *w.user(w.caller), *w.user(w.target)
	patch := &w.update.Patch
	needs := UpdateNeeds(&actor, &target, patch)
	lists := map[string]bool{w.caller: needs.ActorLists, w.target: needs.TargetLists}
	lists[w.caller] = lists[w.caller] || w.caller == w.target && needs.TargetLists
	lists[w.target] = lists[w.target] || w.caller == w.target && needs.ActorLists
	less := drawn{caller: w.caller, target: w.target, update: w.update, company: &company{users: map[string]*User{w.caller: &actor}, keys: w.keys, facts: &Facts{
		Orgs: make(map[int64]*Org), Groups: make(map[int64]Group), Businesses: make(map[string]Business),
		EmailOwners: make(map[string]string), Admins: make(map[int64]map[string]bool), Credentials: make(map[string]Credentials),
	}}}
	if w.caller != w.target {
		less.users[w.target] = &target
	}
	for name, u := range less.users {
		less.facts.Orgs[u.OrgID] = w.facts.Orgs[u.OrgID]
		if !lists[name] {
			u.Accesses, u.BusinessIDs = nil, nil
		}
	}
	if org, ok := w.facts.Orgs[patch.OrgID.Value]; patch.OrgID.Set && ok {
		less.facts.Orgs[org.ID] = org
	}
	if needs.EmailOwner {
		less.facts.EmailOwners = w.facts.EmailOwners
	}
	if needs.Credentials {
		less.facts.Credentials[target.ID] = w.facts.Credentials[target.ID]
	}
	if needs.Admins {
		less.facts.Admins[target.OrgID] = w.facts.Admins[target.OrgID]
	}
	var shops []string
	if needs.TargetReach {
		shops = append(shops, less.user(w.target).BusinessIDs...)
	}
	if needs.ActorBusinesses {
		shops = append(shops, less.user(w.caller).BusinessIDs...)
	}
	if patch.BusinessIDs.Set {
		shops = append(shops, AddedBusinessIDs(less.user(w.target), patch)...)
	}
	groups := slices.Concat(slices.Concat(less.user(w.caller).Accesses...), slices.Concat(less.user(w.target).Accesses...), slices.Concat(patch.Accesses.Value...))
	for _, id := range groups {
		if group, ok := w.facts.Groups[id]; ok {
			less.facts.Groups[id] = group
		}
	}
	for id, business := range w.facts.Businesses {
		overlaps := needs.Overlap && slices.ContainsFunc(business.GroupIDs, func(g int64) bool { return slices.Contains(slices.Concat(less.user(w.target).Accesses...), g) })
		if overlaps || slices.Contains(shops, id) {
			less.facts.Businesses[id] = business
		}
	}
	return less
}

// TestNeedsSuffice: with the facts that UpdateNeeds asks for and no others, the rules come
// to the same answer.
func TestNeedsSuffice(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	try := func(bytes []byte) {
		w := drawUpdate(bytes, "Lancelot")
		less := w.needed()
		all, err := w.judge()
		some, lessErr := less.judge()
		if !reflect.DeepEqual(err, lessErr) || told(all, err) != told(some, lessErr) {
			t.Errorf("%s updates %s\nwith all facts %s\nwith those needed %s", w.caller, w.target, told(all, err), told(some, lessErr))
		}
		if err == nil && all.Changed() {
			accepted++
		}
	}
	for range 2_500 {
		bytes := make([]byte, 6+16)
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		bytes[3], bytes[4], bytes[5] = 0, 0, 0 // neither limit, condition nor form
		for i := 6; i < len(bytes); i++ {
			if random.IntN(8) > 0 {
				bytes[i] = 0 // few fields at once, so that many are accepted
			}
		}
		try(bytes)
	}
	// Each field alone: an ORG_ADMIN on itself and on a manager, a PROVIDER on an ORG_ADMIN;
	// the last one or not, single sign-on proved or not.
	for _, pair := range [][2]byte{{0, 0}, {0, 1}, {1, 3}} {
		for field := range 16 {
			for value := byte(2); value < 11; value++ {
				for _, changes := range []byte{0, 2, 32} {
					bytes := make([]byte, 6+16)
					bytes[0], bytes[1], bytes[2], bytes[6+field] = pair[0], pair[1], changes, value
					try(bytes)
				}
			}
		}
	}
	if accepted < 150 {
		t.Errorf("only %d updates were accepted", accepted)
	}
}

// TestReadNeedsSuffice: the same for reading, for everybody in the company.
func TestReadNeedsSuffice(t *testing.T) {
	t.Parallel()
	c := newCompany()
	names := slices.Sorted(maps.Keys(c.users))
	for _, caller := range names {
		for _, target := range names {
			w := drawn{company: c, caller: caller, target: target}
			less := w.needed()
			want := ReadUser(c.actor(caller), c.user(target), c.facts)
			if got := ReadUser(less.actor(caller), less.user(target), less.facts); !reflect.DeepEqual(got, want) {
				t.Errorf("%s reads %s: %v, with all facts %v", caller, target, got, want)
			}
			var refusal *Error
			want = ReadHistory(c.actor(caller), c.user(target), c.facts)
			if got := ReadHistory(less.actor(caller), less.user(target), less.facts); !reflect.DeepEqual(got, want) || want != nil && !errors.As(want, &refusal) {
				t.Errorf("%s reads the history of %s: %v, with all facts %v", caller, target, got, want)
			}
		}
	}
}

// TestMissingFactsPanic: a rule does not guess.
func TestMissingFactsPanic(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*company){
		"organisation":            func(c *company) { delete(c.facts.Orgs, 123) },
		"businesses of the user":  func(c *company) { c.user("near").BusinessIDs = nil },
		"accesses of the manager": func(c *company) { c.user("group").Accesses = nil },
		"a business":              func(c *company) { delete(c.facts.Businesses, shop(1)) },
	} {
		c := newCompany()
		spoil(c)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: judged all the same", name)
				}
			}()
			c.update("group", "near", UserPatch{Email: Some("a@b.com")})
		}()
	}
}

func TestStandingDiffers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*User)
		want   bool
	}{
		"nothing":           {func(*User) {}, false},
		"phone":             {func(u *User) { u.Phone = "1" }, false},
		"e-mail":            {func(u *User) { u.Email = "a@b.com" }, false},
		"role":              {func(u *User) { u.Role = OrgAdmin }, true},
		"organisation":      {func(u *User) { u.OrgID = 124 }, true},
		"status":            {func(u *User) { u.Status = Invited }, true},
		"disabled":          {func(u *User) { u.Disabled = true }, true},
		"businesses":        {func(u *User) { u.BusinessIDs = []string{shop(1)} }, true},
		"accesses":          {func(u *User) { u.Accesses = [][]int64{{1}} }, true},
		"pages":             {func(u *User) { u.SidebarPages = []string{"posts"} }, true},
		"all pages to none": {func(u *User) { u.SidebarPages = []string{} }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := newCompany().user("near")
			after := *before
			test.change(&after)
			if got := after.StandingDiffers(before); got != test.want {
				t.Errorf("%v", got)
			}
		})
	}
}
