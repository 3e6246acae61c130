package directory

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

func newRand(seed, course uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, course)) }

// invariants are queries that find no row in a sound database.
var invariants = []struct{ name, query string }{
	{"an access set that its user cannot have", `SELECT u.id || ' ' || u.role || ' ' || a.group_id FROM user_accesses a JOIN users u ON u.id = a.user_id
		JOIN groups g ON g.id = a.group_id WHERE u.role <> 'GROUP_MANAGER' OR g.org_id <> u.org_id`},
	{"a business that its user cannot have", `SELECT u.id || ' ' || u.role || ' ' || b.id FROM user_businesses l JOIN users u ON u.id = l.user_id
		JOIN businesses b ON b.id = l.business_id WHERE u.role <> 'BUSINESS_MANAGER' OR b.org_id <> u.org_id`},
	{"a business twice in a list", `SELECT user_id || ' ' || business_id FROM user_businesses GROUP BY user_id, business_id HAVING count(*) > 1`},
	{"a business in a foreign group", `SELECT b.id || ' ' || g.id FROM business_groups m JOIN businesses b ON b.id = m.business_id
		JOIN groups g ON g.id = m.group_id WHERE b.org_id <> g.org_id`},
	{"a group in a foreign section", `SELECT g.id || '' FROM groups g JOIN sections s ON s.id = g.section_id WHERE s.org_id <> g.org_id`},
	{"a user twice, or gone and there", `SELECT id FROM users INTERSECT SELECT id FROM deleted_users`},
	{"an address in flux", `SELECT id || ' ' || email_key FROM users WHERE email_key = id OR email_key NOT LIKE '%@%'`},
	{"an event of nobody", `SELECT id || ' ' || user_id FROM events WHERE user_id <> '' AND user_id NOT IN (SELECT id FROM users UNION ALL SELECT id FROM deleted_users)`},
	{"a live key of a user who has moved", `SELECT k.id || '' FROM api_keys k JOIN users u ON u.id = k.user_id
		WHERE k.revoked_at IS NULL AND k.bot_org_id IS NOT NULL AND k.bot_org_id <> u.org_id`},
	{"an answer kept for a key that is gone", `SELECT api_key_id || '' FROM idempotent_answers WHERE api_key_id NOT IN (SELECT id FROM api_keys)`},
	{"what is personal of somebody deleted", `SELECT e.id || e.changes FROM events e JOIN deleted_users d ON d.id = e.user_id WHERE e.changes LIKE '%@%'`},
	{"more businesses than allowed", `SELECT o.id || '' FROM orgs o WHERE o.max_businesses < (SELECT count(*) FROM businesses b WHERE b.org_id = o.id AND b.reach = 'LOCAL')`},
}

// checkInvariants wants the whole database sound.
func (d *opened) checkInvariants(t *testing.T, when string) {
	t.Helper()
	for _, invariant := range invariants {
		if rows := d.query(t, invariant.query); len(rows) > 0 {
			t.Errorf("%s: %s: %q", when, invariant.name, rows)
		}
	}
	if rows := d.dangling(t); len(rows) > 0 {
		t.Errorf("%s: rows that name ones which are not there: %q", when, rows)
	}
	d.checkChains(t, when)
}

// checkChains wants the events of every user, deleted ones too, in one unbroken chain
// of as many as its version says.
func (d *opened) checkChains(t *testing.T, when string) {
	t.Helper()
	type event struct {
		previous *int64
		user     string
		version  int64
	}
	events := make(map[int64]event)
	chained := 0
	// An organisation that was deleted leaves an event of nobody.
	err := d.db.Read(t.Context(), func(tx *db.Tx) error {
		err := tx.Each("SELECT id, previous_id, user_id, version FROM events WHERE user_id <> ''", nil, func(rows *db.Rows) error {
			var id int64
			var e event
			err := rows.Scan(&id, &e.previous, &e.user, &e.version)
			events[id] = e
			return err
		})
		if err != nil {
			return err
		}
		return tx.Each("SELECT id, version, last_event_id FROM users UNION ALL SELECT id, version, last_event_id FROM deleted_users", nil, func(rows *db.Rows) error {
			var id string
			var version int64
			var last *int64
			err := rows.Scan(&id, &version, &last)
			for ; last != nil; last = events[*last].previous {
				if e := events[*last]; e.user != id || e.version != version {
					t.Errorf("%s: the chain of %s leads to event %d, %+v, where version %d belongs", when, id, *last, e, version)
					return err
				}
				chained, version = chained+1, version-1
			}
			if version != firstVersion {
				t.Errorf("%s: the chain of %s ends at version %d", when, id, version)
			}
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if chained != len(events) {
		t.Errorf("%s: %d of %d events are in a chain", when, chained, len(events))
	}
}

// openCrowded opens the company of a scene, of which organisation 2 is full.
func openCrowded(t *testing.T, s *scene) *opened {
	t.Helper()
	d := open(t, s.seed, Options{Workers: manyWorkers})
	d.exec(t, append(s.rows(), "UPDATE orgs SET max_businesses = 4 WHERE id = 2")...)
	return d
}

// manyWorkers are as many as the engine makes use of.
const manyWorkers = 2

// node is another node on the same database.
func (d *opened) node(t *testing.T) *opened {
	t.Helper()
	other := *d
	other.Directory = New(d.db, Options{Now: func() time.Time { return d.now }, UseEvery: 1000 * time.Hour, Log: d.log})
	t.Cleanup(other.Close)
	return &other
}

// Whatever is done at once, on one node or two, and however it ends, leaves a sound
// database.
func TestMixedDeedsAtOnce(t *testing.T) {
	t.Parallel()
	for i, seed := range []uint64{1, rand.Uint64()} {
		s := newScene(seed)
		nodes := []*opened{openCrowded(t, s)}
		if i > 0 {
			nodes = append(nodes, nodes[0].node(t))
		}
		var writers sync.WaitGroup
		for course := range uint64(8) {
			own, d := s.clone(seed, course), nodes[int(course)%len(nodes)]
			writers.Go(func() {
				for range 40 {
					m := own.deed(t)
					if _, err := d.SearchUsers(t.Context(), d.caller(m.by), roundtable.UserSearch{}, Page{1, 100}); unexpected(err) {
						t.Errorf("seed %d, course %d: %d searches: %v", seed, course, m.by, err)
					}
					first := m.run(d)
					if unexpected(first) {
						t.Errorf("seed %d, course %d: %s by %d: %v", seed, course, m.name, m.by, first)
					}
					if !m.again {
						continue
					}
					if err := m.run(d); unexpected(err) || final(first) && err == nil {
						t.Errorf("seed %d, course %d: %s by %d again: %v", seed, course, m.name, m.by, err)
					}
				}
			})
		}
		writers.Wait()
		nodes[0].checkInvariants(t, fmt.Sprint("seed ", seed))
		for _, d := range nodes {
			d.checkSearches(t, fmt.Sprint("seed ", seed))
		}
	}
}

// checkSearches wants searches to find what they find in a directory that remembers
// nothing, for everybody who may search.
func (d *opened) checkSearches(t *testing.T, when string) {
	t.Helper()
	fresh := New(d.db, Options{Now: func() time.Time { return d.now }})
	defer fresh.Close()
	for n := range d.seed.Users {
		var told []string
		for _, directory := range []*Directory{d.Directory, fresh} {
			found, err := directory.SearchUsers(t.Context(), d.caller(n+1), roundtable.UserSearch{}, Page{1, 100})
			text := wrong(t, err)
			if err == nil {
				for _, user := range found.Users {
					text += fmt.Sprint(user.ID, " ", user.Version, " ", user.BusinessIDs, user.Accesses, "\n")
				}
			}
			told = append(told, text)
		}
		if told[0] != told[1] {
			t.Errorf("%s: user %d finds\n%s\nand afresh\n%s", when, n+1, told[0], told[1])
		}
	}
}

// unexpected reports whether an error is neither a refusal nor an answer given before.
func unexpected(err error) bool {
	if err == nil {
		return false
	}
	_, refused := errors.AsType[*roundtable.Error](err)
	_, replayed := errors.AsType[*Replayed](err)
	return !refused && !replayed
}

// reachOfAll is what everybody reaches, whether switched off or not.
func (d *opened) reachOfAll(t *testing.T) (all map[string]map[string]bool, users map[string]*roundtable.User) {
	t.Helper()
	all = make(map[string]map[string]bool)
	ids := d.query(t, "SELECT id FROM users")
	err := d.db.Read(t.Context(), func(tx *db.Tx) error {
		w := d.newWorkingSet()
		if err := errors.Join(w.loadUsersByID(tx, ids), w.loadLists(tx, ids), w.loadOrgs(tx, []int64{1, 2, 3, 4})); err != nil {
			return err
		}
		users = w.users
		shops := make(map[string]bool)
		for _, id := range d.query(t, "SELECT id FROM businesses") {
			shops[id] = true
		}
		wanted := &wantedFacts{businesses: shops, groups: make(map[int64]bool), orgs: make(map[int64]bool)}
		for _, user := range users {
			wanted.orgs[user.OrgID] = true
			for id := range accessGroups(user) {
				wanted.groups[id] = true
			}
		}
		if err := errors.Join(w.loadGroups(tx, wanted), w.loadBusinesses(tx, wanted), w.loadOrgs(tx, keys(wanted.orgs))); err != nil {
			return err
		}
		for id, user := range users {
			all[id] = make(map[string]bool)
			for shop := range shops {
				all[id][shop] = w.facts.CanReadBusiness(user, w.facts.Businesses[shop])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, users
}

// Deed by deed: what is refused, and what was answered before, changes nothing; what
// takes away gives nobody anything; and nobody gives what it does not hold.
func TestMixedDeedsOneByOne(t *testing.T) {
	t.Parallel()
	done, replays, grants := 0, 0, 0
	for _, seed := range []uint64{3, rand.Uint64()} {
		s := newScene(seed)
		d := openCrowded(t, s)
		for range 80 {
			m := s.deed(t)
			name := fmt.Sprintf("seed %d: %s by %d", seed, m.name, m.by)
			before := d.dump(t)
			reached, users := d.reachOfAll(t)
			err := m.run(d)
			if unexpected(err) {
				t.Fatalf("%s: %v", name, err)
			}
			after := d.dump(t)
			changed := differences(before, after)
			switch {
			case err != nil:
				changed = slices.DeleteFunc(changed, func(row string) bool { return strings.Contains(row, "idempotent_answers") })
				if len(changed) > 0 {
					t.Fatalf("%s: refused with %v, and changes\n%s", name, err, strings.Join(changed, "\n"))
				}
			case len(changed) > 0:
				done++
				grants += d.checkGrants(t, name, m, users, reached)
			}
			if !m.again {
				continue
			}
			replays++
			again := m.run(d)
			if _, replayed := errors.AsType[*Replayed](again); final(err) && !replayed && !judgedAnew(again) || unexpected(again) {
				t.Errorf("%s: %v, and again %v", name, err, again)
			}
			if changed := differences(after, d.dump(t)); len(changed) > 0 {
				t.Fatalf("%s: sent again it changes\n%s", name, strings.Join(changed, "\n"))
			}
		}
		d.checkInvariants(t, fmt.Sprint("seed ", seed))
	}
	t.Logf("%d deeds changed something, %d gave somebody a business, %d were sent again", done, grants, replays)
	if done < 20 || grants < 1 || replays < 20 {
		t.Errorf("the deeds are dull")
	}
}

// checkGrants holds what somebody has since a deed against what its doer had before,
// and counts who has gained a business.
func (d *opened) checkGrants(t *testing.T, name string, m *deed, usersBefore map[string]*roundtable.User, before map[string]map[string]bool) (gains int) {
	t.Helper()
	after, users := d.reachOfAll(t)
	doer, had := usersBefore[userID(m.by)], before[userID(m.by)]
	key := d.seed.Keys[m.by-1]
	if key.HasRestrictedPermissions || doer.Disabled || doer.Status != roundtable.Active {
		t.Errorf("%s, who may change nothing", name)
	}
	for id, user := range users {
		was := usersBefore[id]
		if (was == nil || was.Role != user.Role) && !doer.Role.MayGive(user.Role) {
			t.Errorf("%s gives %s the role %s as %s", name, id, user.Role, doer.Role)
		}
		gained := 0
		for shop, reaches := range after[id] {
			if !reaches || before[id][shop] {
				continue
			}
			_, old := had[shop]
			if gained++; m.deletes || old && !had[shop] {
				t.Errorf("%s gives %s, who is %s, the business %s", name, id, user.Role, shop)
			}
		}
		if gained > 0 {
			gains++
		}
	}
	for org := range administered(usersBefore) {
		if doer.Role != roundtable.Provider && !administered(users)[org] {
			t.Errorf("%s leaves organisation %d without an administrator", name, org)
		}
	}
	return gains
}

// administered are the organisations with an ORG_ADMIN who can act.
func administered(users map[string]*roundtable.User) map[int64]bool {
	orgs := make(map[int64]bool)
	for _, user := range users {
		if user.Role == roundtable.OrgAdmin && user.Status == roundtable.Active && !user.Disabled {
			orgs[user.OrgID] = true
		}
	}
	return orgs
}
