package directory

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// matcher is section 2 once more, the plain way: everybody that the caller may READ,
// and of these who matches.
type matcher struct {
	actor  *roundtable.User
	users  []*roundtable.User
	facts  *roundtable.Facts
	byCode map[string]string // "org code" to business
}

func (d *opened) matcher(t *testing.T, by int) (*matcher, error) {
	t.Helper()
	return reading(t.Context(), d.Directory, d.caller(by), func(o *operation) (*matcher, error) {
		m := &matcher{actor: o.actor.User, facts: o.facts, byCode: make(map[string]string)}
		ids := make(map[string]bool)
		wanted := &wantedFacts{businesses: make(map[string]bool), groups: make(map[int64]bool)}
		orgs := make(map[int64]bool)
		err := errors.Join(
			o.tx.Each("SELECT id FROM users", nil, func(r *db.Rows) error { var id string; err := r.Scan(&id); ids[id] = true; return err }),
			o.tx.Each("SELECT id FROM orgs", nil, func(r *db.Rows) error { var id int64; err := r.Scan(&id); orgs[id] = true; return err }),
			o.tx.Each("SELECT id FROM groups", nil, func(r *db.Rows) error { var id int64; err := r.Scan(&id); wanted.groups[id] = true; return err }),
			o.tx.Each("SELECT id, org_id, code FROM businesses", nil, func(r *db.Rows) error {
				var id, code string
				var org int64
				err := r.Scan(&id, &org, &code)
				wanted.businesses[id], m.byCode[fmt.Sprint(org, " ", code)] = true, id
				return err
			}),
		)
		err = errors.Join(err, o.loadUsersByID(o.tx, keys(ids)), o.loadLists(o.tx, keys(ids)), o.loadOrgs(o.tx, keys(orgs)),
			o.loadGroups(o.tx, wanted), o.loadBusinesses(o.tx, wanted))
		for _, id := range keys(ids) {
			m.users = append(m.users, o.users[id])
		}
		return m, err
	})
}

func (m *matcher) search(s *roundtable.UserSearch) []string {
	found := []*roundtable.User{}
	for _, mistyped := range []bool{false, true} {
		for _, user := range m.users {
			if len(found) == 0 || !mistyped {
				if m.facts.CanRead(m.actor, user) && m.matches(s, user, mistyped) {
					found = append(found, user)
				}
			} else if m.facts.CanRead(m.actor, user) && m.matches(s, user, true) {
				found = append(found, user)
			}
		}
		if len(found) > 0 || !s.Query.Set {
			break
		}
	}
	slices.SortFunc(found, func(a, b *roundtable.User) int {
		order := cmp.Or(cmp.Compare(keyFor(s.Order, a), keyFor(s.Order, b)), cmp.Compare(a.ID, b.ID))
		if s.Descending {
			return -order
		}
		return order
	})
	ids := []string{}
	for _, user := range found {
		ids = append(ids, user.ID)
	}
	return ids
}

func keyFor(order roundtable.UserOrder, u *roundtable.User) string {
	switch order {
	case roundtable.OrderByEmail:
		return u.EmailKey
	case roundtable.OrderByFirstName:
		return roundtable.Fold(u.FirstName)
	case roundtable.OrderByLastName:
		return roundtable.Fold(u.LastName)
	case roundtable.OrderByRole:
		return string(u.Role)
	case roundtable.OrderByStatus:
		return string(u.Status)
	case roundtable.OrderByOrg:
		return fmt.Sprintf("%09d", u.OrgID)
	}
	return ""
}

func (m *matcher) matches(s *roundtable.UserSearch, u *roundtable.User, mistyped bool) bool {
	holds := func(k string) bool {
		return slices.ContainsFunc(u.Keywords, func(own string) bool { return roundtable.Fold(own) == roundtable.Fold(k) })
	}
	return (s.EmailKey == "" || s.EmailKey == u.EmailKey) &&
		(m.actor.Role != roundtable.Provider || !s.OrgID.Set || s.OrgID.Value == u.OrgID) &&
		(len(s.Statuses) == 0 || slices.Contains(s.Statuses, u.Status)) &&
		(len(s.Roles) == 0 || slices.Contains(s.Roles, u.Role)) &&
		(!s.Disabled.Set || s.Disabled.Value == u.Disabled) &&
		(!s.HasBusinesses.Set || s.HasBusinesses.Value == (len(u.BusinessIDs) > 0)) &&
		strings.Contains(u.LastName, s.LastName) &&
		(len(s.Keywords) == 0 || slices.ContainsFunc(s.Keywords, holds)) &&
		m.readsBusiness(s, u) && matchesWords(s, u, mistyped)
}

func (m *matcher) readsBusiness(s *roundtable.UserSearch, u *roundtable.User) bool {
	if s.Business == "" {
		return true
	}
	for _, business := range m.facts.Businesses {
		code, byCode := strings.CutPrefix(s.Business, "c-")
		named := business.ID == s.Business
		if byCode {
			searched := business.OrgID == m.actor.OrgID
			if m.actor.Role == roundtable.Provider {
				searched = !s.OrgID.Set || business.OrgID == s.OrgID.Value
			}
			named = searched && m.byCode[fmt.Sprint(business.OrgID, " ", code)] == business.ID
		}
		if named && m.facts.CanReadBusiness(m.actor, business) && m.facts.CanReadBusiness(u, business) {
			return true
		}
	}
	return false
}

func matchesWords(s *roundtable.UserSearch, u *roundtable.User, mistyped bool) bool {
	if !s.Query.Set {
		return true
	}
	words := roundtable.Words(s.Query.Value)
	for _, word := range words {
		if !slices.ContainsFunc(roundtable.Words(u.FirstName+" "+u.LastName+" "+u.EmailKey), func(own string) bool {
			return strings.HasPrefix(own, word) ||
				mistyped && utf8.RuneCountInString(word) >= roundtable.MistypedLength && roundtable.Mistyped(word, own)
		}) {
			return false
		}
	}
	return len(words) > 0
}

// searchScene is a scene whose people have names to be found by.
func searchScene(seed uint64) *scene {
	s := newScene(seed)
	for i := range s.seed.Users {
		s.name(&s.seed.Users[i].User)
		s.seed.Keys[i].HasRestrictedPermissions = false
	}
	return s
}

func (s *scene) name(user *roundtable.User) {
	user.FirstName = oneOf(s, "Éloïse", "Eloise", "Anne-Marie", "Anna", "Łukasz", "Jean Luc", "日本", "O'Hara")
	user.LastName = oneOf(s, "de Galles", "Galles", "GALLES", "Martin", "Martinez", "Müller", "Mueller", "Ångström")
	user.Keywords = pick(s.rng, []string{"vip", "VIP", "north", "a b", "été"}, 3)
}

func (s *scene) search() roundtable.UserSearch {
	var search roundtable.UserSearch
	for range s.rng.IntN(3) {
		switch s.rng.IntN(12) {
		case 0:
			search.EmailKey, _ = roundtable.EmailKey(oneOf(s, s.emails...))
		case 1:
			search.OrgID = some(oneOf[int64](s, 1, 2, 3, 4, 99))
		case 2, 3, 4:
			search.Query = some(oneOf(s, "e", "eloise", "ÉLO", "gall mar", "martn", "mueler", "eloize gales", "u1", "example.com", "--", "日", "日本",
				"anne galles", "anen", "xyzzy", "jean de", "free", "ohara", "lukasz", "exmaple"))
		case 5:
			search.Statuses = []roundtable.Status{oneOf(s, roundtable.Active, roundtable.Invited)}
		case 6:
			search.Disabled = some(s.rng.IntN(2) == 0)
		case 7:
			search.HasBusinesses = some(s.rng.IntN(2) == 0)
		case 8:
			search.LastName = oneOf(s, "alle", "GALL", "a", "ü", "Martin", " ", "x")
		case 9:
			search.Roles = pick(s.rng, roundtable.AllRoles(), 3)
		case 10:
			search.Business = oneOf(s, shopID(1+s.rng.IntN(18)), fmt.Sprint("c-L", 1+s.rng.IntN(18)), "c-", "no such")
		case 11:
			search.Keywords = pick(s.rng, []string{"vip", "Vip", "north", "a b", "ete", "no such"}, 3)
		}
	}
	search.Order = oneOf(s, roundtable.OrderByID, roundtable.OrderByEmail, roundtable.OrderByFirstName, roundtable.OrderByLastName,
		roundtable.OrderByRole, roundtable.OrderByOrg, roundtable.OrderByStatus)
	search.Descending = s.rng.IntN(3) == 0
	return search
}

// change changes the company somehow; refusals are as good.
func (s *scene) change(t *testing.T, d *opened) {
	t.Helper()
	switch s.rng.IntN(8) {
	case 0:
		s.reshop(t, d)
	case 1:
		s.depart(t, d)
	case 2:
		patch := roundtable.UserPatch{
			Email: some(fmt.Sprintf("new%d@example.com", s.rng.IntN(1000))), FirstName: some("Anna"), LastName: some("Nouvelle"),
			Role: some(string(oneOf(s, roundtable.AssignableRoles()...))), OrgID: some(oneOf[int64](s, 1, 2, 3)),
		}
		_, err := d.CreateUser(t.Context(), d.caller(1), roundtable.Creation{Patch: patch})
		wrong(t, err)
	default:
		for _, step := range s.steps(4) {
			if s.rng.IntN(2) == 0 {
				var user roundtable.User
				s.name(&user)
				step.update.Patch = roundtable.UserPatch{FirstName: some(user.FirstName), LastName: some(user.LastName), Keywords: some(user.Keywords)}
			}
			_, err := d.UpdateUser(t.Context(), d.caller(step.by), step.target, step.update)
			wrong(t, err)
		}
	}
}

// reshop changes the groups of a business, and whether publishers see it.
func (s *scene) reshop(t *testing.T, d *opened) {
	t.Helper()
	org := s.rng.Int64N(4) + 1
	business := shopID(oneOf(s, shopsOf[org]...))
	_, err := changing(t.Context(), d.Directory, d.caller(1), 1, func(o *operation) (int, error) {
		after := s.someOf(groupsOf[org], 3)
		wanted := &wantedFacts{businesses: map[string]bool{business: true}, groups: make(map[int64]bool)}
		for _, group := range after {
			wanted.groups[group] = true
		}
		if err := errors.Join(o.loadBusinesses(o.tx, wanted), o.loadGroups(o.tx, wanted)); err != nil {
			return 0, err
		}
		after = slices.DeleteFunc(after, func(group int64) bool { return o.facts.Groups[group].ID == 0 })
		if o.facts.Businesses[business].ID == "" {
			return 0, nil // deleted
		}
		if _, err := o.tx.Exec("UPDATE businesses SET presence_management = NOT presence_management WHERE id = $1", business); err != nil {
			return 0, err
		}
		if err := o.regroup(org, []regrouping{{business, o.facts.Businesses[business].GroupIDs, after}}); err != nil {
			return 0, err
		}
		return 0, o.writeUsers()
	})
	wrong(t, err)
}

// depart deletes a user, a business or a group; or makes a group, of some businesses.
func (s *scene) depart(t *testing.T, d *opened) {
	t.Helper()
	org := s.rng.Int64N(4) + 1
	by := d.caller(map[bool]int{false: 1, true: 6}[org == 4])
	var err error
	switch s.rng.IntN(8) {
	case 0:
		_, err = d.DeleteBusiness(t.Context(), by, shopID(oneOf(s, shopsOf[org]...)), roundtable.TagCondition{})
	case 1:
		_, err = d.DeleteGroup(t.Context(), by, GroupPath{Group: oneOf(s, groupsOf[org]...)})
	case 2, 3:
		edit := roundtable.GroupEdit{Name: some(fmt.Sprint("new ", s.rng.Int64())), Businesses: some(shopIDs(s.someShops(org, 4)...))}
		var made *Labelled
		if made, err = d.CreateGroup(t.Context(), by, s.rng.Int64N(6)+1, edit); err == nil {
			target := s.seed.Users[s.rng.IntN(len(s.seed.Users))].ID
			_, err = d.UpdateUser(t.Context(), by, target, roundtable.Update{Patch: roundtable.UserPatch{
				Role: some(string(roundtable.GroupManager)), Accesses: some([][]int64{{made.ID}}),
			}})
		}
	default:
		_, err = d.DeleteUser(t.Context(), by, userID(7+s.rng.IntN(24)), roundtable.Precondition{})
	}
	wrong(t, err)
}

// Searches find exactly who matches among those whom the caller may READ, whatever has
// happened before.
func TestSearchAgainstRules(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := searchScene(seed)
			d := open(t, s.seed, Options{})
			if seed%2 == 1 { // so small that all are met
				d.rosters.bounds = rosterBounds{bytes: 9_000, followed: 6, changed: 3}
			}
			for range 40 {
				s.change(t, d)
				for range 6 {
					s.compare(t, d)
				}
			}
		})
	}
}

func (s *scene) compare(t *testing.T, d *opened) {
	t.Helper()
	by, search := oneOf(s, s.callers...), s.search()
	page := Page{Number: 1 + s.rng.IntN(3), PerPage: 1 + s.rng.IntN(8)}
	m, refused := d.matcher(t, by)
	found, err := d.SearchUsers(t.Context(), d.caller(by), search, page)
	if refused != nil {
		wantRefusal(t, "search", wrong(t, err), wrong(t, refused))
		return
	}
	if err != nil {
		t.Fatalf("user %d: %v", by, err)
	}
	want := m.search(&search)
	from := min(len(want), (page.Number-1)*page.PerPage)
	got := []string{}
	for _, user := range found.Users {
		got = append(got, user.ID)
	}
	if found.Count != len(want) || !slices.Equal(got, want[from:min(len(want), from+page.PerPage)]) {
		t.Fatalf("%s %d searches %+v, page %v:\nfound %d %v\nwant %d %v", m.actor.Role, by, search, page, found.Count, got, len(want), want)
	}
	count, err := d.CountUsers(t.Context(), d.caller(by), search)
	if err != nil || count != len(want) {
		t.Errorf("counted %d, want %d: %v", count, len(want), err)
	}
	for _, user := range found.Users {
		view, _, err := d.User(t.Context(), d.caller(by), user.ID)
		if err != nil || !reflect.DeepEqual(view, user) {
			t.Errorf("%v: found %+v, read %+v", err, user, view)
		}
	}
}

// While others write, a search shows one state: all that it lists matches, and the
// page and the count agree.
func TestSearchWhileWriting(t *testing.T) {
	t.Parallel()
	s := searchScene(1)
	d := open(t, s.seed, Options{})
	d.rosters.bounds = rosterBounds{bytes: 15_000, followed: 10, changed: 3}
	steps := s.steps(400)
	var group sync.WaitGroup
	for i := range 2 {
		group.Go(func() {
			for _, step := range steps[200*i : 200*i+200] {
				_, _ = d.UpdateUser(t.Context(), d.caller(step.by), step.target, step.update) // judged elsewhere
			}
		})
	}
	for i := range 3 {
		group.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 2))
			for range 150 {
				role := roundtable.AllRoles()[rng.IntN(6)]
				found, err := d.SearchUsers(t.Context(), d.caller(1), roundtable.UserSearch{Roles: []roundtable.Role{role}}, Page{1, 100})
				if err != nil {
					t.Error(err)
					return
				}
				if found.Count != len(found.Users) || slices.ContainsFunc(found.Users, func(u *roundtable.User) bool { return u.Role != role }) {
					t.Errorf("%s: counted %d, listed %d", role, found.Count, len(found.Users))
				}
			}
		})
	}
	group.Wait()
	for range 100 {
		s.compare(t, d)
	}
}
