package roundtable

import (
	"encoding/json"
	"testing"
)

// past makes an event from what it tells, as JSON.
func past(t *testing.T, id int64, reverts *int64, changes string) PastEvent {
	t.Helper()
	event := PastEvent{ID: id, Reverts: reverts}
	if err := json.Unmarshal([]byte(changes), &event.Changes); err != nil {
		t.Fatal(err)
	}
	return event
}

func TestRevert(t *testing.T) {
	t.Parallel()
	phone := func(before, after string) string {
		return `[{"field":"phone","before":"` + before + `","after":"` + after + `"}]`
	}
	type later struct {
		reverts int64 // 0: nothing
		changes string
	}
	for name, test := range map[string]struct {
		caller string // admin where left out
		event  string // 4 of near, which has shops 01 and 02; the later ones are 5, 6, …
		later  []later
		hidden []string
		want   string // the patch as JSON, or the refusal
	}{
		"values": {
			caller: "provider",
			event: `[{"field":"phone","before":null,"after":"1"},{"field":"first_name","before":"Perceval","after":"Given"},
				{"field":"org_id","before":124,"after":123},{"field":"disabled","before":true,"after":false},{"field":"sso_only","before":false,"after":true},
				{"field":"role","before":"GROUP_MANAGER","after":"BUSINESS_MANAGER"},{"field":"status","before":"active","after":"invited"}]`,
			want: `{"disabled":true,"first_name":"Perceval","org_id":124,"phone":null,"role":"GROUP_MANAGER","sso_only":false,"status":"active"}`,
		},
		"the rest of them": {
			event: `[{"field":"email","before":"a@b.fr","after":"c@d.fr"},{"field":"last_name","before":"a","after":"b"},{"field":"lang","before":"en","after":"fr"},
				{"field":"receive_reviews_email_notifications","before":true,"after":false},{"field":"sidebar_pages","before":null,"after":["posts"]}]`,
			want: `{"email":"a@b.fr","lang":"en","last_name":"a","receive_reviews_email_notifications":true,"sidebar_pages":null}`,
		},
		"lists": {
			event: `[{"field":"business_ids","added":["` + shop(2) + `"],"removed":["` + shop(5) + `"]},{"field":"keywords","added":[],"removed":["old"]},
				{"field":"accesses","added":[[1]],"removed":[[2],[3,4]]}]`,
			want: `{"accesses":[[2],[3,4]],"business_ids":["` + shop(1) + `","` + shop(5) + `"],"keywords":["old"]}`,
		},
		"pages that were a list":   {event: `[{"field":"sidebar_pages","before":["posts"],"after":null}]`, want: `{"sidebar_pages":["posts"]}`},
		"other fields since":       {event: phone("1", "2"), later: []later{{0, `[{"field":"lang","before":"fr","after":"en"}]`}}, want: `{"phone":"1"}`},
		"the same field since":     {event: phone("1", "2"), later: []later{{0, phone("2", "3")}, {0, phone("3", "2")}}, want: "changed_since (phone: changed_since)"},
		"undone since":             {event: phone("1", "2"), later: []later{{0, phone("2", "3")}, {5, phone("3", "2")}}, want: `{"phone":"1"}`},
		"undone, and done again":   {event: phone("1", "2"), later: []later{{0, phone("2", "3")}, {5, phone("3", "2")}, {6, phone("2", "3")}}, want: "changed_since (phone: changed_since)"},
		"undone itself":            {event: phone("1", "2"), later: []later{{4, phone("2", "1")}}, want: "changed_since (phone: changed_since)"},
		"what the undoing dropped": {event: phone("1", "2"), later: []later{{0, `[{"field":"lang","before":"fr","after":"en"}]`}, {5, phone("2", "3")}}, want: "changed_since (phone: changed_since)"},
		"a password": {
			event: `[{"field":"phone","before":"1","after":"2"},{"field":"password","before":null,"after":"***"}]`, want: "invalid (password: not_revertible)",
		},
		"what is hidden":               {event: phone("1", "2"), hidden: []string{"phone"}, want: "invalid (phone: value_hidden)"},
		"an order":                     {event: `[{"field":"keywords","added":[],"removed":[]}]`, want: "invalid (keywords: not_revertible)"},
		"no field":                     {event: `[{"field":"access","added":["x"],"removed":[]}]`, want: "invalid (access: not_revertible)"},
		"the creation":                 {event: `[{"field":"email","before":null,"after":"c@d.fr"}]`, want: "invalid (event_id: not_revertible)"},
		"not an ORG_ADMIN's to change": {event: `[{"field":"org_id","before":124,"after":123}]`, hidden: []string{"org_id"}, want: "operation_not_allowed (org_id: edit_not_allowed)"},
		"not one's own to change": {
			caller: "near", event: `[{"field":"lang","before":"en","after":"fr"},{"field":"status","before":"invited","after":"active"},{"field":"business_ids","added":["x"],"removed":[]}]`,
			hidden: []string{"business_ids"}, want: "operation_not_allowed (business_ids: edit_not_allowed, status: edit_not_allowed)",
		},
		"somebody else's":       {caller: "business", event: phone("1", "2"), want: "operation_not_allowed"},
		"an event there is not": {want: "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCompany()
			var event *PastEvent
			if test.event != "" {
				made := past(t, 4, nil, test.event)
				made.Hidden = test.hidden
				event = &made
			}
			var since []PastEvent
			for i, l := range test.later {
				var reverts *int64
				if l.reverts != 0 {
					reverts = &l.reverts
				}
				since = append([]PastEvent{past(t, int64(5+i), reverts, l.changes)}, since...)
			}
			if test.caller == "" {
				test.caller = "admin"
			}
			patch, err := RevertEvent(c.actor(test.caller), c.user("near"), event, since, c.facts)
			got := patchText(t, patch)
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("\n got %s\nwant %s", got, test.want)
			}
		})
	}
}

// patchText writes what a patch names as a body would.
func patchText(t *testing.T, patch UserPatch) string {
	t.Helper()
	text, err := json.Marshal(patch)
	if err != nil {
		t.Fatal(err)
	}
	var opts map[string]struct {
		Set, Null bool
		Value     any
	}
	if err := json.Unmarshal(text, &opts); err != nil {
		t.Fatal(err)
	}
	named := map[string]any{}
	for field, opt := range opts {
		if opt.Set {
			named[field] = opt.Value
		}
		if opt.Null {
			named[field] = nil
		}
	}
	text, err = json.Marshal(named)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Every field of an update can be undone, but for the password.
func TestEveryFieldCanBeUndone(t *testing.T) {
	t.Parallel()
	now := &User{BusinessIDs: []string{}, Accesses: [][]int64{}}
	for i := range userFields {
		field := &userFields[i]
		var patch UserPatch
		err := (&PastChange{Field: field.name, Before: json.RawMessage("null"), After: json.RawMessage("1")}).undo(&patch, now)
		if password := field.name == "password"; (err == nil) == password || field.given(&patch) == password {
			t.Errorf("%s: %v", field.name, err)
		}
	}
}
