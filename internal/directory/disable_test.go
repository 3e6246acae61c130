package directory

import (
	"testing"

	"github.com/roundtable-directory/roundtable"
)

// ways is everything that lets a user in, or is under way to it, on one node.
type ways struct {
	session            *NewSession
	token, reset, page string
}

func (d *opened) openWays(t *testing.T, n int) ways {
	t.Helper()
	w := ways{session: d.signIn(t, n), reset: d.mail(t, n, roundtable.ResetLink)}
	issued, err := d.GenerateToken(t.Context(), d.caller(arthur), roundtable.TokenRequest{UserID: some(userID(n))})
	if err != nil {
		t.Fatal(err)
	}
	w.token = issued.Token
	if w.page, err = d.HandOver(t.Context(), d.come(t, w.session), "posts"); err != nil {
		t.Fatal(err)
	}
	if err := d.RequestReset(t.Context(), emailOf(n), d.visitor(n)); err != nil {
		t.Fatal(err)
	}
	return w
}

// wantClosed tries every way on a node, and wants none to lead in.
func (d *opened) wantClosed(t *testing.T, n int, w ways) {
	t.Helper()
	d.wantSession(t, "session", w.session, "unauthenticated")
	_, err := d.Authenticate(t.Context(), keyOf(n), loopback(), "key")
	if err == nil {
		_, _, err = d.User(t.Context(), d.caller(n), userID(n))
	}
	wantRefusal(t, "key", wrong(t, err), "unauthenticated")
	_, err = d.SignIn(t.Context(), emailOf(n), excalibur, d.visitor(n))
	wantRefusal(t, "password", wrong(t, err), "unauthenticated")
	_, err = d.SignInByConnectionToken(t.Context(), w.token, d.visitor(n))
	wantRefusal(t, "connection token", wrong(t, err), "unauthenticated")
	wantRefusal(t, "reset", wrong(t, d.ResetPassword(t.Context(), w.reset, "Durendal!8", d.visitor(n))), "unauthenticated")
	_, err = d.CheckHandover(t.Context(), d.caller(arthur), roundtable.HandoverCheck{Token: roundtable.Some(w.page)})
	wantRefusal(t, "hand-over", wrong(t, err), "not_found")
	if waiting := d.query(t, "SELECT kind FROM mails WHERE user_id = $1 AND sent_at IS NULL AND cancelled_at IS NULL", userID(n)); len(waiting) > 0 {
		t.Errorf("mails wait: %q", waiting)
	}
	if live := d.query(t, "SELECT kind FROM links WHERE user_id = $1 AND used_at IS NULL AND voided_at IS NULL", userID(n)); len(live) > 0 {
		t.Errorf("links are good: %q", live)
	}
}

// One write on one node closes every way on all of them. Enabling brings back the keys and
// the password, and nothing else.
func TestDisableMeansOff(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	other := d.node(t)
	nodes := []*opened{d, other}
	var open []ways
	for _, node := range nodes {
		open = append(open, node.openWays(t, perceval))
		if _, err := node.Authenticate(t.Context(), keyOf(perceval), loopback(), "before"); err != nil {
			t.Fatal(err)
		}
	}
	d.update(t, arthur, perceval, roundtable.UserPatch{Disabled: some(true)})
	for _, node := range nodes {
		for _, w := range open {
			node.wantClosed(t, perceval, w)
		}
	}
	if err := other.RequestReset(t.Context(), emailOf(perceval), d.visitor(99)); err != nil {
		t.Error(err)
	}
	_, err := other.GenerateToken(t.Context(), d.caller(arthur), roundtable.TokenRequest{UserID: some(userID(perceval))})
	wantRefusal(t, "a new token", wrong(t, err), "invalid (disabled: user_disabled)")
	if mails := d.query(t, "SELECT kind FROM mails WHERE cancelled_at IS NULL"); len(mails) > 0 {
		t.Errorf("a mail to who is off: %q", mails)
	}

	d.update(t, arthur, perceval, roundtable.UserPatch{Disabled: some(false)})
	for _, node := range nodes {
		for _, w := range open {
			node.wantSession(t, "session of before", w.session, "unauthenticated")
			_, err := node.SignInByConnectionToken(t.Context(), w.token, d.visitor(1))
			wantRefusal(t, "token of before", wrong(t, err), "unauthenticated")
			wantRefusal(t, "link of before", wrong(t, node.ResetPassword(t.Context(), w.reset, "Durendal!8", d.visitor(1))), "unauthenticated")
		}
		if _, _, err := node.User(t.Context(), d.caller(perceval), userID(perceval)); err != nil {
			t.Errorf("the key: %v", err)
		}
		node.signIn(t, perceval)
	}
}
