package directory

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// Kinds of sessions and links, as stored.
const (
	sessionByPassword = "password"
	linkInvitation    = "invitation"
	linkReset         = "reset"
	mailInvitation    = "invitation"
)

// write stores what the batch came to: every event on the way there, the users in
// their last state, and then what lets them in, which needs them to be there.
func (w *workingSet) write(tx *db.Tx) error {
	if err := w.writeEvents(tx); err != nil {
		return err
	}
	if err := w.freeEmails(tx); err != nil {
		return err
	}
	for _, id := range w.changedUsers() {
		if err := w.writeUser(tx, w.stored[id], w.users[id]); err != nil {
			return err
		}
	}
	for _, r := range w.outcomes {
		if err := w.writeCredentials(tx, r); err != nil {
			return err
		}
	}
	return nil
}

// changedUsers returns the users that the outcomes change, each once.
func (w *workingSet) changedUsers() []string {
	ids := make([]string, len(w.outcomes))
	for i, r := range w.outcomes {
		ids[i] = r.outcome.After.ID
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// freeEmails lets go of the addresses that change hands within the batch, before
// their next owners take them.
func (w *workingSet) freeEmails(tx *db.Tx) error {
	var leaving []string
	taking := 0
	for _, id := range w.changedUsers() {
		stored := w.stored[id]
		if stored != nil && stored.EmailKey == w.users[id].EmailKey {
			continue
		}
		taking++
		if stored != nil {
			leaving = append(leaving, id)
		}
	}
	if taking < 2 {
		return nil
	}
	_, err := db.ExecIn(tx, "UPDATE users SET email_key = id WHERE id IN (?ids)", nil, leaving)
	return err
}

// writeUser writes the columns that changed, and the difference of the lists; of a
// user that was not stored before, everything.
func (w *workingSet) writeUser(tx *db.Tx, before, after *roundtable.User) error {
	if before == nil {
		before = &roundtable.User{}
		if err := w.insertUser(tx, after); err != nil {
			return err
		}
	} else if err := w.updateUser(tx, before, after); err != nil {
		return err
	}
	if err := w.writeAccesses(tx, before, after); err != nil {
		return err
	}
	return w.writeBusinesses(tx, before, after)
}

func (w *workingSet) insertUser(tx *db.Tx, user *roundtable.User) error {
	columns := &w.d.users
	return tx.Later("INSERT INTO users ("+columns.list+") VALUES ("+columns.places+")", columns.values(user)...)
}

func (w *workingSet) updateUser(tx *db.Tx, before, after *roundtable.User) error {
	var set strings.Builder
	args := []any{after.ID}
	for _, column := range roundtable.ChangedColumns(before, after) {
		args = append(args, w.d.users.value(after, column))
		set.WriteString(column + " = $" + strconv.Itoa(len(args)) + ", ")
	}
	return tx.Later("UPDATE users SET "+strings.TrimSuffix(set.String(), ", ")+" WHERE id = $1", args...)
}

func (w *workingSet) writeAccesses(tx *db.Tx, before, after *roundtable.User) error {
	if slices.EqualFunc(before.Accesses, after.Accesses, slices.Equal) {
		return nil
	}
	if err := tx.Later("DELETE FROM user_accesses WHERE user_id = $1", after.ID); err != nil {
		return err
	}
	for i, set := range after.Accesses {
		for k, group := range set {
			err := tx.Later("INSERT INTO user_accesses (user_id, access_set, position, group_id) VALUES ($1, $2, $3, $4)", after.ID, i, k, group)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// writeBusinesses deletes and inserts as few rows as keep the order: positions
// may have gaps, so that what stays keeps its row.
func (w *workingSet) writeBusinesses(tx *db.Tx, before, after *roundtable.User) error {
	if slices.Equal(before.BusinessIDs, after.BusinessIDs) {
		return nil
	}
	inserted, kept := placeBusinesses(w.positions[after.ID], after.BusinessIDs)
	for _, p := range w.positions[after.ID] {
		if kept[p.business] {
			continue
		}
		if err := tx.Later("DELETE FROM user_businesses WHERE user_id = $1 AND position = $2", after.ID, p.position); err != nil {
			return err
		}
	}
	for _, p := range inserted {
		err := tx.Later("INSERT INTO user_businesses (user_id, position, business_id) VALUES ($1, $2, $3)", after.ID, p.position, p.business)
		if err != nil {
			return err
		}
	}
	return nil
}

type placement struct {
	business string
	position int64
}

// placeBusinesses gives every business of list a position above the one before.
// It returns those to insert, and those that keep the position they have.
func placeBusinesses(stored []placement, list []string) (inserted []placement, kept map[string]bool) {
	positions := make(map[string]int64, len(stored))
	for _, p := range stored {
		positions[p.business] = p.position
	}
	kept = make(map[string]bool, len(list))
	last := int64(-1)
	for _, business := range list {
		if position, has := positions[business]; has && position > last {
			kept[business], last = true, position
			continue
		}
		last++
		inserted = append(inserted, placement{business, last})
	}
	return inserted, kept
}

// writeEvents appends an event for each outcome.
func (w *workingSet) writeEvents(tx *db.Tx) error {
	ids, err := tx.NextIDs("events", len(w.outcomes))
	if err != nil {
		return err
	}
	for i, r := range w.outcomes {
		if err := w.writeEvent(tx, r, ids[i]); err != nil {
			return err
		}
	}
	return nil
}

// writeEvent appends the event of an outcome to the user's chain.
func (w *workingSet) writeEvent(tx *db.Tx, r recorded, id int64) error {
	changes, err := json.Marshal(roundtable.Record(r.outcome.Changes))
	if err != nil {
		return err
	}
	effects := []byte("[]")
	if len(r.outcome.Effects) > 0 {
		if effects, err = json.Marshal(r.outcome.Effects); err != nil {
			return err
		}
	}
	after, caller := r.outcome.After, &r.item.caller
	user := w.users[after.ID]
	previous := user.LastEventID
	user.LastEventID = &id
	return tx.Later("INSERT INTO events (id, previous_id, user_id, version, org_id, at, actor_id, api_key_id, request_id, changes, effects, reverts)"+
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
		id, previous, after.ID, after.Version, after.OrgID, w.now.UnixMicro(), caller.UserID, caller.KeyID, caller.RequestID,
		string(changes), string(effects), r.item.reverts)
}
