package directory

import (
	"slices"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// everything loads all users, businesses, groups and organisations.
func (d *opened) everything(t *testing.T) *workingSet {
	t.Helper()
	w := d.newWorkingSet()
	wanted := &wantedFacts{groups: make(map[int64]bool), businesses: make(map[string]bool), orgs: make(map[int64]bool)}
	var ids []string
	for _, user := range d.seed.Users {
		ids = append(ids, user.ID)
	}
	for _, org := range d.seed.Orgs {
		wanted.orgs[org.ID] = true
	}
	for _, group := range d.seed.Groups {
		wanted.groups[group.ID] = true
	}
	for _, business := range d.seed.Businesses {
		wanted.businesses[business.ID] = true
	}
	err := d.db.Read(t.Context(), func(tx *db.Tx) error {
		for _, load := range []func() error{
			func() error { return w.loadUsersByID(tx, ids) },
			func() error { return w.loadLists(tx, ids) },
			func() error { return w.loadOrgs(tx, keys(wanted.orgs)) },
			func() error { return w.loadGroups(tx, wanted) },
			func() error { return w.loadBusinesses(tx, wanted) },
		} {
			if err := load(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// The list of a user's businesses is what the rules say of each of them, one by one:
// those that the user may READ, as far as the caller may.
func TestBusinessesOfRandomUsers(t *testing.T) {
	t.Parallel()
	listed := 0
	for seed := range uint64(4) {
		d := open(t, newScene(seed).seed, Options{})
		all := d.everything(t)
		for i := range d.seed.Users {
			for _, target := range d.seed.Users {
				list, err := d.BusinessesOf(t.Context(), d.caller(i+1), target.ID, Page{1, 100})
				if err != nil {
					wrong(t, err) // a caller who is disabled, a user out of sight
					continue
				}
				caller, user := all.users[d.seed.Users[i].ID], all.users[target.ID]
				var got, want []string
				for _, business := range list.Businesses {
					got = append(got, business.ID)
				}
				for id, business := range all.facts.Businesses {
					if all.facts.CanReadBusiness(user, business) && all.facts.CanReadBusiness(caller, business) {
						want = append(want, id)
					}
				}
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(got, want) || list.Count != len(want) {
					t.Errorf("seed %d: %s %s lists for %s %s\n%v, %d\nwant %v", seed, caller.Role, caller.ID, user.Role, user.ID, got, list.Count, want)
				}
				listed += len(got)
			}
		}
	}
	if listed < 1_000 {
		t.Errorf("%d businesses listed: the scenes are dull", listed)
	}
}

// A restricted key lists businesses only if it may read users and businesses.
func TestBusinessesOfAskForBothPermissions(t *testing.T) {
	t.Parallel()
	for permissions, want := range map[string]string{
		`["user_read"]`:                  "operation_not_allowed",
		`["business_read"]`:              "operation_not_allowed",
		`["user_read", "business_read"]`: "",
	} {
		d := openSmall(t)
		d.exec(t, "UPDATE api_keys SET has_restricted_permissions = TRUE, permissions = '"+permissions+"' WHERE id = 2")
		_, err := d.BusinessesOf(t.Context(), d.caller(arthur), userID(perceval), Page{1, 1})
		wantRefusal(t, permissions, wrong(t, err), want)
	}
}

// A page of a large organisation costs no more than its count and its rows.
func BenchmarkBusinessesOf(b *testing.B) {
	d := openLarge(b)
	for name, by := range map[string]int{"ORG_ADMIN": 1, "GROUP_MANAGER": 2} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				list, err := d.BusinessesOf(b.Context(), d.caller(by), userID(by), Page{100, 30})
				if err != nil || len(list.Businesses) != 30 {
					b.Fatal(err, list)
				}
			}
		})
	}
}

// openLarge is an organisation of 20,000 businesses, half of which user 2 reaches by 50
// access sets.
func openLarge(b *testing.B) *opened {
	b.Helper()
	const shops, cities = 20_000, 100
	groups := make([]int64, 0, cities+2)
	for group := range int64(cities + 2) {
		groups = append(groups, group+1)
	}
	carried := make([][]int64, shops)
	for i := range carried {
		carried[i] = []int64{int64(1 + i%2), int64(3 + i/2%cities)}
	}
	manager := person(2, 1, roundtable.GroupManager)
	for city := range int64(50) {
		manager.Accesses = append(manager.Accesses, []int64{1, 2, 3 + city})
	}
	seed := seedOf([]SeedOrg{{ID: 1, ProviderID: 1}}, map[int64][]int64{1: {1, 2}},
		map[int64][]int64{1: groups[:2], 2: groups[2:]}, map[int64][][]int64{1: carried},
		[]roundtable.User{person(1, 1, roundtable.OrgAdmin), manager})
	return open(b, seed, Options{})
}
