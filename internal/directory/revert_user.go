package directory

import (
	"bytes"
	"context"
	"slices"

	"github.com/roundtable-directory/roundtable"
)

// maxRevertEvents bounds how far back an event may lie that is to be undone.
const maxRevertEvents = 1_000

// RevertUser undoes an event of a user by an ordinary update that the caller could have
// asked for itself; its event says what it undid.
func (d *Directory) RevertUser(ctx context.Context, caller Caller, id string, event int64, match roundtable.Precondition) (*Updated, error) {
	return changing(ctx, d, caller, 1, func(o *operation) (*Updated, error) {
		_, outcome, err := o.revert(id, event, match, toApply)
		if err != nil {
			return nil, err
		}
		return updated(outcome), o.writeUsers()
	})
}

// PreviewRevert judges as RevertUser does, on a read snapshot.
func (d *Directory) PreviewRevert(ctx context.Context, caller Caller, id string, event int64, match roundtable.Precondition) (*Preview, error) {
	return reading(ctx, d, caller, func(o *operation) (*Preview, error) {
		it, outcome, err := o.revert(id, event, match, toPreview)
		if err != nil {
			return nil, err
		}
		return o.preview(o.tx, it, outcome)
	})
}

// revert judges the update that undoes an event.
func (o *operation) revert(id string, event int64, match roundtable.Precondition, why purpose) (*item, *roundtable.Outcome, error) {
	patch, err := o.reversal(id, event)
	if err != nil {
		return nil, nil, err
	}
	it := newItem(o.item.ctx, o.item.caller, id, &roundtable.Update{Patch: patch, IfMatch: match})
	it.reverts = &event
	if err := o.load(o.tx, []*item{it}); err != nil {
		return nil, nil, err
	}
	outcome, err := o.judge(it, why)
	if err != nil {
		return nil, nil, o.d.explainIn(o.tx, it, err)
	}
	return it, outcome, nil
}

// reversal is the patch that undoes an event.
func (o *operation) reversal(id string, event int64) (patch roundtable.UserPatch, err error) {
	target, err := o.historyOf(o.tx, newReading(o.item.ctx, o.item.caller, id))
	if err != nil {
		return patch, err
	}
	if o.users[id] == nil {
		return patch, &roundtable.Error{Code: roundtable.CodeNotFound}
	}
	if target.Accesses == nil {
		if err := o.loadLists(o.tx, []string{id}); err != nil {
			return patch, err
		}
	}
	past, later, err := o.pastEvents(target, event)
	if err != nil {
		return patch, err
	}
	return roundtable.RevertEvent(o.actor, target, past, later, o.facts)
}

// pastEvents returns an event of a user, nil if there is none, and those after it,
// newest first.
func (o *operation) pastEvents(target *roundtable.User, id int64) (*roundtable.PastEvent, []roundtable.PastEvent, error) {
	switch {
	case id <= firstVersion || id > target.Version:
		return nil, nil, nil
	case target.Version-id > maxRevertEvents:
		return nil, nil, roundtable.Invalid(roundtable.FieldError{
			Field: "event_id", Code: roundtable.CodeNotRevertible, Message: "More than 1,000 events came after it.",
		})
	}
	list, err := events(o.tx, target, id-1, target.Version)
	if err != nil || len(list) == 0 {
		return nil, nil, err
	}
	past := make([]roundtable.PastEvent, len(list))
	for i, e := range list {
		past[i] = pastEvent(e)
	}
	oldest := &past[len(past)-1]
	oldest.Hidden, err = o.hiddenFields(list[len(list)-1])
	return oldest, past[:len(past)-1], err
}

func pastEvent(e *Event) roundtable.PastEvent {
	past := roundtable.PastEvent{ID: e.ID, Reverts: e.Reverts}
	for _, change := range e.Changes {
		past.Changes = append(past.Changes, roundtable.PastChange(change))
	}
	return past
}

// hiddenFields are the fields of an event of which the caller may not READ all.
func (o *operation) hiddenFields(e *Event) (hidden []string, err error) {
	shown := *e
	shown.Changes = slices.Clone(e.Changes)
	if err := o.hideUnreadable(o.item.ctx, o.tx, o.item.caller, []*Event{&shown}); err != nil {
		return nil, err
	}
	for i, change := range e.Changes {
		told := &shown.Changes[i]
		if !bytes.Equal(change.Before, told.Before) || !bytes.Equal(change.After, told.After) ||
			!bytes.Equal(change.Added, told.Added) || !bytes.Equal(change.Removed, told.Removed) {
			hidden = append(hidden, change.Field)
		}
	}
	return hidden, nil
}
