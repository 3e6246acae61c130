package directory

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// eventRow are the columns of what event returns.
const eventRow = "id, previous_id, user_id, version, org_id, at, actor_id, api_key_id, request_id, changes, effects, reverts"

const insertEvents = "INSERT INTO events (" + eventRow + ") VALUES (?rows)"

// insertEventsOfWritten inserts the events of those users whose row names the event in
// the column behind those of the event.
func insertEventsOfWritten() string {
	types := strings.Split("bigint bigint text bigint bigint bigint text bigint text text text bigint bigint", " ")
	values := make([]string, len(types)-1)
	for i := range values {
		values[i] = fmt.Sprintf("v.column%d", i+1)
	}
	return "INSERT INTO events (" + eventRow + ") SELECT " + strings.Join(values, ", ") + " FROM " + rowsOf(types) +
		fmt.Sprintf(" JOIN users ON users.id = v.column3 AND users.last_event_id = v.column%d", len(types))
}

// writeEvents appends an event for each outcome, to the chain of its user.
func (w *workingSet) writeEvents(tx *db.Tx, outcomes []recorded) error {
	rows, err := w.events(tx, outcomes)
	if err != nil {
		return err
	}
	return db.RowsLater(tx, insertEvents, rows)
}

// events returns the rows of the events of outcomes.
func (w *workingSet) events(tx *db.Tx, outcomes []recorded) (rows [][]any, err error) {
	ids, err := tx.NextIDs("events", len(outcomes))
	if err != nil {
		return nil, err
	}
	rows = make([][]any, len(outcomes))
	for i, r := range outcomes {
		if rows[i], err = w.event(r, ids[i]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// event is the row of an outcome, which is the user's last event from now on.
func (w *workingSet) event(r recorded, id int64) ([]any, error) {
	changes, err := json.Marshal(roundtable.Record(r.outcome.Changes))
	if err != nil {
		return nil, err
	}
	effects := []byte("[]")
	if len(r.outcome.Effects) > 0 {
		if effects, err = json.Marshal(r.outcome.Effects); err != nil {
			return nil, err
		}
	}
	after, caller := r.outcome.After, &r.item.caller
	user := w.users[after.ID]
	previous := user.LastEventID
	user.LastEventID = &id
	return []any{
		id, previous, after.ID, after.Version, after.OrgID, w.now.UnixMicro(), caller.UserID, caller.KeyID, caller.RequestID,
		string(changes), string(effects), r.item.reverts,
	}, nil
}
