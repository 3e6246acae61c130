package directory

import (
	"fmt"
	"slices"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// lore is everything of a scene, loaded without any scope: what the rules say of it is
// what the lists must say.
type lore struct {
	*workingSet
	userIDs, shopIDs []string
}

func (d *opened) lore(t *testing.T) *lore {
	t.Helper()
	all := &lore{
		workingSet: d.newWorkingSet(), userIDs: d.query(t, "SELECT id FROM users ORDER BY id"),
		shopIDs: d.query(t, "SELECT id FROM businesses ORDER BY org_id, id"),
	}
	err := d.db.Read(t.Context(), func(tx *db.Tx) error {
		wanted := &wantedFacts{groups: make(map[int64]bool), businesses: make(map[string]bool)}
		for _, group := range []int64{1, 2, 3, 4, 5, 6, 7, 8, 9} {
			wanted.groups[group] = true
		}
		wanted.wantBusinesses(all.shopIDs)
		for _, load := range []func() error{
			func() error { return all.loadUsersByID(tx, all.userIDs) },
			func() error { return all.loadLists(tx, all.userIDs) },
			func() error { return all.loadOrgs(tx, []int64{1, 2, 3, 4}) },
			func() error { return all.loadGroups(tx, wanted) },
			func() error { return all.loadBusinesses(tx, wanted) },
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
	return all
}

// reaches asks the rule about one business.
func (l *lore) reaches(user, shop string) bool {
	return l.facts.CanReadBusiness(l.users[user], l.facts.Businesses[shop])
}

// accessOf walks the pages of a user's access list; ok is false where it is not found.
func (d *opened) accessOf(t *testing.T, by Caller, user string, perPage int) (shops []string, ok bool) {
	t.Helper()
	for page := 1; ; page++ {
		list, err := d.UserAccess(t.Context(), by, user, Page{Number: page, PerPage: perPage})
		if refused := wrong(t, err); refused != "" {
			return nil, refused != "not_found"
		}
		for _, access := range list.Access {
			if shops = append(shops, access.Business.ID); access.ReasonsCount == 0 || access.Sentence == "" {
				t.Errorf("%s reaches %s for no reason", user, access.Business.ID)
			}
		}
		if len(list.Access) < perPage {
			if list.Count != len(shops) {
				t.Errorf("%d businesses counted, %d listed", list.Count, len(shops))
			}
			return shops, true
		}
	}
}

// usersOf walks the pages of a business's users.
func (d *opened) usersOf(t *testing.T, by Caller, shop string, perPage int) (users []string, ok bool) {
	t.Helper()
	for page := 1; ; page++ {
		list, err := d.BusinessUsers(t.Context(), by, shop, nil, Page{Number: page, PerPage: perPage})
		if refused := wrong(t, err); refused != "" {
			return nil, refused != "not_found"
		}
		for _, user := range list.Users {
			if users = append(users, user.User.ID); user.ReasonsCount == 0 || user.Sentence == "" {
				t.Errorf("%s is reached by %s for no reason", shop, user.User.ID)
			}
		}
		if len(list.Users) < perPage {
			if list.Count != len(users) {
				t.Errorf("%d users counted, %d listed", list.Count, len(users))
			}
			return users, true
		}
	}
}

// On random companies, for every caller: the access list of whoever it may READ is what
// the rule says of every business that it may READ; one business is explained as the
// rule says; and the users of a business are those whose access list holds it.
func TestAccessIsWhatTheRulesSay(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := newScene(seed)
			for i := range s.seed.Keys {
				s.seed.Keys[i].APIKey = roundtable.APIKey{ID: s.seed.Keys[i].ID, UserID: s.seed.Keys[i].UserID}
			}
			for i := range s.seed.Users {
				s.seed.Users[i].Status, s.seed.Users[i].Disabled = roundtable.Active, false
			}
			d := open(t, s.seed, Options{})
			all := d.lore(t)
			for number, caller := range all.userIDs {
				d.compareAccess(t, all, d.caller(number+1), caller)
			}
		})
	}
}

func (d *opened) compareAccess(t *testing.T, all *lore, by Caller, caller string) {
	t.Helper()
	reachedBy := make(map[string][]string) // business to those whose lists hold it
	for i, user := range all.userIDs {
		readable := all.facts.CanRead(all.users[caller], all.users[user])
		shops, found := d.accessOf(t, by, user, 1+i%5)
		if found != readable {
			t.Errorf("%s reads %s: %v, but the access list: %v", caller, user, readable, found)
			continue
		}
		var want []string
		for _, shop := range all.shopIDs {
			shown := all.reaches(caller, shop)
			if shown && readable && all.reaches(user, shop) {
				want = append(want, shop)
				reachedBy[shop] = append(reachedBy[shop], user)
			}
			explained, err := d.ExplainAccess(t.Context(), by, user, shop)
			if refused := wrong(t, err); (refused == "") != (shown && readable) || refused != "" && refused != "not_found" {
				t.Errorf("%s asks of %s and %s: %q", caller, user, shop, refused)
			} else if err == nil && explained.Reachable != all.reaches(user, shop) {
				t.Errorf("%s asks of %s and %s: %+v", caller, user, shop, explained)
			}
		}
		if !slices.Equal(shops, want) {
			t.Errorf("%s asks what %s reaches: %v, want %v", caller, user, shops, want)
		}
	}
	for _, shop := range all.shopIDs {
		users, found := d.usersOf(t, by, shop, 3)
		if found != all.reaches(caller, shop) {
			t.Errorf("%s asks who reaches %s: %v", caller, shop, found)
		}
		if slices.Sort(users); !slices.Equal(users, reachedBy[shop]) {
			t.Errorf("%s asks who reaches %s: %v, want %v", caller, shop, users, reachedBy[shop])
		}
	}
}

// Who has very many reasons is told the first ten in lists, and all of them for one
// business.
func TestManyReasons(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	// Sets that differ only in their order, as the rules leave them.
	d.exec(t, "DELETE FROM user_accesses")
	for set := range 12 {
		d.exec(t, fmt.Sprintf("INSERT INTO user_accesses (user_id, access_set, position, group_id) VALUES ('%s', %d, 0, 1)", userID(karadoc), set))
	}
	list, err := d.UserAccess(t.Context(), d.caller(arthur), userID(karadoc), Page{Number: 1, PerPage: 1})
	if err != nil || len(list.Access) != 1 || len(list.Access[0].Reasons) != 10 || list.Access[0].ReasonsCount != 12 {
		t.Errorf("%+v, %v", list.Access, err)
	}
	users, err := d.BusinessUsers(t.Context(), d.caller(arthur), shopID(1), []roundtable.ReasonKind{roundtable.ReasonAccessSet}, Page{Number: 1, PerPage: 1})
	if err != nil || len(users.Users) != 1 || len(users.Users[0].Reasons) != 10 || users.Users[0].ReasonsCount != 12 {
		t.Errorf("%+v, %v", users.Users, err)
	}
	explained, err := d.ExplainAccess(t.Context(), d.caller(arthur), userID(karadoc), shopID(1))
	if err != nil || len(explained.Reasons) != 12 {
		t.Errorf("%+v, %v", explained, err)
	}
}
