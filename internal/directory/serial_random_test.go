package directory

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// scene is a random company and random updates of it. The same seed makes the
// same scene.
type scene struct {
	rng      *rand.Rand
	seed     Seed
	emails   []string // taken and free addresses
	restless []string // users whom many updates are about
	callers  []int    // users by number; those with rights more than once
	orgOf    map[string]int64
}

// groupsOf, shopsOf: what the organisations of a scene have.
var (
	groupsOf = map[int64][]int64{1: {1, 2, 3, 4}, 2: {5, 6}, 3: {7, 8}, 4: {9}}
	shopsOf  = map[int64][]int{1: {1, 2, 3, 4, 5, 6, 7, 8}, 2: {9, 10, 11, 12}, 3: {13, 14, 15}, 4: {16, 17}}
)

func newScene(seed uint64) *scene {
	s := &scene{rng: rand.New(rand.NewPCG(seed, 1)), orgOf: make(map[string]int64)}
	shops := make(map[int64][][]int64)
	for org := int64(1); org <= 4; org++ {
		for range shopsOf[org] {
			shops[org] = append(shops[org], s.someOf(groupsOf[org], 2))
		}
	}
	users := s.people(30)
	s.seed = seedOf(
		[]SeedOrg{{ID: 1, ProviderID: 1, SSO: true}, {ID: 2, ProviderID: 1}, {ID: 3, ProviderID: 1, SSO: true}, {ID: 4, ProviderID: 2}},
		map[int64][]int64{1: {1, 2}, 2: {3}, 3: {4, 5}, 4: {6}},
		map[int64][]int64{1: {1, 2}, 2: {3, 4}, 3: {5, 6}, 4: {7}, 5: {8}, 6: {9}},
		shops, users)
	for i := range s.seed.Users {
		if user := &s.seed.Users[i]; user.Status == roundtable.Active && !user.SSOOnly && s.rng.IntN(3) > 0 {
			user.PasswordHash = "first hash"
		}
		if user := s.seed.Users[i]; user.Role != roundtable.Provider {
			s.spoil(&s.seed.Keys[i].APIKey)
		}
	}
	for i := range 20 {
		s.emails = append(s.emails, fmt.Sprintf("free%d@example.com", i))
	}
	s.restless = []string{users[s.rng.IntN(len(users))].ID, users[s.rng.IntN(len(users))].ID}
	return s
}

// people are users of every role and standing: first the two PROVIDERs and some
// administrators, as the rest is drawn by lot.
func (s *scene) people(n int) []roundtable.User {
	roles := slices.Concat(roundtable.AssignableRoles(), []roundtable.Role{roundtable.GroupManager, roundtable.BusinessManager, roundtable.BusinessManager})
	users := []roundtable.User{
		person(1, 1, roundtable.Provider), person(2, 1, roundtable.OrgAdmin), person(3, 1, roundtable.OrgAdmin),
		person(4, 2, roundtable.OrgAdmin), person(5, 3, roundtable.OrgAdmin), person(6, 4, roundtable.Provider),
	}
	for number := len(users) + 1; number <= n; number++ {
		user := person(number, oneOf[int64](s, 1, 1, 1, 2, 3, 4), oneOf(s, roles...))
		switch user.Role {
		case roundtable.GroupManager:
			user.Accesses = s.sets(user.OrgID)
		case roundtable.BusinessManager:
			user.BusinessIDs = shopIDs(s.someShops(user.OrgID, 4)...)
		}
		user.Disabled = s.rng.IntN(20) == 0
		user.SSOOnly = (user.OrgID == 1 || user.OrgID == 3) && s.rng.IntN(8) == 0
		if s.rng.IntN(15) == 0 {
			user.Status = roundtable.Invited
		}
		if s.rng.IntN(3) == 0 {
			user.SidebarPages = s.pages()
		}
		users = append(users, user)
	}
	for i := range users {
		s.emails = append(s.emails, users[i].Email)
		s.orgOf[users[i].ID] = users[i].OrgID
		for range map[roundtable.Role]int{roundtable.Provider: 6, roundtable.OrgAdmin: 5, roundtable.OrgManager: 3, roundtable.GroupManager: 2}[users[i].Role] {
			s.callers = append(s.callers, i+1)
		}
		s.callers = append(s.callers, i+1)
	}
	return users
}

// spoil makes one key in eight a narrow or a useless one.
func (s *scene) spoil(key *roundtable.APIKey) {
	past, future := "2026-01-01", "2027-01-01"
	switch s.rng.IntN(48) {
	case 0:
		key.ExpirationDate = &past
	case 1:
		key.ExpirationDate = &future
	case 2:
		key.IPWhitelist = []string{"127.0.0.0/8"}
	case 3:
		key.HasRestrictedPermissions, key.Permissions = true, []string{roundtable.PermissionUserRead}
	}
}

// rows are statements that plant what lets the users in.
func (s *scene) rows() []string {
	var texts []string
	add := func(format string, args ...any) { texts = append(texts, fmt.Sprintf(format, args...)) }
	add(`UPDATE orgs SET plans = '[{"name":"messages","subscription_date":"2020-01-01","expiration_date":null},{"name":"posts","subscription_date":"2020-01-01","expiration_date":null}]' WHERE id = 3`)
	add(`UPDATE sso_configurations SET admin_signed_in_at = 1 WHERE org_id = 3`)
	for i := range s.seed.Users {
		user, later := s.seed.Users[i].ID, noon.Add(time.Hour).UnixMicro()
		for k := range s.rng.IntN(3) {
			add("INSERT INTO sessions (token_hash, user_id, kind, created_at, expires_at) VALUES (x'%04x%02x', '%s', '%s', 0, %d)", i, k, user, oneOf(s, "password", "sso"), later)
		}
		if s.rng.IntN(2) == 0 {
			add("INSERT INTO connection_tokens (token_hash, user_id, created_at, expires_at) VALUES (x'%04x', '%s', 0, %d)", i, user, later)
			add("INSERT INTO links (token_hash, user_id, kind, created_at, expires_at) VALUES (x'%04x', '%s', '%s', 0, %d)", i, user, oneOf(s, linkInvitation, linkReset), later)
		}
		if s.rng.IntN(3) == 0 {
			add("INSERT INTO sso_links (user_id, issuer, subject, created_at) VALUES ('%s', 'idp', '%d', 0)", user, i)
			add("INSERT INTO mails (user_id, kind, created_at) VALUES ('%s', 'welcome', 0)", user)
		}
	}
	return texts
}

// step is an update or a creation before it becomes an item: two databases need one
// item each.
type step struct {
	by     int
	target string
	update roundtable.Update
	create *roundtable.Creation
}

func (s *scene) steps(n int) []step {
	steps := make([]step, n)
	for i := range steps {
		if s.rng.IntN(8) == 0 {
			steps[i] = s.creation(i)
			continue
		}
		target, org := s.target()
		steps[i] = step{by: s.caller(target, org), target: target, update: roundtable.Update{Patch: s.patch(org), PasswordHash: fmt.Sprint("hash ", i)}}
		if s.rng.IntN(15) == 0 {
			steps[i].update.IfMatch = roundtable.Precondition{Given: true, States: seen(s.rng.Int64N(3) + 1)}
		}
	}
	return steps
}

// creation makes somebody whom later steps are about, too: of an id before or after
// those of the others that are made.
func (s *scene) creation(i int) step {
	org := s.rng.Int64N(4) + 1
	id := fmt.Sprintf("%024x", 1_000+s.rng.Int64N(1_000_000))
	create := &roundtable.Creation{ID: id, CreatedAt: 1, PasswordHash: fmt.Sprint("hash ", i)}
	if s.rng.IntN(2) == 0 {
		create.Patch = s.patch(org)
	}
	create.Patch.Email, create.Patch.FirstName, create.Patch.LastName = opt(s, s.oneEmail()), some("New"), some("Comer")
	if s.rng.IntN(2) == 0 {
		create.Patch.Email = some(id + "@example.com")
	}
	if org != 1 || s.rng.IntN(3) == 0 {
		create.Patch.OrgID = opt(s, org)
	}
	if s.rng.IntN(3) == 0 {
		create.SendInvitation = opt(s, s.rng.IntN(2) == 0)
	}
	create.Defaults()
	s.restless, s.orgOf[id] = append(s.restless, id), org
	return step{by: s.caller(id, org), target: id, create: create}
}

// target is mostly anybody, often one of a few, and sometimes nobody; with the
// organisation in which it began.
func (s *scene) target() (id string, org int64) {
	switch s.rng.IntN(40) {
	case 0:
		return userID(0), 1
	case 1:
		return "malformed", 1
	case 2, 3, 4, 5, 6, 7:
		id = oneOf(s, s.restless...)
	default:
		id = s.seed.Users[s.rng.IntN(len(s.seed.Users))].ID
	}
	return id, s.orgOf[id]
}

// caller is mostly the PROVIDER or somebody of the target's organisation, sometimes
// the target itself, sometimes anybody.
func (s *scene) caller(target string, org int64) int {
	switch chance := s.rng.IntN(10); {
	case chance < 5:
		return map[bool]int{false: 1, true: 6}[org == 4]
	case chance < 8:
		return oneOf(s, slices.DeleteFunc(slices.Clone(s.callers), func(n int) bool { return s.orgOf[userID(n)] != org })...)
	case chance < 9 && slices.ContainsFunc(s.seed.Users, func(u SeedUser) bool { return u.ID == target }):
		return slices.IndexFunc(s.seed.Users, func(u SeedUser) bool { return u.ID == target }) + 1
	}
	return oneOf(s, s.callers...)
}

// patch names one to three fields. Values come from small sets, so that many of
// them are the present ones, and addresses are fought for.
func (s *scene) patch(org int64) roundtable.UserPatch {
	var p roundtable.UserPatch
	if s.rng.IntN(8) == 0 {
		org = s.rng.Int64N(4) + 1
	}
	for range 1 + s.rng.IntN(3) {
		s.set(&p, org)
	}
	return p
}

func (s *scene) set(p *roundtable.UserPatch, org int64) {
	switch s.rng.IntN(18) {
	case 0, 1:
		p.Email = opt(s, s.oneEmail())
	case 2, 3:
		p.FirstName = opt(s, oneOf(s, "First", "Ada", "Eve", " "))
	case 4:
		p.OrgID = opt(s, oneOf[int64](s, 1, 1, 2, 3, 4, 99))
	case 5, 6:
		p.Accesses = opt(s, s.sets(org))
	case 7, 8:
		p.BusinessIDs = opt(s, shopIDs(s.someShops(org, 6)...))
	case 9:
		p.Phone = opt(s, oneOf(s, "", "+33 1", "+33 2", "!"))
	case 10, 11:
		p.Role = opt(s, string(oneOf(s, append(roundtable.AssignableRoles(), roundtable.OrgAdmin, roundtable.Provider)...)))
	case 12:
		p.SidebarPages = opt(s, s.pages())
	case 13:
		p.Status = opt(s, oneOf(s, "active", "active", "active", "active", "invited", "invited", "gone"))
	case 14:
		p.Disabled = opt(s, oneOf(s, false, false, false, true))
	case 15:
		p.Password = opt(s, oneOf(s, "Roundtable!1", "Roundtable!2", "weak"))
	case 16:
		p.SSOOnly = opt(s, oneOf(s, false, true))
	case 17:
		p.Keywords = opt(s, []string{"a", "b", "a"}[:s.rng.IntN(4)])
	}
}

// opt is the value, or now and then null.
func opt[T any](s *scene, value T) roundtable.Opt[T] {
	if s.rng.IntN(25) == 0 {
		return roundtable.Null[T]()
	}
	return some(value)
}

func oneOf[T any](s *scene, values ...T) T { return values[s.rng.IntN(len(values))] }

func (s *scene) oneEmail() string {
	email := oneOf(s, s.emails...)
	switch s.rng.IntN(12) {
	case 0:
		return strings.ToUpper(email)
	case 1:
		return "no address"
	}
	return email
}

func (s *scene) pages() []string {
	pages := roundtable.SidebarPages()
	s.rng.Shuffle(len(pages), func(i, k int) { pages[i], pages[k] = pages[k], pages[i] })
	return pages[:s.rng.IntN(4)]
}

// sets are access sets, mostly of the organisation's groups, and sometimes wrong.
func (s *scene) sets(org int64) [][]int64 {
	sets := make([][]int64, s.rng.IntN(3))
	for i := range sets {
		if sets[i] = s.someOf(groupsOf[org], 3); len(sets[i]) == 0 {
			sets[i] = []int64{groupsOf[org][0]}
		}
	}
	return sets
}

func (s *scene) someOf(list []int64, atMost int) []int64 {
	return pick(s.rng, list, atMost)
}

func (s *scene) someShops(org int64, atMost int) []int { return pick(s.rng, shopsOf[org], atMost) }

// pick returns at most so many distinct elements, in any order.
func pick[T any](rng *rand.Rand, list []T, atMost int) []T {
	picked := slices.Clone(list)
	rng.Shuffle(len(picked), func(i, k int) { picked[i], picked[k] = picked[k], picked[i] })
	return picked[:rng.IntN(min(atMost, len(list))+1)]
}
