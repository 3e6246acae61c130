package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// Event is one change of a user, as a reader of the history sees it.
type Event struct {
	ID        int64                 `json:"id"` // the version of the user that the change produced
	CreatedAt roundtable.UnixMicros `json:"created_at"`
	RequestID string                `json:"request_id"`
	Actor     *EventActor           `json:"actor"` // null: outside of the reader's READ scope
	Changes   []EventChange         `json:"changes"`
	Effects   []roundtable.Effect   `json:"effects"`
	Reverts   *int64                `json:"reverts,omitempty"` // the event that this one undid

	actor EventActor
}

// EventActor is who made a change.
type EventActor struct {
	UserID   string `json:"user_id"`
	APIKeyID int64  `json:"api_key_id"`
}

// EventChange is a changed field: before and after, or for lists what was added
// and removed.
type EventChange struct {
	Field   string          `json:"field"`
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
	Added   json.RawMessage `json:"added,omitempty"`
	Removed json.RawMessage `json:"removed,omitempty"`

	AddedCount   int `json:"added_count,omitempty"` // of a list that is not named in full
	RemovedCount int `json:"removed_count,omitempty"`
}

// Page is a part of a list, counted from 1.
type Page struct {
	Number  int
	PerPage int
}

// beyond reports whether the page begins behind a list of count, however far: then it
// has no offset to ask for.
func (p Page) beyond(count int) bool { return p.Number-1 > count/p.PerPage }

// offset is how many of the list come before the page.
func (p Page) offset() int { return (p.Number - 1) * p.PerPage }

// Window returns where the page begins in a list of count, and where it ends. A page
// beyond the end is empty.
func (p Page) Window(count int) (from, to int) {
	if p.beyond(count) {
		return count, count
	}
	from = min(count, p.offset())
	return from, min(count, from+p.PerPage)
}

// History is a page of a user's events, newest first.
type History struct {
	Count  int
	Events []*Event
}

// History returns the events of a user, for the user and its administrators; of one who
// is deleted, for the PROVIDERs and ORG_ADMINs it had (section 1.8). Actors and values
// outside of the reader's READ scope are null.
func (d *Directory) History(ctx context.Context, caller Caller, id string, filter HistoryFilter, page Page) (*History, error) {
	history := &History{Events: []*Event{}}
	err := d.read(ctx, caller.Course, func(tx *db.Tx) error {
		w := d.newWorkingSet()
		target, err := w.historyOf(tx, newReading(ctx, caller, id))
		if err != nil {
			return err
		}
		if filter.all() {
			err = history.read(tx, target, page)
		} else {
			err = w.filterHistory(ctx, tx, caller, target, filter, page, history)
		}
		if err != nil {
			return err
		}
		return w.hideUnreadable(ctx, tx, caller, history.Events)
	})
	return history, translate(err)
}

// historyOf loads the target of an item, deleted or not, if the caller may read its
// history.
func (w *workingSet) historyOf(tx *db.Tx, reading *item) (*roundtable.User, error) {
	if err := w.load(tx, []*item{reading}); err != nil {
		return nil, err
	}
	actor, err := w.actor(reading.caller)
	if err != nil {
		return nil, err
	}
	if target := w.users[reading.target]; target != nil {
		return target, roundtable.ReadHistory(actor, target, w.facts)
	}
	gone, err := w.deletedUsers(tx, []string{reading.target})
	if err != nil || len(gone) == 0 {
		return nil, cmp.Or(err, error(&roundtable.Error{Code: roundtable.CodeNotFound}))
	}
	if err := w.loadOrgs(tx, keys(map[int64]bool{actor.User.OrgID: true, gone[0].OrgID: true})); err != nil {
		return nil, err
	}
	return gone[0], roundtable.ReadDeletedHistory(actor, gone[0], w.facts)
}

// read reads a page of all events.
func (h *History) read(tx *db.Tx, target *roundtable.User, page Page) (err error) {
	h.Count = int(target.Version - firstVersion)
	if page.beyond(h.Count) {
		return nil
	}
	newest := target.Version - int64(page.Number-1)*int64(page.PerPage)
	h.Events, err = events(tx, target, newest-int64(page.PerPage), newest)
	return err
}

// firstVersion is the version of a user that was never changed: each change after
// it is an event.
const firstVersion = 1

// events follows the chain of a user's events, newest first, and returns those that
// produced the versions after since, up to and including newest.
func events(tx *db.Tx, user *roundtable.User, since, newest int64) ([]*Event, error) {
	found := []*Event{}
	if user.LastEventID == nil || newest <= firstVersion {
		return found, nil
	}
	const text = "WITH RECURSIVE chain (id, previous_id, version) AS (" +
		"SELECT id, previous_id, version FROM events WHERE id = $1" +
		" UNION ALL SELECT e.id, e.previous_id, e.version FROM chain c JOIN events e ON e.id = c.previous_id WHERE e.version > $2)" +
		" SELECT " + eventColumns +
		" FROM chain c JOIN events e ON e.id = c.id WHERE c.version > $2 AND c.version <= $3 ORDER BY c.version DESC"
	err := tx.Each(text, []any{*user.LastEventID, since, newest}, func(rows *db.Rows) error {
		e, err := scanEvent(rows)
		found = append(found, e)
		return err
	})
	return found, err
}

// eventColumns reads what scanEvent takes.
const eventColumns = "e.version, e.at, e.request_id, e.actor_id, e.api_key_id, e.changes, e.effects, e.reverts"

func scanEvent(rows *db.Rows) (*Event, error) {
	e := new(Event)
	err := rows.Scan(&e.ID, &e.CreatedAt, &e.RequestID, &e.actor.UserID, &e.actor.APIKeyID, &e.Changes, &e.Effects, &e.Reverts)
	return e, err
}

// maxConflictEvents bounds how far back a 412 looks.
const maxConflictEvents = 100

// versionConflict names the fields that changed since the version that the client
// knew, by whom and when (section 1.2).
func (d *Directory) versionConflict(tx *db.Tx, it *item) error {
	conflict := &roundtable.Error{Code: roundtable.CodeVersionConflict}
	known := it.update.IfMatch
	err := func() error {
		w := d.newWorkingSet()
		target, err := w.readable(tx, newReading(it.ctx, it.caller, it.target))
		if err != nil {
			return err
		}
		since := known.LatestOf(target.Version)
		if since == 0 {
			return nil
		}
		later, err := events(tx, target, max(since, target.Version-maxConflictEvents), target.Version)
		if err != nil {
			return err
		}
		if err := w.hideUnreadable(it.ctx, tx, it.caller, later); err != nil {
			return err
		}
		conflict.Fields = lastChanges(later)
		return nil
	}()
	if refusal, ok := errors.AsType[*roundtable.Error](err); ok && refusal.Code == roundtable.CodeForbidden {
		return conflict // the key may edit and not read: it is told that, and no more
	}
	if err != nil {
		return translate(err)
	}
	return conflict
}

// lastChanges tells of each field the latest of the events, which come newest
// first.
func lastChanges(events []*Event) []roundtable.FieldError {
	var fields []roundtable.FieldError
	told := make(map[string]bool)
	for _, event := range events {
		for _, change := range event.Changes {
			if told[change.Field] {
				continue
			}
			told[change.Field] = true
			changed := &roundtable.LastChange{At: time.UnixMicro(int64(event.CreatedAt))}
			if event.Actor != nil {
				changed.By = &event.Actor.UserID
			}
			fields = append(fields, roundtable.FieldError{
				Field: change.Field, Code: roundtable.CodeVersionConflict,
				Message: "Changed since the version that you know.", Changed: changed,
			})
		}
	}
	return fields
}
