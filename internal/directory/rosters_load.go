package directory

import (
	"fmt"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/roster"
)

// prove makes sure that the rosters show what the snapshot shows. errRostersBehind:
// they have to be held alone for that, or from a later snapshot.
func (h *held) prove(tx *db.Tx, withShops bool) error {
	now, err := h.rosters.follow(tx)
	if err != nil {
		return err
	}
	versions, err := h.shopsVersions(tx, withShops)
	if err != nil {
		return err
	}
	for _, r := range h.orgs {
		current := h.rosters.current(r, now) && (!withShops || r.roster.HasShops() && r.shops == versions[r.org])
		if current {
			continue
		}
		if !h.alone {
			return errRostersBehind
		}
		if err := h.refresh(tx, r, now, withShops, versions[r.org]); err != nil {
			r.roster = nil
			return fmt.Errorf("roster of organisation %d: %w", r.org, err)
		}
	}
	return nil
}

func (h *held) shopsVersions(tx *db.Tx, withShops bool) (map[int64]int64, error) {
	versions := make(map[int64]int64)
	if !withShops {
		return versions, nil
	}
	var ids []int64
	for _, r := range h.orgs {
		ids = append(ids, r.org)
	}
	return versions, db.EachIn(tx, "SELECT id, shops_version FROM orgs WHERE id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		var id, version int64
		err := rows.Scan(&id, &version)
		versions[id] = version
		return err
	})
}

// refresh reads what a roster lacks of the snapshot: all, or the users that changed;
// and, where they are asked for, the businesses.
func (h *held) refresh(tx *db.Tx, r *orgRoster, now moment, withShops bool, version int64) error {
	changed, fresh, err := h.rosters.changedUntil(r, now)
	if err != nil {
		return err
	}
	if r.roster == nil || !fresh {
		r.roster = roster.New()
		changed = nil
		if err := r.readMembers(tx); err != nil {
			return err
		}
	}
	if err := r.readChanged(tx, changed); err != nil {
		return err
	}
	if withShops && (!r.roster.HasShops() || r.shops != version) {
		assigned := r.roster.HasShops()
		if err := r.readShops(tx); err != nil {
			return err
		}
		r.shops = version
		if !assigned {
			managers := r.roster.Managers(roundtable.GroupManager, roundtable.BusinessManager)
			if err := r.readAssigned(tx, managers); err != nil {
				return err
			}
		}
	}
	r.roster.Settle()
	return nil
}

// memberColumns reads what scanMember takes.
const memberColumns = "id, org_id, email_key, first_name, last_name, role, status, disabled, keywords"

func scanMember(rows *db.Rows) (m roster.Member, org int64, err error) {
	err = rows.Scan(&m.ID, &org, &m.EmailKey, &m.FirstName, &m.LastName, &m.Role, &m.Status, &m.Disabled, &m.Keywords)
	return m, org, err
}

func (r *orgRoster) readMembers(tx *db.Tx) error {
	return tx.Each("SELECT "+memberColumns+" FROM users WHERE org_id = $1 ORDER BY id", []any{r.org}, func(rows *db.Rows) error {
		m, _, err := scanMember(rows)
		if err != nil {
			return err
		}
		if r.roster.Len()%settleAfter == settleAfter-1 {
			r.roster.Settle()
		}
		return r.roster.Put(&m)
	})
}

// settleAfter bounds what waits to be put in order while a roster is filled.
const settleAfter = 1 << 14

// readChanged reads users again, who may be gone, or elsewhere.
func (r *orgRoster) readChanged(tx *db.Tx, ids []string) error {
	here := make(map[string]bool)
	err := db.EachIn(tx, "SELECT "+memberColumns+" FROM users WHERE id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		m, org, err := scanMember(rows)
		if err != nil || org != r.org {
			return err
		}
		here[m.ID] = true
		return r.roster.Put(&m)
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !here[id] {
			if err := r.roster.Remove(id); err != nil {
				return err
			}
		}
	}
	if !r.roster.HasShops() {
		return nil
	}
	return r.readAssigned(tx, keys(here))
}

func (r *orgRoster) readShops(tx *db.Tx) error {
	var shops roster.Shops
	places := make(map[string]int)
	err := tx.Each("SELECT id, presence_management FROM businesses WHERE org_id = $1 ORDER BY id", []any{r.org}, func(rows *db.Rows) error {
		var shop roster.Shop
		err := rows.Scan(&shop.ID, &shop.PresenceManagement)
		places[shop.ID] = len(shops.Businesses)
		shops.Businesses = append(shops.Businesses, shop)
		return err
	})
	if err != nil {
		return err
	}
	err = tx.Each("SELECT id, section_id FROM groups WHERE org_id = $1 ORDER BY id", []any{r.org}, func(rows *db.Rows) error {
		group := roundtable.Group{OrgID: r.org}
		err := rows.Scan(&group.ID, &group.SectionID)
		shops.Groups = append(shops.Groups, group)
		return err
	})
	if err != nil {
		return err
	}
	err = tx.Each("SELECT m.business_id, m.group_id FROM groups g JOIN business_groups m ON m.group_id = g.id WHERE g.org_id = $1",
		[]any{r.org}, func(rows *db.Rows) error {
			var business string
			var group int64
			err := rows.Scan(&business, &group)
			if place, here := places[business]; here {
				shop := &shops.Businesses[place]
				shop.GroupIDs = append(shop.GroupIDs, group)
			}
			return err
		})
	if err != nil {
		return err
	}
	return r.roster.SetShops(&shops)
}

// assignedAtOnce bounds the lists that are read before they are taken in.
const assignedAtOnce = 1024

// readAssigned reads the businesses and accesses of users.
func (r *orgRoster) readAssigned(tx *db.Tx, ids []string) error {
	for len(ids) > 0 {
		n := min(assignedAtOnce, len(ids))
		businesses, accesses, err := listsOf(tx, ids[:n])
		if err != nil {
			return err
		}
		for _, id := range ids[:n] {
			if err := r.roster.Assign(id, businesses[id], accesses[id]); err != nil {
				return err
			}
		}
		ids = ids[n:]
	}
	return nil
}

func listsOf(tx *db.Tx, ids []string) (businesses map[string][]string, accesses map[string][][]int64, err error) {
	businesses, accesses = make(map[string][]string), make(map[string][][]int64)
	lastUser, lastSet := "", 0
	err = db.EachIn(tx, "SELECT user_id, access_set, group_id FROM user_accesses WHERE user_id IN (?ids)"+
		" ORDER BY user_id, access_set, position", nil, ids, func(rows *db.Rows) error {
		var id string
		var set int
		var group int64
		err := rows.Scan(&id, &set, &group)
		if id != lastUser || set != lastSet {
			accesses[id] = append(accesses[id], nil)
			lastUser, lastSet = id, set
		}
		last := &accesses[id][len(accesses[id])-1]
		*last = append(*last, group)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	err = db.EachIn(tx, "SELECT user_id, business_id FROM user_businesses WHERE user_id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		var id, business string
		err := rows.Scan(&id, &business)
		businesses[id] = append(businesses[id], business)
		return err
	})
	return businesses, accesses, err
}

// shopsChanged raises the shops_version of an organisation: to be called by whatever
// changes its businesses, its groups, or which carry which.
func (o *operation) shopsChanged(org int64) error {
	_, err := o.tx.Exec("UPDATE orgs SET shops_version = shops_version + 1 WHERE id = $1", org)
	return err
}
