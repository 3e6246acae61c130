package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/secret"
)

// wantedEvent is an event as a script names it: what the history tells, and with
// it what became of the user's own rows.
type wantedEvent struct {
	user    string
	version string
	changes []any // as stored: field with before and after, or added and removed
	effects []any
}

func (s *step) event(argument string) error {
	user, version, ok := strings.Cut(argument, " ")
	if !ok {
		return fmt.Errorf("an event has a user and a version")
	}
	s.want.events = append(s.want.events, &wantedEvent{user: user, version: version})
	return nil
}

// part reads a changed field or an effect.
func (e *wantedEvent) part(line string) error {
	field, values, isChange := strings.Cut(line, ": ")
	if !isChange {
		name, count, _ := strings.Cut(line, " ")
		e.effects = append(e.effects, map[string]any{"effect": name, "count": json.Number(count)})
		return nil
	}
	change := map[string]any{"field": field}
	names, separator := []string{"before", "after"}, " -> "
	if strings.HasPrefix(values, "+") {
		names, separator, values = []string{"added", "removed"}, " -", values[1:]
	}
	first, second, ok := strings.Cut(values, separator)
	if !ok {
		return fmt.Errorf("a change is: before -> after, or +[added] -[removed]")
	}
	for i, text := range []string{first, second} {
		value, err := decodeJSON(text)
		if err != nil {
			return err
		}
		change[names[i]] = value
	}
	e.changes = append(e.changes, change)
	return nil
}

func decodeJSON(text string) (value any, err error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

func encodeJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // it was decoded before
	}
	return string(text)
}

// check finds the event among the changed rows, and takes it and what it stands
// for out of them.
func (e *wantedEvent) check(t *testing.T, c *company, s step, got answer, changes map[string]rowChange, before, after dump) {
	t.Helper()
	key, row := e.find(changes)
	if row == nil {
		t.Errorf("there is no new event %s of %s", e.version, e.user)
		return
	}
	delete(changes, key)
	for column, want := range map[string]string{"changes": sortedJSON(e.changes), "effects": sortedJSON(e.effects)} {
		list, _ := decodeJSON(row[column].(string))
		if told := sortedJSON(list.([]any)); told != want {
			t.Errorf("the event's %s are\n\t%s\nwant\n\t%s", column, told, want)
		}
	}
	e.checkOrigin(t, c, s, got, row, after)
	if first, last := before.row("users "+e.user), e.row(after); row["previous_id"] != first["last_event_id"] || row["id"] != last["last_event_id"] {
		t.Errorf("event %s follows %v; the user's row named %v and names %v", row["id"], row["previous_id"], first["last_event_id"], last["last_event_id"])
	}
	switch {
	case before.row("users "+e.user) == nil:
		e.checkMade(t, changes, after)
	case after.row("users "+e.user) == nil:
		e.checkGone(t, changes, before, after)
	default:
		e.checkUser(t, changes, before, after)
	}
}

// row is that of the user, deleted or not.
func (e *wantedEvent) row(d dump) map[string]any {
	if row := d.row("users " + e.user); row != nil {
		return row
	}
	return d.row("deleted_users " + e.user)
}

// find returns the new row of the event.
func (e *wantedEvent) find(changes map[string]rowChange) (key string, row map[string]any) {
	for key, change := range changes {
		row := change.after
		if strings.HasPrefix(key, "events ") && change.before == nil && row["user_id"] == e.user && fmt.Sprint(row["version"]) == e.version {
			return key, row
		}
	}
	return "", nil
}

func sortedJSON(list []any) string {
	texts := make([]string, len(list))
	for i, value := range list {
		texts[i] = encodeJSON(value)
	}
	slices.Sort(texts)
	return strings.Join(texts, "\n\t")
}

// checkOrigin holds who, when and in which request against the request itself.
func (e *wantedEvent) checkOrigin(t *testing.T, c *company, s step, got answer, row map[string]any, after dump) {
	t.Helper()
	hash := secret.HashAPIKey(s.call.Header.Get("X-Apikey"))
	for _, key := range after.table("api_keys") {
		if key["secret_hash"] == fmt.Sprintf("%X", hash) && (row["actor_id"] != key["user_id"] || row["api_key_id"] != key["id"]) {
			t.Errorf("the event's actor is %s with key %s, want %s with %s", row["actor_id"], row["api_key_id"], key["user_id"], key["id"])
		}
	}
	if row["request_id"] != got.header.Get("X-Request-Id") {
		t.Errorf("the event's request is %s, want %s", row["request_id"], got.header.Get("X-Request-Id"))
	}
	if at := fmt.Sprint(row["at"]); at != fmt.Sprint(c.now.Load()*1e6) {
		t.Errorf("the event happened at %s, want %d", at, c.now.Load()*1e6)
	}
	if org := e.row(after)["org_id"]; row["org_id"] != org {
		t.Errorf("the event is of organisation %s, want %s", row["org_id"], org)
	}
}

// checkUser holds the rows of the user against the changes: each as the event
// tells it, no other column, no other list.
func (e *wantedEvent) checkUser(t *testing.T, changes map[string]rowChange, before, after dump) {
	t.Helper()
	key := "users " + e.user
	want := []string{"last_event_id", "version"}
	for _, change := range e.changes {
		change := change.(map[string]any)
		field := change["field"].(string)
		if field == "access" {
			continue // what became of groups, not of the user
		}
		was, is := e.stored(before, field), e.stored(after, field)
		if column := before.row(key)[field]; column != nil || field == "sidebar_pages" {
			want = append(want, field)
		}
		if field == "email" && before.row(key)["email_key"] != after.row(key)["email_key"] {
			want = append(want, "email_key")
		}
		if wanted, isValue := change["after"]; isValue {
			if encodeJSON(is) != encodeJSON(wanted) {
				t.Errorf("%s is stored as %s, want %s", field, encodeJSON(is), encodeJSON(wanted))
			}
		} else if told := replaced(was.([]any), change["removed"].([]any), change["added"].([]any)); told != sortedJSON(is.([]any)) {
			t.Errorf("%s is stored as %s, want in some order %s", field, encodeJSON(is), told)
		}
		for row := range changes { // rows of this user's own lists
			for _, own := range map[string][]string{"business_ids": {"user_businesses "}, "accesses": {"user_accesses "}, "password": {"passwords "}}[field] {
				if strings.HasPrefix(row, own+e.user) {
					delete(changes, row)
				}
			}
		}
	}
	slices.Sort(want)
	if columns := changes[key].columns(); !slices.Equal(columns, want) {
		t.Errorf("columns %q of the user changed, want %q", columns, want)
	}
	if version := fmt.Sprint(after.row(key)["version"]); version != e.version {
		t.Errorf("the user's version is %s, want %s", version, e.version)
	}
	delete(changes, key)
}

// stored returns a field as it is stored, in the form of the wire.
func (e *wantedEvent) stored(d dump, field string) any {
	value := d.row("users " + e.user)[field]
	switch field {
	case "phone":
		if value == "" {
			return nil
		}
	case "disabled", "sso_only", "receive_reviews_email_notifications":
		return value == json.Number("1")
	case "keywords", "sidebar_pages":
		if text, ok := value.(string); ok {
			value, _ = decodeJSON(text)
		}
	case "password":
		if d.row("passwords "+e.user) != nil {
			return "***"
		}
	case "business_ids":
		return e.list(d, "user_businesses", func(row map[string]any, list []any) []any { return append(list, row["business_id"]) })
	case "accesses":
		return e.list(d, "user_accesses", func(row map[string]any, sets []any) []any {
			if set, _ := row["access_set"].(json.Number).Int64(); int(set) == len(sets) {
				sets = append(sets, []any{})
			}
			sets[len(sets)-1] = append(sets[len(sets)-1].([]any), row["group_id"])
			return sets
		})
	}
	return value
}

func (e *wantedEvent) list(d dump, table string, add func(row map[string]any, list []any) []any) []any {
	list := []any{}
	for _, row := range d.table(table) {
		if row["user_id"] == e.user {
			list = add(row, list)
		}
	}
	return list
}

// replaced returns list without removed and with added, in the form of sortedJSON.
func replaced(list, removed, added []any) string {
	kept := slices.DeleteFunc(slices.Clone(list), func(v any) bool {
		return slices.ContainsFunc(removed, func(r any) bool { return encodeJSON(r) == encodeJSON(v) })
	})
	return sortedJSON(append(kept, added...))
}
