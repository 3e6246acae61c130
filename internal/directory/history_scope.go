package directory

import (
	"context"
	"encoding/json"
	"maps"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// hideUnreadable takes from events what lies outside of the caller's READ scope:
// actors, organisations, businesses, groups.
func (w *workingSet) hideUnreadable(ctx context.Context, tx *db.Tx, caller Caller, events []*Event) error {
	readable, err := w.loadScope(ctx, tx, caller, events)
	if err != nil {
		return err
	}
	reader := w.users[caller.UserID]
	for _, event := range events {
		if readable[event.actor.UserID] {
			event.Actor = &event.actor
		}
		for i := range event.Changes {
			if err := w.hideValues(reader, &event.Changes[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// loadScope loads what deciding takes, and returns the actors whom the caller may
// READ.
func (w *workingSet) loadScope(ctx context.Context, tx *db.Tx, caller Caller, events []*Event) (map[string]bool, error) {
	readings, seen := []*item{}, make(map[string]bool)
	wanted := &wantedFacts{businesses: make(map[string]bool), groups: make(map[int64]bool), orgs: make(map[int64]bool)}
	for _, event := range events {
		if !seen[event.actor.UserID] {
			seen[event.actor.UserID] = true
			readings = append(readings, newReading(ctx, caller, event.actor.UserID))
		}
		for i := range event.Changes {
			if err := wanted.wantChange(&event.Changes[i]); err != nil {
				return nil, err
			}
		}
	}
	readable, gone, err := w.readableActors(tx, caller, readings)
	if err != nil {
		return nil, err
	}
	for _, actor := range gone {
		wanted.orgs[actor.OrgID] = true
	}
	if w.users[caller.UserID].BusinessIDs == nil {
		if err := w.loadLists(tx, []string{caller.UserID}); err != nil {
			return nil, err
		}
	}
	maps.Copy(wanted.groups, accessGroups(w.users[caller.UserID]))
	if err := w.loadGroups(tx, wanted); err != nil {
		return nil, err
	}
	if err := w.loadBusinesses(tx, wanted); err != nil {
		return nil, err
	}
	for _, group := range w.facts.Groups {
		wanted.orgs[group.OrgID] = true
	}
	for _, business := range w.facts.Businesses {
		wanted.orgs[business.OrgID] = true
	}
	err = w.loadOrgs(tx, keys(wanted.orgs))
	for _, actor := range gone {
		readable[actor.ID] = err == nil && w.facts.CanReadDeleted(w.users[caller.UserID], actor)
	}
	return readable, err
}

// readableActors tells of the targets of readings whom the caller may READ, and returns
// those who are gone.
func (w *workingSet) readableActors(tx *db.Tx, caller Caller, readings []*item) (readable map[string]bool, gone []*roundtable.User, err error) {
	actors := w.d.newWorkingSet()
	if err := actors.load(tx, readings); err != nil {
		return nil, nil, err
	}
	readable = make(map[string]bool)
	var missing []string
	for _, reading := range readings {
		if user := actors.users[reading.target]; user == nil {
			missing = append(missing, reading.target)
		} else {
			readable[reading.target] = actors.facts.CanRead(actors.users[caller.UserID], user)
		}
	}
	gone, err = w.deletedUsers(tx, missing)
	return readable, gone, err
}

// wantChange notes the rows that a change names.
func (f *wantedFacts) wantChange(change *EventChange) error {
	return change.references(
		func(org int64) any { f.orgs[org] = true; return org },
		func(group int64) any { f.groups[group] = true; return group },
		func(business string) any { f.businesses[business] = true; return business },
	)
}

// hideValues replaces what the reader may not READ by null.
func (w *workingSet) hideValues(reader *roundtable.User, change *EventChange) error {
	return change.references(
		func(org int64) any { return nullUnless(w.facts.CanReadOrg(reader, org), org) },
		func(group int64) any {
			return nullUnless(w.facts.CanReadOrg(reader, w.facts.Groups[group].OrgID), group)
		},
		func(business string) any {
			return nullUnless(w.facts.CanReadBusiness(reader, w.facts.Businesses[business]), business)
		},
	)
}

func nullUnless(readable bool, value any) any {
	if !readable {
		return nil
	}
	return value
}

// references hands every organisation, group and business that a change names to
// its function, and puts what that returns in its place.
func (c *EventChange) references(org, group func(int64) any, business func(string) any) error {
	for _, member := range []*json.RawMessage{&c.Before, &c.After, &c.Added, &c.Removed} {
		if *member == nil || string(*member) == "null" {
			continue
		}
		var err error
		switch c.Field {
		case "org_id":
			err = replace(member, org)
		case "business_ids", "access":
			err = replace(member, func(ids []string) any { return each(ids, business) })
		case "accesses":
			err = replace(member, func(sets [][]int64) any {
				return each(sets, func(set []int64) any { return each(set, group) })
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func replace[T any](member *json.RawMessage, with func(T) any) error {
	var value T
	if err := json.Unmarshal(*member, &value); err != nil {
		return err
	}
	replaced, err := json.Marshal(with(value))
	*member = replaced
	return err
}

func each[T any](list []T, with func(T) any) []any {
	replaced := make([]any, len(list))
	for i, v := range list {
		replaced[i] = with(v)
	}
	return replaced
}
