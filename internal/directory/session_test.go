package directory

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// What a session does is told of its user and of no key.
func TestSessionsAreInTheHistory(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	caller := d.come(t, d.signIn(t, arthur))
	_, err := d.UpdateUser(t.Context(), caller, userID(perceval), roundtable.Update{Patch: setPhone("+33 1")})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.query(t, "SELECT user_id || ' ' || actor_id || ' ' || api_key_id FROM events"); len(got) != 1 || got[0] != userID(perceval)+" "+userID(arthur)+" 0" {
		t.Errorf("events %q", got)
	}
	history, err := d.History(t.Context(), caller, userID(perceval), HistoryFilter{}, Page{Number: 1, PerPage: 10})
	if err != nil || history.Count != 1 || *history.Events[0].Actor != (EventActor{UserID: userID(arthur)}) {
		t.Errorf("history %+v, %v", history, err)
	}
}

func TestSessionsEndWithTime(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	used, unused := d.signIn(t, perceval), d.signIn(t, gauvain)
	for hours := 11; hours < 30*24; hours += 11 {
		d.now = noon.Add(time.Duration(hours) * time.Hour)
		d.wantSession(t, fmt.Sprint("used, after hours: ", hours), used, "")
		d.writeUses()
	}
	d.wantSession(t, "unused", unused, "unauthenticated")
	d.now = noon.Add(30*24*time.Hour - time.Second)
	d.wantSession(t, "the last second", used, "")
	d.writeUses()
	d.now = noon.Add(30 * 24 * time.Hour)
	d.wantSession(t, "after a month", used, "unauthenticated")
	d.signIn(t, perceval)
	if left := d.query(t, "SELECT user_id FROM sessions ORDER BY 1"); len(left) != 2 {
		t.Errorf("what is over stays: %q", left)
	}
}

// No use costs a write, and of many only the last is written.
func TestUseOfSessions(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	session := d.signIn(t, perceval)
	seen := func() string {
		return strings.Join(d.query(t, "SELECT ((seen_at - $1) / 1000000) || ' ' || ((expires_at - $1) / 1000000) FROM sessions", noon.UnixMicro()), ",")
	}
	d.now = noon.Add(59 * time.Second)
	d.wantSession(t, "within a minute", session, "")
	d.writeUses()
	if got := seen(); got != "0 43200" {
		t.Errorf("seen %s", got)
	}
	for _, s := range []int{70, 100, 90} {
		d.now = noon.Add(time.Duration(s) * time.Second)
		d.wantSession(t, "later", session, "")
	}
	if got := seen(); got != "0 43200" {
		t.Errorf("written with the request: %s", got)
	}
	d.writeUses()
	if got := seen(); got != "100 43300" {
		t.Errorf("seen %s", got)
	}
}

// A user has a bounded number of sessions: a further one takes the place of the one that
// was unused for the longest time.
func TestSessionsAreBounded(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	first := d.signIn(t, perceval)
	for id := range roundtable.MaxSessions - 1 {
		d.exec(t, fmt.Sprintf("INSERT INTO sessions (id, token_hash, user_id, kind, created_at, seen_at, expires_at) VALUES (%d, x'%04x', '%s', 'sso', 1, %d, 9999999999999999)",
			1000+id, id, userID(perceval), id))
	}
	last := d.signIn(t, perceval)
	d.wantSession(t, "the first, used last", first, "")
	d.wantSession(t, "the last", last, "")
	ids := d.query(t, "SELECT id || '' FROM sessions ORDER BY seen_at, id")
	if len(ids) != roundtable.MaxSessions || ids[0] != "1001" {
		t.Errorf("%d sessions, the oldest %s", len(ids), ids[0])
	}
}

// Whoever changes the password ends the other sessions and keeps its own.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	mine, other, stranger := d.signIn(t, perceval), d.signIn(t, perceval), d.signIn(t, gauvain)
	caller := d.come(t, mine)
	for _, try := range []struct{ what, old, password, want string }{
		{"a wrong old one", "wrong", "Durendal!8", "invalid (old_password: wrong_password)"},
		{"too weak", excalibur, "durendal", "invalid (password: weak_password)"},
		{"", excalibur, "Durendal!8", ""},
		{"the old one again", excalibur, "Durendal!9", "invalid (old_password: wrong_password)"},
	} {
		wantRefusal(t, try.what, wrong(t, d.ChangePassword(t.Context(), caller, try.old, try.password)), try.want)
	}
	d.wantSession(t, "the one that changed it", mine, "")
	d.wantSession(t, "another", other, "unauthenticated")
	d.wantSession(t, "somebody else's", stranger, "")
	if _, err := d.SignIn(t.Context(), emailOf(perceval), "Durendal!8", d.visitor(9)); err != nil {
		t.Errorf("with the new one: %v", err)
	}
	events := d.query(t, "SELECT actor_id || ' ' || api_key_id || ' ' || changes || ' ' || effects FROM events")
	want := userID(perceval) + ` 0 [{"field":"password","before":"***","after":"***"}] [{"effect":"sessions_ended","count":1}]`
	if len(events) != 1 || events[0] != want {
		t.Errorf("events %q", events)
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	session, other := d.signIn(t, perceval), d.signIn(t, perceval)
	caller := d.come(t, session)
	token, err := d.HandOver(t.Context(), caller, "posts")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.SignOut(t.Context(), caller); err != nil {
			t.Fatal(err)
		}
	}
	d.wantSession(t, "signed out", session, "unauthenticated")
	d.wantSession(t, "elsewhere", other, "")
	_, err = d.CheckHandover(t.Context(), d.caller(arthur), roundtable.HandoverCheck{Token: roundtable.Some(token)})
	wantRefusal(t, "what it handed over", wrong(t, err), "not_found")
}

func TestEndSessions(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	mine, other, foreign := d.signIn(t, perceval), d.signIn(t, perceval), d.signIn(t, gauvain)
	caller := d.come(t, mine)
	list, err := d.ListSessions(t.Context(), caller, userID(perceval))
	if err != nil || len(list) != 2 || list[0].ID != other.ID || list[0].Current || list[1].ID != mine.ID || !list[1].Current {
		t.Errorf("listed %+v, %v", list, err)
	}
	wantRefusal(t, "somebody else's", wrong(t, d.EndSession(t.Context(), caller, userID(perceval), foreign.ID)), "not_found")
	ended, err := d.EndSessions(t.Context(), caller, userID(perceval))
	if err != nil || ended != 1 {
		t.Errorf("%d ended, %v", ended, err)
	}
	d.wantSession(t, "mine", mine, "")
	d.wantSession(t, "the other", other, "unauthenticated")
	if err := d.EndSession(t.Context(), d.caller(arthur), userID(perceval), mine.ID); err != nil {
		t.Error(err)
	}
	d.wantSession(t, "mine, ended by an administrator", mine, "unauthenticated")
	d.wantSession(t, "somebody else's", foreign, "")
}
