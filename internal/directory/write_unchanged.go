package directory

import (
	"fmt"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// writeUnchanged stores what the batch came to where others may have written since it was
// read: the users whom nobody has changed meanwhile, and their events. The others are
// outrun. All of it is what no rule reads.
func (w *workingSet) writeUnchanged(tx *db.Tx) error {
	if w.d.together.sql == "" { // there is one writer, and nobody else has written
		return w.write(tx)
	}
	events, err := w.events(tx, w.outcomes)
	if err != nil {
		return err
	}
	for i, r := range w.outcomes {
		events[i] = append(events[i], *w.users[r.outcome.After.ID].LastEventID)
	}
	var users [][]any
	for _, id := range w.changedUsers() { // in order, so that none waits for one who waits for it
		before, after := w.stored[id], w.users[id]
		if !w.d.together.holds(before, after) {
			panic(fmt.Sprintf("more than what no rule reads is to be changed of user %s", id))
		}
		users = append(users, w.d.together.row(before, after))
		w.outrun[id] = true
	}
	err = db.EachRowsLater(tx, w.d.together.sql, users, func(rows *db.Rows) error {
		var id string
		err := rows.Scan(&id)
		delete(w.outrun, id)
		return err
	})
	if err != nil {
		return err
	}
	return db.RowsLater(tx, w.d.together.events, events)
}

// putOff leaves the items on users who are outrun for a later batch: whatever came to them
// was judged by what is no more. Nobody does so for ever.
func (w *workingSet) putOff(batch []*item, verdicts []verdict) {
	for i, it := range batch {
		if it.do != nil || !w.outrun[it.target] || verdicts[i].waits {
			continue
		}
		if it.outruns++; it.outruns < itemTries {
			verdicts[i] = verdict{waits: true}
		} else {
			verdicts[i] = verdict{err: translate(db.ErrConflict)}
		}
	}
}
