package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
)

// DeleteOrg deletes an organisation with all that belongs to it, the history of its
// users included.
func (d *Directory) DeleteOrg(ctx context.Context, caller Caller, id int64, deletion roundtable.OrgDeletion) error {
	_, err := changing(ctx, d, caller, maxBatchWeight, func(o *operation) (int64, error) {
		org, err := o.org(id)
		if err != nil {
			return id, err
		}
		if deletion.Empty, deletion.HasProviders, err = o.populationOf(id); err != nil {
			return id, err
		}
		if err := roundtable.DeleteOrg(o.actor, org, &deletion, o.facts); err != nil {
			return id, err
		}
		return id, o.deleteAllOf(id)
	})
	d.logOrg("organisation deleted", caller, id, err)
	return err
}

func (o *operation) populationOf(org int64) (empty, hasProviders bool, err error) {
	_, err = o.tx.One("SELECT NOT EXISTS (SELECT id FROM users WHERE org_id = $1) AND NOT EXISTS (SELECT id FROM businesses WHERE org_id = $1),"+
		" EXISTS (SELECT id FROM users WHERE org_id = $1 AND role = 'PROVIDER')", []any{org}, &empty, &hasProviders)
	return empty, hasProviders, err
}

// deleteAllOf takes away what belongs to an organisation, what refers to other rows
// before those.
func (o *operation) deleteAllOf(org int64) error {
	if err := o.noteDeletion(org); err != nil {
		return err
	}
	for _, statement := range []string{deleteEventsOf, deleteAnswersOf} {
		if _, err := o.tx.Exec(statement, org); err != nil {
			return err
		}
	}
	for _, table := range userTables {
		if _, err := o.tx.Exec("DELETE FROM "+table+" WHERE user_id IN (SELECT id FROM users WHERE org_id = $1)", org); err != nil {
			return err
		}
	}
	for _, owned := range orgTables {
		if _, err := o.tx.Exec("DELETE FROM "+owned.table+" WHERE "+owned.by, org); err != nil {
			return err
		}
	}
	return nil
}

// lastEventsOf are the last events of an organisation's users, $1, who have any.
const lastEventsOf = "SELECT last_event_id FROM users WHERE org_id = $1 AND last_event_id IS NOT NULL" +
	" UNION ALL SELECT last_event_id FROM deleted_users WHERE org_id = $1"

// deleteEventsOf follows the chain of events from each user's last one: those of users
// who have moved away are theirs and stay.
const deleteEventsOf = "WITH RECURSIVE chain (id, previous_id) AS (" +
	"SELECT id, previous_id FROM events WHERE id IN (" + lastEventsOf + ")" +
	" UNION ALL SELECT e.id, e.previous_id FROM chain c JOIN events e ON e.id = c.previous_id)" +
	" DELETE FROM events WHERE id IN (SELECT id FROM chain)"

// noteDeletion leaves an event of nobody, for searches: with the events that go it cannot
// be told any more where the users were before. It goes first, so that on an engine which
// counts on from the highest id none is given again.
func (o *operation) noteDeletion(org int64) error {
	ids, err := o.tx.NextIDs("events", 1)
	if err != nil {
		return err
	}
	_, err = o.tx.Exec("INSERT INTO events (id, user_id, version, org_id, at, actor_id, api_key_id, request_id, changes, effects)"+
		" SELECT CAST($2 AS BIGINT), '', 0, $1, CAST($3 AS BIGINT), '', 0, '', '[]', '[]' WHERE EXISTS ("+lastEventsOf+")", org, ids[0], o.now.UnixMicro())
	return err
}

const deleteAnswersOf = "DELETE FROM idempotent_answers WHERE org_id = $1 OR api_key_id IN (" +
	"SELECT k.id FROM api_keys k JOIN users u ON u.id = k.user_id WHERE u.org_id = $1)"

// byOrg is how the rows of an organisation are known.
const byOrg = "org_id = $1"

// orgTables hold what belongs to an organisation beside userTables, in the order in
// which it can go.
var orgTables = []struct{ table, by string }{
	{"users", byOrg},
	{"deleted_users", byOrg},
	{"mails", "id IN (SELECT mail_id FROM review_notices WHERE org_id = $1)"}, // to PROVIDERs, and users who have moved away
	{"review_notices", byOrg},
	{"reviews", byOrg},
	{"business_groups", "business_id IN (SELECT id FROM businesses WHERE org_id = $1)"},
	{"businesses", byOrg},
	{"groups", byOrg},
	{"sections", byOrg},
	{"saml_assertions", "configuration_id IN (SELECT id FROM sso_configurations WHERE org_id = $1)"},
	{"sso_requests", "configuration_id IN (SELECT id FROM sso_configurations WHERE org_id = $1)"},
	{"sso_configurations", byOrg},
	{"orgs", "id = $1"},
}
