package directory

import (
	"maps"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// wantedFacts are the rows that the items of a batch need, as far as they are
// known before they are read.
type wantedFacts struct {
	orgs        map[int64]bool
	lists       map[string]bool // users whose accesses and businesses are read
	groups      map[int64]bool
	businesses  map[string]bool
	ungrouped   bool           // nobody asks for the groups of these businesses
	overlaps    map[int64]bool // groups all of whose businesses are read
	emails      map[string]bool
	admins      map[int64]bool // organisations
	credentials map[string]bool
}

// askUsers reads keys, their owners and the targets.
func (w *workingSet) askUsers(tx *db.Tx, items []*item) error {
	keyIDs, userIDs := make(map[int64]bool), make(map[string]bool)
	var sessionIDs map[int64]bool
	for _, it := range items {
		if id := it.caller.SessionID; id != 0 {
			if sessionIDs == nil {
				sessionIDs = make(map[int64]bool)
			}
			sessionIDs[id] = true
		} else {
			keyIDs[it.caller.KeyID] = true
		}
		userIDs[it.caller.UserID] = true
		if it.create == nil && roundtable.ValidID(it.target) {
			userIDs[it.target] = true
		}
	}
	err := db.EachInLater(tx, "SELECT "+w.d.keys.list+" FROM api_keys WHERE id IN (?ids)", nil, keys(keyIDs), func(rows *db.Rows) error {
		key := new(storedKey)
		err := rows.Scan(w.d.keys.into(key)...)
		w.keys[key.ID] = key
		return err
	})
	if err == nil && sessionIDs != nil {
		err = w.askSessions(tx, keys(sessionIDs))
	}
	if err != nil {
		return err
	}
	return w.askUsersByID(tx, keys(userIDs))
}

func (w *workingSet) askUsersByID(tx *db.Tx, ids []string) error {
	return db.EachInLater(tx, "SELECT "+w.d.users.list+" FROM users WHERE id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		user := new(roundtable.User)
		err := rows.Scan(w.d.users.into(user)...)
		if w.listed[user.ID] {
			user.Accesses, user.BusinessIDs = [][]int64{}, []string{}
		}
		w.users[user.ID], w.stored[user.ID] = user, user
		return err
	})
}

// pair returns caller and target of an item, as far as they exist. Who is yet to be
// created stands for a user without anything in the caller's organisation.
func (w *workingSet) pair(it *item) (actor, target *roundtable.User) {
	actor, target = w.users[it.caller.UserID], w.users[it.target]
	if it.create != nil && actor != nil {
		target = &roundtable.User{ID: it.target, OrgID: actor.OrgID, Accesses: [][]int64{}, BusinessIDs: []string{}}
	}
	return actor, target
}

// wanted asks the rules what they will read for each item.
func (w *workingSet) wanted(items []*item) *wantedFacts {
	wanted := &wantedFacts{
		orgs: make(map[int64]bool), lists: make(map[string]bool), groups: make(map[int64]bool),
		businesses: make(map[string]bool), overlaps: make(map[int64]bool), emails: make(map[string]bool),
		admins: make(map[int64]bool), credentials: make(map[string]bool),
	}
	for _, it := range items {
		actor, target := w.pair(it)
		if actor == nil || target == nil {
			continue
		}
		wanted.orgs[actor.OrgID], wanted.orgs[target.OrgID] = true, true
		needs := it.needs(actor, target)
		if needs.TargetLists {
			wanted.lists[target.ID] = true
		}
		if needs.ActorLists {
			wanted.lists[actor.ID] = true
		}
		if needs.Admins {
			wanted.admins[target.OrgID] = true
		}
		if needs.Credentials {
			wanted.credentials[target.ID] = true
		}
		if patch := it.patch(); patch != nil {
			wanted.wantPatch(patch, needs)
		}
	}
	w.dropKnown(wanted)
	return wanted
}

// dropKnown takes out what was guessed rightly.
func (w *workingSet) dropKnown(wanted *wantedFacts) {
	maps.DeleteFunc(wanted.orgs, func(id int64, _ bool) bool { return w.facts.Orgs[id] != nil })
	maps.DeleteFunc(wanted.lists, func(id string, _ bool) bool { return w.listed[id] && w.users[id] != nil })
}

func (f *wantedFacts) wantPatch(patch *roundtable.UserPatch, needs roundtable.Needs) {
	if patch.OrgID.Set {
		f.orgs[patch.OrgID.Value] = true
	}
	if key, ok := roundtable.EmailKey(patch.Email.Value); ok && needs.EmailOwner {
		f.emails[key] = true
	}
	for _, id := range patch.GroupIDs() {
		f.groups[id] = true
	}
}

// wantReferences adds what follows from the lists, once they are read.
func (w *workingSet) wantReferences(items []*item, wanted *wantedFacts) {
	wanted.ungrouped = true
	for _, it := range items {
		actor, target := w.pair(it)
		if actor == nil || target == nil {
			continue
		}
		needs := it.needs(actor, target)
		wanted.ungrouped = wanted.ungrouped && it.patch() != nil && !needs.Groups()
		if needs.TargetReach {
			wanted.wantBusinesses(target.BusinessIDs)
		}
		if needs.ActorBusinesses {
			wanted.wantBusinesses(actor.BusinessIDs)
		}
		if patch := it.patch(); patch != nil && patch.BusinessIDs.Set {
			wanted.wantBusinesses(roundtable.AddedBusinessIDs(target, patch))
		}
		for _, user := range []*roundtable.User{actor, target} {
			for _, set := range user.Accesses {
				for _, id := range set {
					wanted.groups[id] = true
					wanted.overlaps[id] = wanted.overlaps[id] || needs.Overlap && user == target
				}
			}
		}
	}
}

func (f *wantedFacts) wantBusinesses(ids []string) {
	for _, id := range ids {
		f.businesses[id] = true
	}
}

func (w *workingSet) askOrgs(tx *db.Tx, ids []int64) error {
	return db.EachInLater(tx, "SELECT "+orgColumns+" WHERE o.id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		org, err := w.scanOrg(rows)
		w.facts.Orgs[org.ID] = org
		return err
	})
}

// orgColumns reads what scanOrg takes.
const orgColumns = "o.id, o.provider_id, p.label, o.name, o.alias, o.type, o.max_businesses, o.last_api_call_at, o.plans, o.created_at," +
	" o.version, COALESCE(s.enabled, FALSE), s.admin_signed_in_at" +
	" FROM orgs o JOIN providers p ON p.id = o.provider_id LEFT JOIN sso_configurations s ON s.org_id = o.id"

func (w *workingSet) scanOrg(rows *db.Rows) (*roundtable.Org, error) {
	org := new(roundtable.Org)
	var proven *int64
	var plans string
	err := rows.Scan(&org.ID, &org.ProviderID, &org.ProviderLabel, &org.Name, &org.Alias, &org.Type, &org.MaxBusinesses,
		&org.LastAPICallAt, &plans, &org.CreatedAt, &org.Version, &org.SSO, &proven)
	if err != nil {
		return org, err
	}
	org.SSOProven = org.SSO && proven != nil
	subscriptions, err := w.d.plans.read(plans, w.now)
	if err == nil {
		org.Subscribe(subscriptions)
	}
	return org, err
}

// askLists reads accesses and businesses. Users without any get empty lists,
// which say that they were read.
func (w *workingSet) askLists(tx *db.Tx, ids []string) error {
	for _, id := range ids {
		w.users[id].Accesses, w.users[id].BusinessIDs = [][]int64{}, []string{}
	}
	return w.askListRows(tx, ids)
}

// askListRows is askLists of users who have empty lists, or get them when they arrive.
func (w *workingSet) askListRows(tx *db.Tx, ids []string) error {
	lastUser, lastSet := "", 0
	err := db.EachInLater(tx, "SELECT user_id, access_set, group_id FROM user_accesses WHERE user_id IN (?ids)"+
		" ORDER BY user_id, access_set, position", nil, ids, func(rows *db.Rows) error {
		var id string
		var set int
		var group int64
		err := rows.Scan(&id, &set, &group)
		user := w.users[id]
		if id != lastUser || set != lastSet {
			user.Accesses = append(user.Accesses, nil)
			lastUser, lastSet = id, set
		}
		last := len(user.Accesses) - 1
		user.Accesses[last] = append(user.Accesses[last], group)
		return err
	})
	if err != nil {
		return err
	}
	return db.EachInLater(tx, "SELECT user_id, position, business_id FROM user_businesses WHERE user_id IN (?ids)"+
		" ORDER BY user_id, position", nil, ids, func(rows *db.Rows) error {
		var id, business string
		var position int64
		err := rows.Scan(&id, &position, &business)
		w.users[id].BusinessIDs = append(w.users[id].BusinessIDs, business)
		w.positions[id] = append(w.positions[id], placement{business, position})
		return err
	})
}
