package directory

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

const excalibur = "Excalibur!7"

func emailOf(n int) string { return fmt.Sprintf("u%d@example.com", n) }

// visitor is a browser at an address of its own.
func (d *opened) visitor(n int) Visitor {
	address := netip.AddrFrom4([4]byte{203, 0, byte(n >> 8), byte(n)})
	return Visitor{Origin: roundtable.Origin{Now: d.now, Address: address}, Agent: "Mozilla/5.0\r\n", RequestID: fmt.Sprint("visit ", n)}
}

// signIn signs a user in who must be let in.
func (d *opened) signIn(t *testing.T, n int) *NewSession {
	t.Helper()
	session, err := d.SignIn(t.Context(), emailOf(n), excalibur, d.visitor(n))
	if err != nil {
		t.Fatalf("user %d signs in: %v", n, err)
	}
	return session
}

// come is the user of a session, who must be let in.
func (d *opened) come(t *testing.T, s *NewSession) Caller {
	t.Helper()
	caller, err := d.AuthenticateSession(t.Context(), s.Token, d.visitor(1))
	if err != nil {
		t.Fatalf("session %d: %v", s.ID, err)
	}
	return caller
}

// wantSession asks whether a session lets its user in, at the door and behind it.
func (d *opened) wantSession(t *testing.T, what string, s *NewSession, want string) {
	t.Helper()
	caller, err := d.AuthenticateSession(t.Context(), s.Token, d.visitor(1))
	wantRefusal(t, what+", at the door", wrong(t, err), want)
	caller = Caller{SessionID: s.ID, UserID: s.UserID, OrgID: caller.OrgID, secretHash: secret.HashToken(s.Token)}
	_, _, err = d.User(t.Context(), caller, s.UserID)
	wantRefusal(t, what+", reading", wrong(t, err), want)
	_, err = d.UpdateUser(t.Context(), caller, s.UserID, roundtable.Update{Patch: roundtable.UserPatch{}})
	wantRefusal(t, what+", changing", wrong(t, err), want)
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	session := d.signIn(t, perceval)
	if session.UserID != userID(perceval) || !session.ExpiresAt.Equal(noon.Add(12*time.Hour)) {
		t.Errorf("signed in as %+v", session)
	}
	stored := d.query(t, "SELECT hex(token_hash) || ' ' || kind || ' ' || address || ' ' || agent FROM sessions")
	if want := fmt.Sprintf("%X password 203.0.0.7 Mozilla/5.0", secret.HashToken(session.Token)); len(stored) != 1 || stored[0] != want {
		t.Errorf("stored %q, want %q", stored, want)
	}
	d.wantSession(t, "signed in", session, "")
	d.wantSession(t, "another token", &NewSession{ID: session.ID, UserID: session.UserID, Token: session.Token + "x"}, "unauthenticated")
	d.wantSession(t, "another id", &NewSession{ID: session.ID + 1, UserID: session.UserID, Token: ""}, "unauthenticated")
	if _, err := d.Authenticate(t.Context(), session.Token, loopback(), "as a key"); wrong(t, err) != "unauthenticated" {
		t.Errorf("a session passes for a key: %v", err)
	}
	if _, err := d.AuthenticateSession(t.Context(), keyOf(perceval), d.visitor(1)); wrong(t, err) != "unauthenticated" {
		t.Errorf("a key passes for a session: %v", err)
	}
}

func TestSignInRefuses(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	d.exec(t, "UPDATE users SET sso_only = TRUE WHERE id = '"+userID(gauvain)+"'", "DELETE FROM passwords WHERE user_id = '"+userID(yvain)+"'")
	for i, try := range []struct{ what, email, password, want string }{
		{"wrong password", emailOf(perceval), excalibur + "!", "unauthenticated"},
		{"no password", emailOf(perceval), "", "unauthenticated"},
		{"a very long password", emailOf(perceval), excalibur + strings.Repeat("x", 10_000), "unauthenticated"},
		{"nobody", emailOf(nobody), excalibur, "unauthenticated"},
		{"no address", "perceval", excalibur, "unauthenticated"},
		{"nothing", "", "", "unauthenticated"},
		{"a NUL", "u7@example.com\x00", excalibur, "unauthenticated"},
		{"no valid text", "\xff\xfe@example.com", "\xff", "unauthenticated"},
		{"who has no password", emailOf(yvain), excalibur, "unauthenticated"},
		{"who has none, and none given", emailOf(yvain), "", "unauthenticated"},
		{"who is invited", emailOf(galessin), excalibur, "unauthenticated"},
		{"who is disabled", emailOf(lancelot), excalibur, "unauthenticated"},
		{"who is sso_only", emailOf(gauvain), excalibur, "user_sso_only"},
		{"who is sso_only, wrong password", emailOf(gauvain), "wrong", "user_sso_only"},
		{"as typed otherwise", " U7@EXAMPLE.com ", excalibur, ""},
	} {
		session, err := d.SignIn(t.Context(), try.email, try.password, d.visitor(100+i))
		wantRefusal(t, try.what, wrong(t, err), try.want)
		if (session == nil) != (try.want != "") {
			t.Errorf("%s: session %v", try.what, session)
		}
	}
	if n := len(d.query(t, "SELECT user_id FROM sessions")); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

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

// Parameters of old, and what others used, are good once more, and raised with that.
func TestPasswordsAreRaised(t *testing.T) {
	t.Parallel()
	old, err := bcrypt.GenerateFromPassword([]byte(excalibur), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for _, variant := range []string{"$2a$", "$2b$", "$2y$"} {
		t.Run(variant, func(t *testing.T) {
			t.Parallel()
			d := openHashed(t)
			d.exec(t, "UPDATE passwords SET hash = '"+variant+string(old[4:])+"' WHERE user_id = '"+userID(perceval)+"'")
			hash := func() string { return d.query(t, "SELECT hash FROM passwords WHERE user_id = $1", userID(perceval))[0] }
			if _, err := d.SignIn(t.Context(), emailOf(perceval), "wrong", d.visitor(1)); wrong(t, err) != "unauthenticated" {
				t.Errorf("a wrong password: %v", err)
			}
			if !strings.HasPrefix(hash(), variant) {
				t.Error("raised by a wrong password")
			}
			d.signIn(t, perceval)
			raised := hash()
			if !strings.HasPrefix(raised, "$argon2id$") {
				t.Errorf("stored %s", raised)
			}
			d.signIn(t, perceval)
			if hash() != raised {
				t.Error("raised twice")
			}
			if events := d.query(t, "SELECT changes FROM events"); len(events) > 0 {
				t.Errorf("told as a change: %q", events)
			}
		})
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

// A connection token lets in once, whatever comes at the same time on whatever node.
func TestConnectionTokenIsGoodOnce(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	other := d.node(t)
	issued, err := d.GenerateToken(t.Context(), d.caller(arthur), roundtable.TokenRequest{UserID: some(userID(perceval))})
	if err != nil {
		t.Fatal(err)
	}
	sessions := together(t, 8, func(i int) (*NewSession, error) {
		return []*opened{d, other}[i%2].SignInByConnectionToken(t.Context(), issued.Token, d.visitor(i))
	})
	if len(sessions) != 1 || sessions[0].UserID != userID(perceval) {
		t.Errorf("let in %d times", len(sessions))
	}
	view, err := d.CheckToken(t.Context(), d.caller(arthur), roundtable.TokenRequest{UserID: some(userID(perceval)), Token: some(issued.Token)})
	if err != nil || view.Status != roundtable.TokenConsumed {
		t.Errorf("then it is %+v, %v", view, err)
	}
}

// together does something n times at once and returns what those got that were not
// refused as unauthenticated.
func together[T any](t *testing.T, n int, do func(i int) (T, error)) (got []T) {
	t.Helper()
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			result, err := do(i)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				got = append(got, result)
			} else if wrong(t, err) != "unauthenticated" {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return got
}

func TestConnectionTokenRefuses(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]string{
		"disabled":   "UPDATE users SET disabled = TRUE WHERE id = ",
		"invited":    "UPDATE users SET status = 'invited' WHERE id = ",
		"sso_only":   "UPDATE users SET sso_only = TRUE WHERE id = ",
		"a PROVIDER": "UPDATE users SET role = 'PROVIDER' WHERE id = ",
		"revoked":    "UPDATE connection_tokens SET revoked_at = 1 WHERE user_id = ",
		"expired":    "UPDATE connection_tokens SET expires_at = " + fmt.Sprint(noon.UnixMicro()) + " WHERE user_id = ",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := openHashed(t)
			issued, err := d.GenerateToken(t.Context(), d.caller(arthur), roundtable.TokenRequest{UserID: some(userID(perceval))})
			if err != nil {
				t.Fatal(err)
			}
			d.exec(t, change+"'"+userID(perceval)+"'")
			_, err = d.SignInByConnectionToken(t.Context(), issued.Token, d.visitor(1))
			wantRefusal(t, what, wrong(t, err), "unauthenticated")
		})
	}
}

// A password that is changed while it is verified lets nobody in.
func TestSignInWhileThePasswordChanges(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	h, err := d.holderOf(t.Context(), emailOf(perceval), d.visitor(1))
	if err != nil {
		t.Fatal(err)
	}
	d.update(t, arthur, perceval, roundtable.UserPatch{Password: some("Durendal!8")})
	_, err = admitting(context.Background(), d.Directory, d.visitor(1), 1, func(o *operation) (*NewSession, error) {
		user, err := o.admit(h, verified{ok: true})
		if err != nil {
			return nil, err
		}
		return o.beginSession(user, roundtable.PasswordSession, d.visitor(1))
	})
	if err != errChangedMeanwhile {
		t.Errorf("answered %v", err)
	}
}
