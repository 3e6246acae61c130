package directory

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
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

// A published password is a wrong one beyond loopback: to sign in with, and as the present
// one of somebody who is signed in. It is no better after its parameters changed.
func TestPublishedPassword(t *testing.T) {
	t.Parallel()
	old, err := bcrypt.GenerateFromPassword([]byte(excalibur), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	seed := smallCompany()
	for i := range seed.Users {
		seed.Users[i].PasswordHash = hashed(t)
		if seed.Users[i].ID == userID(gauvain) {
			seed.Users[i].PasswordHash = string(old)
		}
	}
	d := open(t, seed, Options{RefusalTime: time.Nanosecond, Published: func(user, password string) bool {
		return user != userID(arthur) && password == excalibur
	}})
	here := Visitor{Origin: loopback()}
	session, err := d.SignIn(t.Context(), emailOf(perceval), excalibur, here)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{perceval: "unauthenticated", gauvain: "unauthenticated", arthur: ""} {
		_, err := d.SignIn(t.Context(), emailOf(n), excalibur, d.visitor(n))
		wantRefusal(t, fmt.Sprint("user ", n), wrong(t, err), want)
	}
	abroad, err := d.AuthenticateSession(t.Context(), session.Token, d.visitor(1))
	if err != nil {
		t.Fatal(err)
	}
	const other = "Caliburn!8 of Carduel"
	wantRefusal(t, "as the present one", wrong(t, d.ChangePassword(t.Context(), abroad, excalibur, other)), "invalid (old_password: wrong_password)")
	near, err := d.AuthenticateSession(t.Context(), session.Token, here)
	if err == nil {
		err = d.ChangePassword(t.Context(), near, excalibur, other)
	}
	if err == nil {
		_, err = d.SignIn(t.Context(), emailOf(perceval), other, d.visitor(2))
	}
	if err != nil {
		t.Errorf("a password of one's own: %v", err)
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
		user, err := o.admit(h, verified{})
		if err != nil {
			return nil, err
		}
		return o.beginSession(user, roundtable.PasswordSession, d.visitor(1))
	})
	if err != errChangedMeanwhile {
		t.Errorf("answered %v", err)
	}
}

// Who guesses is told to wait, with the right password too; elsewhere the account is open.
func TestSignInIsLimited(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	for range 6 {
		_, err := d.SignIn(t.Context(), emailOf(perceval), "wrong", d.visitor(1))
		wantRefusal(t, "wrong", wrong(t, err), "unauthenticated")
	}
	_, err := d.SignIn(t.Context(), emailOf(perceval), excalibur, d.visitor(1))
	wantRefusal(t, "right, and too early", wrong(t, err), "rate_limited")
	if refusal, ok := errors.AsType[*roundtable.Error](err); !ok || refusal.RetryAfter != 20*time.Second {
		t.Errorf("to come back after %+v", refusal)
	}
	before := d.dump(t)
	for range 10_000 {
		if _, err := d.SignIn(t.Context(), emailOf(perceval), "wrong", d.visitor(1)); wrong(t, err) != "rate_limited" {
			t.Fatalf("answered %v", err)
		}
	}
	if changed := differences(before, d.dump(t)); len(changed) > 0 {
		t.Errorf("rows changed: %q", changed)
	}
	if _, err := d.SignIn(t.Context(), emailOf(perceval), excalibur, d.visitor(2)); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	d.now = noon.Add(20 * time.Second)
	for range 10 { // what is right counts for nothing
		if _, err := d.SignIn(t.Context(), emailOf(perceval), excalibur, d.visitor(1)); err != nil {
			t.Errorf("20 seconds later: %v", err)
		}
	}
}
