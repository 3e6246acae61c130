package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// newUserID stands for the user that the script made last.
const newUserID = "{new}"

// expectMade reads => made and a tag: a creation.
func (s *step) expectMade(tag string) {
	s.want.status, s.want.made, s.want.header["ETag"] = http.StatusOK, true, tag
	s.want.body = map[string]any{"id": newUserID, "status": "success"}
}

// fillMade puts the id of who was made into a step. A step that makes somebody tells it.
func (s step) fillMade(t *testing.T, made *string, got *answer) step {
	t.Helper()
	if got != nil && s.want.made {
		var reply struct{ ID string }
		if err := json.Unmarshal(got.body, &reply); err != nil || len(reply.ID) != 24 {
			t.Fatalf("nobody was made: %d %s", got.status, got.body)
		}
		*made = reply.ID
	}
	if *made == "" {
		return s
	}
	s.call.Target = strings.ReplaceAll(s.call.Target, newUserID, *made)
	if s.call.Body != nil {
		s.call.Body = []byte(strings.ReplaceAll(string(s.call.Body), newUserID, *made))
	}
	if got == nil && s.want.made {
		return s // whom it makes is not known yet
	}
	s.want.body = filled(t, s.want.body, *made)
	s.want.rows = slices.Clone(s.want.rows)
	for i := range s.want.rows {
		s.want.rows[i] = strings.ReplaceAll(s.want.rows[i], newUserID, *made)
	}
	s.want.events = slices.Clone(s.want.events)
	for i, event := range s.want.events {
		s.want.events[i] = &wantedEvent{
			user: strings.ReplaceAll(event.user, newUserID, *made), version: event.version, effects: event.effects,
			changes: event.changes,
		}
		if changes, ok := filled(t, event.changes, *made).([]any); ok {
			s.want.events[i].changes = changes
		}
	}
	return s
}

// filled is a JSON value with the id of who was made.
func filled(t *testing.T, value any, made string) any {
	t.Helper()
	if value == nil {
		return nil
	}
	var whole any
	if err := json.Unmarshal([]byte(strings.ReplaceAll(encodeJSON(value), newUserID, made)), &whole); err != nil {
		t.Fatal(err)
	}
	return whole
}

// checkMade holds the rows of a new user against the event of its creation, which
// tells of every field that is not null.
func (e *wantedEvent) checkMade(t *testing.T, changes map[string]rowChange, after dump) {
	t.Helper()
	told := map[string]any{}
	for _, change := range e.changes {
		change := change.(map[string]any)
		told[change["field"].(string)] = change["after"]
		if change["before"] != nil {
			t.Errorf("%s was %v before", change["field"], change["before"])
		}
	}
	fields := strings.Fields("email first_name last_name org_id accesses business_ids phone role sidebar_pages status disabled lang sso_only keywords receive_reviews_email_notifications password")
	for _, field := range fields {
		if stored := e.stored(after, field); encodeJSON(stored) != encodeJSON(told[field]) {
			t.Errorf("%s is stored as %s, and told as %s", field, encodeJSON(stored), encodeJSON(told[field]))
		}
	}
	for key, change := range changes {
		own := strings.HasPrefix(key, "users ") || strings.HasPrefix(key, "user_") || strings.HasPrefix(key, "passwords ")
		if own && change.before == nil && (change.after["user_id"] == e.user || change.after["id"] == e.user) {
			delete(changes, key)
		}
	}
}

// checkGone holds that nothing is left of a deleted user but its history.
func (e *wantedEvent) checkGone(t *testing.T, changes map[string]rowChange, before, after dump) {
	t.Helper()
	user, gone := before.row("users "+e.user), after.row("deleted_users "+e.user)
	if gone == nil || gone["org_id"] != user["org_id"] || gone["role"] != user["role"] || fmt.Sprint(gone["version"]) != e.version {
		t.Errorf("what is left of %v is %v", user, gone)
	}
	delete(changes, "users "+e.user)
	delete(changes, "deleted_users "+e.user)
	for key := range after {
		if row := after.row(key); row["user_id"] == e.user && !strings.HasPrefix(key, "events ") || key == "users "+e.user {
			t.Errorf("%s is left: %v", key, row)
		}
	}
	for key, change := range changes {
		if change.after == nil && change.before["user_id"] == e.user {
			delete(changes, key)
		}
	}
}
