package directory

import (
	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// enoughAdmins is more administrators than one batch can take away.
const enoughAdmins = MaxBatch + 1

// askOverlaps finds the businesses that carry the groups of somebody's accesses.
func (w *workingSet) askOverlaps(tx *db.Tx, wanted *wantedFacts) error {
	var groups []int64
	for _, id := range keys(wanted.overlaps) {
		if wanted.overlaps[id] {
			groups = append(groups, id)
		}
	}
	return db.EachInLater(tx, "SELECT business_id FROM business_groups WHERE group_id IN (?ids)", nil, groups, func(rows *db.Rows) error {
		var id string
		err := rows.Scan(&id)
		wanted.businesses[id] = true
		return err
	})
}

func (w *workingSet) askBusinesses(tx *db.Tx, wanted *wantedFacts) error {
	ids := keys(wanted.businesses)
	err := db.EachInLater(tx, "SELECT id, org_id, presence_management FROM businesses WHERE id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		var business roundtable.Business
		err := rows.Scan(&business.ID, &business.OrgID, &business.PresenceManagement)
		w.facts.Businesses[business.ID] = business
		return err
	})
	if err != nil || wanted.ungrouped {
		return err
	}
	return db.EachInLater(tx, "SELECT business_id, group_id FROM business_groups WHERE business_id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		var id string
		var group int64
		err := rows.Scan(&id, &group)
		business := w.facts.Businesses[id]
		business.GroupIDs = append(business.GroupIDs, group)
		w.facts.Businesses[id] = business
		return err
	})
}

func (w *workingSet) askGroups(tx *db.Tx, wanted *wantedFacts) error {
	return db.EachInLater(tx, "SELECT id, org_id, section_id FROM groups WHERE id IN (?ids)", nil, keys(wanted.groups), func(rows *db.Rows) error {
		var group roundtable.Group
		err := rows.Scan(&group.ID, &group.OrgID, &group.SectionID)
		w.facts.Groups[group.ID] = group
		return err
	})
}

func (w *workingSet) askEmailOwners(tx *db.Tx, wanted *wantedFacts) error {
	return db.EachInLater(tx, "SELECT email_key, id FROM users WHERE email_key IN (?ids)", nil, keys(wanted.emails), func(rows *db.Rows) error {
		var key, id string
		err := rows.Scan(&key, &id)
		w.facts.EmailOwners[key] = id
		return err
	})
}

func (w *workingSet) askAdmins(tx *db.Tx, wanted *wantedFacts) error {
	for _, org := range keys(wanted.admins) {
		admins := make(map[string]bool)
		w.facts.Admins[org] = admins
		err := tx.EachLater("SELECT id FROM users WHERE org_id = $1 AND role = 'ORG_ADMIN' AND status = 'active' AND NOT disabled LIMIT $2",
			[]any{org, enoughAdmins}, func(rows *db.Rows) error {
				var id string
				err := rows.Scan(&id)
				admins[id] = true
				return err
			})
		if err != nil {
			return err
		}
	}
	return nil
}

// askCredentials counts what lets users in, row by row: a user has few.
func (w *workingSet) askCredentials(tx *db.Tx, wanted *wantedFacts) error {
	ids, now := keys(wanted.credentials), w.now.UnixMicro()
	count := func(sql string, args []any, add func(*roundtable.Credentials, string)) error {
		return db.EachInLater(tx, sql, args, ids, func(rows *db.Rows) error {
			var id, kind string
			err := rows.Scan(&id, &kind)
			has := w.facts.Credentials[id]
			add(&has, kind)
			w.facts.Credentials[id] = has
			return err
		})
	}
	for _, kind := range []struct {
		sql  string
		args []any
		add  func(*roundtable.Credentials, string)
	}{
		{"SELECT user_id, '' FROM passwords WHERE user_id IN (?ids)", nil, func(c *roundtable.Credentials, _ string) { c.Passwords++ }},
		{"SELECT user_id, kind FROM sessions WHERE expires_at > $1 AND user_id IN (?ids)", []any{now}, countSession},
		{"SELECT user_id, '' FROM api_keys WHERE revoked_at IS NULL AND user_id IN (?ids)", nil, func(c *roundtable.Credentials, _ string) { c.APIKeys++ }},
		{
			"SELECT user_id, '' FROM connection_tokens WHERE consumed_at IS NULL AND revoked_at IS NULL AND expires_at > $1 AND user_id IN (?ids)",
			[]any{now},
			func(c *roundtable.Credentials, _ string) { c.ConnectionTokens++ },
		},
		{
			"SELECT user_id, kind FROM links WHERE used_at IS NULL AND voided_at IS NULL AND expires_at > $1 AND user_id IN (?ids)",
			[]any{now},
			countLink,
		},
		{"SELECT user_id, '' FROM sso_links WHERE user_id IN (?ids)", nil, func(c *roundtable.Credentials, _ string) { c.SSOLinks++ }},
		{
			"SELECT user_id, '' FROM mails WHERE " + waitingMail + " AND user_id IN (?ids)",
			nil, func(c *roundtable.Credentials, _ string) { c.Mails++ },
		},
	} {
		if err := count(kind.sql, kind.args, kind.add); err != nil {
			return err
		}
	}
	return nil
}

func countSession(c *roundtable.Credentials, kind string) {
	c.Sessions++
	if kind == string(roundtable.PasswordSession) {
		c.PasswordSessions++
	}
}

func countLink(c *roundtable.Credentials, kind string) {
	switch kind {
	case linkInvitation:
		c.Invitations++
	case linkReset:
		c.ResetLinks++
	}
}
