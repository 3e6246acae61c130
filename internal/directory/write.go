package directory

import (
	"slices"
	"strconv"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// Kinds of links and mails, as stored.
const (
	linkInvitation  = string(roundtable.InvitationLink)
	linkReset       = string(roundtable.ResetLink)
	linkUnsubscribe = string(roundtable.UnsubscribeLink)
	mailInvitation  = string(roundtable.MailInvitation)
	mailReset       = string(roundtable.MailReset)
	mailReview      = string(roundtable.MailReview)
)

// write stores what the batch came to: every event on the way there, the users in
// their last state, and then what lets them in, which needs them to be there.
func (w *workingSet) write(tx *db.Tx) error {
	if err := w.writeEvents(tx, w.outcomes); err != nil {
		return err
	}
	if err := w.freeEmails(tx); err != nil {
		return err
	}
	if err := w.writeChanged(tx); err != nil {
		return err
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

// writeChanged writes of each user the columns that changed, and the difference of the
// lists; of those that were not stored before, everything. Lists lose before they gain,
// as a business may come to the place of another.
func (w *workingSet) writeChanged(tx *db.Tx) error {
	var changed, users, accesses, businesses [][]any
	for _, id := range w.changedUsers() {
		before, after := w.stored[id], w.users[id]
		switch {
		case before == nil:
			before = &roundtable.User{}
			users = append(users, w.d.users.values(after))
		case w.d.together.holds(before, after):
			changed = append(changed, w.d.together.row(before, after))
		default:
			if err := w.updateUser(tx, before, after); err != nil {
				return err
			}
		}
		gained, err := w.writeAccesses(tx, before, after)
		if err != nil {
			return err
		}
		accesses = append(accesses, gained...)
		if gained, err = w.writeBusinesses(tx, before, after); err != nil {
			return err
		}
		businesses = append(businesses, gained...)
	}
	for _, set := range []struct {
		sql  string
		rows [][]any
	}{
		{w.d.together.sql, changed},
		{"INSERT INTO users (" + w.d.users.list + ") VALUES (?rows)", users},
		{"INSERT INTO user_accesses (user_id, access_set, position, group_id) VALUES (?rows)", accesses},
		{"INSERT INTO user_businesses (user_id, position, business_id) VALUES (?rows)", businesses},
	} {
		if err := db.RowsLater(tx, set.sql, set.rows); err != nil {
			return err
		}
	}
	return nil
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

// writeAccesses deletes what is replaced, and returns the rows to insert.
func (w *workingSet) writeAccesses(tx *db.Tx, before, after *roundtable.User) (gained [][]any, err error) {
	if slices.EqualFunc(before.Accesses, after.Accesses, slices.Equal) {
		return nil, nil
	}
	if len(before.Accesses) > 0 {
		err = tx.Later("DELETE FROM user_accesses WHERE user_id = $1", after.ID)
	}
	for i, set := range after.Accesses {
		for k, group := range set {
			gained = append(gained, []any{after.ID, i, k, group})
		}
	}
	return gained, err
}

// writeBusinesses deletes as few rows as keep the order, and returns those to insert:
// positions may have gaps, so that what stays keeps its row.
func (w *workingSet) writeBusinesses(tx *db.Tx, before, after *roundtable.User) (gained [][]any, err error) {
	if slices.Equal(before.BusinessIDs, after.BusinessIDs) {
		return nil, nil
	}
	inserted, kept := placeBusinesses(w.positions[after.ID], after.BusinessIDs)
	for _, p := range w.positions[after.ID] {
		if kept[p.business] {
			continue
		}
		if err := tx.Later("DELETE FROM user_businesses WHERE user_id = $1 AND position = $2", after.ID, p.position); err != nil {
			return nil, err
		}
	}
	for _, p := range inserted {
		gained = append(gained, []any{after.ID, p.position, p.business})
	}
	return gained, nil
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
