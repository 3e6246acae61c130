package roundtable

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// PastChange is a change as the history stores it: before and after, or for lists what
// was added and removed.
type PastChange struct {
	Field                    string
	Before, After            json.RawMessage
	Added, Removed           json.RawMessage
	AddedCount, RemovedCount int
}

// PastEvent is an event of a user.
type PastEvent struct {
	ID      int64  // the version that it produced
	Reverts *int64 // the event that it undid
	Changes []PastChange
	Hidden  []string // fields of which the caller may not READ every value
}

// RevertEvent judges whether actor may undo an event of target, nil if there is none,
// and returns the patch that does, to be judged like any other. later are the events
// after it, newest first. Whoever calls it may read the history of target.
//
// All fields of the event are undone or none. What no patch can bring back is a 400: a
// password, a value that the caller may not READ, the creation of the user. A field that
// a later event changed is a 409, unless that event was undone itself. Effects are not
// undone: sessions that ended stay ended, keys that were revoked stay revoked.
func RevertEvent(actor Actor, target *User, event *PastEvent, later []PastEvent, facts *Facts) (patch UserPatch, err error) {
	j := newJudgement(actor, target, &Update{}, facts)
	if !j.writable() {
		return patch, &Error{Code: CodeForbidden}
	}
	if event == nil {
		return patch, &Error{Code: CodeNotFound}
	}
	if j.refused = event.refusedTo(j); len(j.refused) > 0 {
		return patch, &Error{Code: CodeForbidden, Fields: j.refused}
	}
	if wrong := event.irrevertible(); len(wrong) > 0 {
		return patch, Invalid(wrong...)
	}
	if lost := event.changedBy(later); len(lost) > 0 {
		return patch, &Error{Code: CodeChangedSince, Fields: lost}
	}
	for _, change := range event.Changes {
		if err := change.undo(&patch, target); err != nil {
			return patch, fmt.Errorf("event %d of user %s, field %s: %w", event.ID, target.ID, change.Field, err)
		}
	}
	return patch, nil
}

// creates reports whether the event is the creation of the user.
func (e *PastEvent) creates() bool {
	return slices.ContainsFunc(e.Changes, func(c PastChange) bool { return c.Field == "email" && string(c.Before) == "null" })
}

// refusedTo names the fields that the caller may not change to any value: they are
// refused before the values are looked at (section 1.1).
func (e *PastEvent) refusedTo(j *judgement) (refused []FieldError) {
	if e.creates() {
		return nil // no field of it can be asked for
	}
	for i := range userFields {
		field := &userFields[i]
		allowed := j.self && field.bySelf || j.administer && field.byAdministrator(j)
		if !allowed && changes(e.Changes, field.name) {
			refused = append(refused, FieldError{Field: field.name, Code: CodeEditNotAllowed, Message: refusalText(CodeEditNotAllowed)})
		}
	}
	return refused
}

// irrevertible says why the event cannot be undone by a patch.
func (e *PastEvent) irrevertible() []FieldError {
	if e.creates() {
		return []FieldError{{Field: "event_id", Code: CodeNotRevertible, Message: "The creation of a user cannot be undone. Delete the user instead."}}
	}
	var wrong []FieldError
	for _, change := range e.Changes {
		reason, code := "", CodeNotRevertible
		switch field := change.Field; {
		case field == "password":
			reason = "A password cannot be brought back."
		case !isUserField(field):
			reason = "No field of the user, so that no change of the user undoes it."
		case slices.Contains(e.Hidden, field):
			reason, code = "You may not see all of what was there before.", CodeValueHidden
		case change.Added != nil && string(change.Added) == "[]" && string(change.Removed) == "[]":
			reason = "Only the order changed, and the history does not keep it."
		default:
			continue
		}
		wrong = append(wrong, FieldError{Field: change.Field, Code: code, Message: reason})
	}
	return wrong
}

func isUserField(name string) bool {
	return slices.ContainsFunc(userFields, func(f userField) bool { return f.name == name })
}

// changedBy names the fields of the event that later ones changed, with the latest of
// those. An event and the one that undid it cancel each other out.
func (e *PastEvent) changedBy(later []PastEvent) []FieldError {
	latest := make(map[string]int64)
	undone := make(map[int64]bool)
	for _, after := range later {
		if undone[after.ID] {
			continue
		}
		var cancelled []PastChange
		if after.Reverts != nil && *after.Reverts > e.ID {
			undone[*after.Reverts] = true
			cancelled = changesOf(later, *after.Reverts)
		}
		for _, change := range after.Changes {
			if latest[change.Field] == 0 && !changes(cancelled, change.Field) {
				latest[change.Field] = after.ID
			}
		}
	}
	var lost []FieldError
	for _, change := range e.Changes {
		if id := latest[change.Field]; id != 0 {
			lost = append(lost, FieldError{
				Field: change.Field, Code: CodeChangedSince, ID: strconv.FormatInt(id, 10),
				Message: fmt.Sprintf("Changed again by event %d.", id),
			})
		}
	}
	return lost
}

func changesOf(events []PastEvent, id int64) []PastChange {
	for _, event := range events {
		if event.ID == id {
			return event.Changes
		}
	}
	return nil
}

func changes(list []PastChange, field string) bool {
	return slices.ContainsFunc(list, func(c PastChange) bool { return c.Field == field })
}

// undo asks for what was there before the change. Of a list that is told by its
// difference, what is brought back comes last.
func (c *PastChange) undo(patch *UserPatch, now *User) error {
	switch c.Field {
	case "email":
		return restore(&patch.Email, c.Before)
	case "first_name":
		return restore(&patch.FirstName, c.Before)
	case "last_name":
		return restore(&patch.LastName, c.Before)
	case "org_id":
		return restore(&patch.OrgID, c.Before)
	case "accesses":
		return restoreList(&patch.Accesses, c, now.accessSets(), minusSets)
	case "business_ids":
		return restoreList(&patch.BusinessIDs, c, now.businessIDs(), minus)
	case "phone":
		return restore(&patch.Phone, c.Before)
	case "role":
		return restore(&patch.Role, c.Before)
	case "sidebar_pages":
		return restoreList(&patch.SidebarPages, c, now.SidebarPages, minus)
	case "status":
		return restore(&patch.Status, c.Before)
	case "disabled":
		return restore(&patch.Disabled, c.Before)
	case "lang":
		return restore(&patch.Lang, c.Before)
	case "sso_only":
		return restore(&patch.SSOOnly, c.Before)
	case "keywords":
		return restoreList(&patch.Keywords, c, now.Keywords, minus)
	case "receive_reviews_email_notifications":
		return restore(&patch.ReceiveReviewsEmailNotifications, c.Before)
	}
	return fmt.Errorf("no field %s", c.Field)
}

func restore[T any](opt *Opt[T], before json.RawMessage) error {
	if string(before) == "null" {
		*opt = Null[T]()
		return nil
	}
	opt.Set = true
	return json.Unmarshal(before, &opt.Value)
}

func restoreList[T any](opt *Opt[[]T], c *PastChange, now []T, without func(list, other []T) []T) error {
	if c.Added == nil {
		return restore(opt, c.Before)
	}
	var added, removed []T
	if err := json.Unmarshal(c.Added, &added); err != nil {
		return err
	}
	if err := json.Unmarshal(c.Removed, &removed); err != nil {
		return err
	}
	kept := without(now, added)
	*opt = Some(append(kept, without(removed, kept)...))
	return nil
}
