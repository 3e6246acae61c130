package directory

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// DeleteUser deletes a user (section 3) and returns its id. Its address is free again,
// its keys refuse. What is left is its history, without what was personal in it.
func (d *Directory) DeleteUser(ctx context.Context, caller Caller, id string, match roundtable.Precondition) (string, error) {
	return changing(ctx, d, caller, 1, func(o *operation) (string, error) {
		outcome, err := o.judgeDeletion(id, match)
		if err != nil {
			return "", err
		}
		return id, o.removeUser(outcome)
	})
}

// PreviewDeletion judges a deletion as DeleteUser does, on a read snapshot.
func (d *Directory) PreviewDeletion(ctx context.Context, caller Caller, id string, match roundtable.Precondition) (*Preview, error) {
	return reading(ctx, d, caller, func(o *operation) (*Preview, error) {
		outcome, err := o.judgeDeletion(id, match)
		if err != nil {
			return nil, err
		}
		if err := o.mayRead(caller, outcome.Before); err != nil {
			return nil, err // a preview shows what is there now
		}
		lost, err := o.reachable(o.tx, outcome.Before)
		preview := &Preview{
			Current: outcome.Before, CurrentOrg: outcome.Org, Changes: outcome.Changes, Effects: outcome.Effects,
			Access: AccessDifference{Gained: []string{}},
		}
		preview.Access.Lost, preview.Access.LostCount = firstMissing(lost, nil)
		return preview, err
	})
}

func (o *operation) judgeDeletion(id string, match roundtable.Precondition) (*roundtable.Outcome, error) {
	target, err := o.about(id, roundtable.DeletionNeeds)
	if err != nil {
		return nil, err
	}
	outcome, err := roundtable.DeleteUser(o.actor, target, match, o.facts)
	if err != nil {
		conflicting := &item{ctx: o.item.ctx, caller: o.item.caller, target: id, update: &roundtable.Update{IfMatch: match}}
		return nil, o.d.explainIn(o.tx, conflicting, err)
	}
	return outcome, nil
}

// userTables hold what belongs to a user and goes with it, in their column user_id.
var userTables = []string{
	"user_accesses", "user_businesses", "passwords", "sessions", "api_keys", "connection_tokens", "links", "sso_links", "mails",
	"handovers", "review_notices",
}

// removeUser carries out a deletion: the last event of the user, and nothing left but
// its history.
func (o *operation) removeUser(deletion *roundtable.Outcome) error {
	before, gone := deletion.Before.LastEventID, deletion.After
	o.users[gone.ID] = gone
	if err := o.writeEvents(o.tx, []recorded{{o.item, deletion}}); err != nil {
		return err
	}
	if err := o.forgetPerson(before); err != nil {
		return err
	}
	err := o.tx.Later("INSERT INTO deleted_users (id, org_id, role, version, last_event_id, deleted_at) VALUES ($1, $2, $3, $4, $5, $6)",
		gone.ID, gone.OrgID, string(gone.Role), gone.Version, *gone.LastEventID, o.now.UnixMicro())
	if err == nil {
		err = o.tx.Later("DELETE FROM idempotent_answers WHERE api_key_id IN (SELECT id FROM api_keys WHERE user_id = $1)", gone.ID)
	}
	for _, table := range userTables {
		if err == nil {
			err = o.tx.Later("DELETE FROM "+table+" WHERE user_id = $1", gone.ID)
		}
	}
	if err == nil {
		err = o.tx.Later("DELETE FROM users WHERE id = $1", gone.ID)
	}
	delete(o.users, gone.ID)
	return err
}

// forgetPerson takes what was personal out of a chain of events, which ends with last.
func (o *operation) forgetPerson(last *int64) error {
	if last == nil {
		return nil
	}
	var chain []int64
	err := o.tx.Each(chainOf+" SELECT id FROM chain ORDER BY id",
		[]any{*last}, func(rows *db.Rows) error {
			var id int64
			err := rows.Scan(&id)
			chain = append(chain, id)
			return err
		})
	if err != nil {
		return err
	}
	for _, id := range chain {
		if err := o.forgetEvent(id); err != nil {
			return err
		}
	}
	return nil
}

func (o *operation) forgetEvent(id int64) error {
	var changes []EventChange
	if _, err := o.tx.One("SELECT changes FROM events WHERE id = $1", []any{id}, &changes); err != nil {
		return err
	}
	personal := false
	for i := range changes {
		if slices.Contains(roundtable.PersonalFields(), changes[i].Field) {
			personal = true
			changes[i].forget()
		}
	}
	if !personal {
		return nil
	}
	text, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	_, err = o.tx.Exec("UPDATE events SET changes = $2 WHERE id = $1", id, string(text))
	return err
}

// forget puts a pseudonym in the place of every value; null, which says that there was
// none, stays.
func (c *EventChange) forget() {
	pseudonym := json.RawMessage(`"` + roundtable.DeletedText + `"`)
	for _, member := range []*json.RawMessage{&c.Before, &c.After, &c.Added, &c.Removed} {
		var list []json.RawMessage
		switch {
		case *member == nil || string(*member) == "null":
		case json.Unmarshal(*member, &list) == nil:
			for i := range list {
				list[i] = pseudonym
			}
			*member, _ = json.Marshal(list) // valid JSON always has a form
		default:
			*member = pseudonym
		}
	}
}

// deletedUsers are those of the ids who are gone, as far as they are still known.
func (w *workingSet) deletedUsers(tx *db.Tx, ids []string) (gone []*roundtable.User, err error) {
	err = db.EachIn(tx, "SELECT id, org_id, role, version, last_event_id FROM deleted_users WHERE id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		user := new(roundtable.User)
		err := rows.Scan(&user.ID, &user.OrgID, &user.Role, &user.Version, &user.LastEventID)
		gone = append(gone, user)
		return err
	})
	return gone, err
}
