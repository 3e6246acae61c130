package directory

import (
	"fmt"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// userPage are users to be shown and not to be judged. They are read apart from the
// working set, and stand in one piece of memory, because there are many of them.
type userPage struct {
	users []roundtable.User
	at    map[string]*roundtable.User
}

// shown reads users who are there as a reader sees them, in the order of ids, none twice.
func (o *operation) shown(ids []string) ([]*roundtable.User, error) {
	page := &userPage{users: make([]roundtable.User, len(ids)), at: make(map[string]*roundtable.User, len(ids))}
	for i, id := range ids {
		page.at[id] = &page.users[i]
	}
	if err := arrived(o.tx, page.askRows(o, ids), page.askAccesses(o.tx, ids), page.askBusinesses(o.tx, ids)); err != nil {
		return nil, err
	}
	orgs := make(map[int64]bool)
	for i := range page.users {
		if org := page.users[i].OrgID; o.facts.Orgs[org] == nil {
			orgs[org] = true
		}
	}
	if err := o.loadOrgs(o.tx, keys(orgs)); err != nil {
		return nil, err
	}
	shown := make([]*roundtable.User, len(ids))
	for i := range page.users {
		shown[i] = &page.users[i]
		org := o.facts.Orgs[shown[i].OrgID]
		if org == nil {
			return nil, fmt.Errorf("user %s is not in its snapshot", ids[i])
		}
		shown[i].Show(org)
	}
	return shown, nil
}

// askRows asks for the users, each with empty lists.
func (p *userPage) askRows(o *operation, ids []string) error {
	var row roundtable.User
	into := o.d.users.into(&row)
	return db.EachInLater(o.tx, "SELECT "+o.d.users.list+" FROM users WHERE id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		row.Accesses, row.BusinessIDs = [][]int64{}, []string{}
		*p.at[row.ID] = row
		return nil
	})
}

func (p *userPage) askAccesses(tx *db.Tx, ids []string) error {
	var id, lastID string
	var set, lastSet int
	var group int64
	return db.EachInLater(tx, "SELECT user_id, access_set, group_id FROM user_accesses WHERE user_id IN (?ids)"+
		" ORDER BY user_id, access_set, position", nil, ids, func(rows *db.Rows) error {
		if err := rows.Scan(&id, &set, &group); err != nil {
			return err
		}
		user := p.at[id]
		if id != lastID || set != lastSet {
			user.Accesses = append(user.Accesses, nil)
			lastID, lastSet = id, set
		}
		last := &user.Accesses[len(user.Accesses)-1]
		*last = append(*last, group)
		return nil
	})
}

func (p *userPage) askBusinesses(tx *db.Tx, ids []string) error {
	var id, business string
	return db.EachInLater(tx, "SELECT user_id, business_id FROM user_businesses WHERE user_id IN (?ids) ORDER BY user_id, position",
		nil, ids, func(rows *db.Rows) error {
			if err := rows.Scan(&id, &business); err != nil {
				return err
			}
			user := p.at[id]
			user.BusinessIDs = append(user.BusinessIDs, business)
			return nil
		})
}
