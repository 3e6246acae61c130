package roundtable

import (
	"reflect"
	"slices"
)

// hiddenPassword stands for a password wherever a change is told.
const hiddenPassword = "***"

// Change is one field before and after. For passwords both are "***" or nil.
type Change struct {
	Field  string `json:"field"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// diff lists the fields that differ, in the contract's order. Lists that were not
// loaded cannot have changed.
func diff(before, after *User) []Change {
	var changes []Change
	for i := range userFields {
		field := &userFields[i]
		if field.value == nil {
			continue
		}
		was, is := field.value(before), field.value(after)
		if !equalValues(was, is) {
			changes = append(changes, Change{field.name, was, is})
		}
	}
	return changes
}

// fromNothing lists all that a new user is: every field that is not null.
func fromNothing(user *User) []Change {
	var changes []Change
	for i := range userFields {
		field := &userFields[i]
		if field.value == nil {
			continue
		}
		value := field.value(user)
		if pages, isList := value.([]string); value != nil && (!isList || pages != nil) {
			changes = append(changes, Change{Field: field.name, After: value})
		}
	}
	return changes
}

func equalValues(a, b any) bool {
	switch a := a.(type) {
	case string:
		return a == b
	case bool:
		return a == b
	case int64:
		return a == b
	case []string:
		b, ok := b.([]string)
		return ok && slices.Equal(a, b) && (a == nil) == (b == nil)
	}
	return reflect.DeepEqual(a, b)
}

// passwordChange tells that the password was set or cleared, and nothing more.
func passwordChange(has Credentials, ends Endings, set bool) *Change {
	change := &Change{Field: "password"}
	if has.Passwords > 0 {
		change.Before = hiddenPassword
	}
	switch {
	case set:
		change.After = hiddenPassword
	case !ends.Password || has.Passwords == 0:
		return nil
	}
	return change
}

// ListChange is a list field as the history tells it: what was added and removed,
// so that a long list costs no more than its difference. Both empty: the order
// changed.
type ListChange struct {
	Field   string `json:"field"`
	Added   any    `json:"added"`
	Removed any    `json:"removed"`

	// How many they are in all, where not all of them are named.
	AddedCount   int `json:"added_count,omitempty"`
	RemovedCount int `json:"removed_count,omitempty"`
}

// Record returns changes in the form that the history stores: a ListChange for a
// field that was and is a list, a Change for any other.
func Record(changes []Change) []any {
	records := make([]any, len(changes))
	for i, c := range changes {
		records[i] = c
		if difference, ok := c.After.(accessDifference); ok {
			records[i] = difference.record(c.Field)
		}
		if c.Before == nil {
			continue
		}
		switch before := c.Before.(type) {
		case []string:
			if after := c.After.([]string); before != nil && after != nil {
				records[i] = ListChange{Field: c.Field, Added: minus(after, before), Removed: minus(before, after)}
			}
		case [][]int64:
			after := c.After.([][]int64)
			records[i] = ListChange{Field: c.Field, Added: minusSets(after, before), Removed: minusSets(before, after)}
		}
	}
	return records
}

// minus returns the elements of list that are not in other.
func minus(list, other []string) []string {
	others, rest := setOf(other), []string{}
	for _, v := range list {
		if !others[v] {
			rest = append(rest, v)
		}
	}
	return rest
}

func minusSets(list, other [][]int64) [][]int64 {
	rest := [][]int64{}
	for _, set := range list {
		if !slices.ContainsFunc(other, func(s []int64) bool { return slices.Equal(s, set) }) {
			rest = append(rest, set)
		}
	}
	return rest
}

// ChangedColumns names the stored columns of a user's row that differ, version and
// last event included. Lists and the password have tables of their own.
func ChangedColumns(before, after *User) []string {
	columns := []string{"version", "last_event_id"}
	for i := range userFields {
		field := &userFields[i]
		if field.column() && !equalValues(field.value(before), field.value(after)) {
			columns = append(columns, field.name)
		}
	}
	if before.EmailKey != after.EmailKey {
		columns = append(columns, "email_key")
	}
	return columns
}

// InertColumns are the columns of the user's own row that no rule reads, and those that
// every change writes.
func InertColumns() []string {
	columns := []string{"version", "last_event_id"}
	for i := range userFields {
		if userFields[i].inert {
			columns = append(columns, userFields[i].name)
		}
	}
	return columns
}

// column reports whether the field is a column of the user's own row.
func (f *userField) column() bool {
	return f.name != "accesses" && f.name != "business_ids" && f.value != nil
}
