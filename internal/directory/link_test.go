package directory

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// mail makes the link of a mail to a user, as whoever claims the mail does.
func (d *opened) mail(t *testing.T, n int, kind roundtable.LinkKind) (token string) {
	t.Helper()
	token, err := admitting(context.Background(), d.Directory, d.visitor(n), 1, func(o *operation) (string, error) {
		return o.mintLink(userID(n), string(kind), 1)
	})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAcceptInvitation(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	d.exec(t, "DELETE FROM passwords WHERE user_id = '"+userID(galessin)+"'")
	first, token := d.mail(t, galessin, roundtable.InvitationLink), d.mail(t, galessin, roundtable.InvitationLink)
	link, err := d.LookUpLink(t.Context(), roundtable.InvitationLink, token, d.visitor(1))
	if err != nil || *link != (MailedLink{UserID: userID(galessin), Email: emailOf(galessin), FirstName: "First", Lang: "fr"}) {
		t.Errorf("the link is for %+v, %v", link, err)
	}
	for _, try := range []struct{ what, token, password, want string }{
		{"another token", token + "x", "Durendal!8", "unauthenticated"},
		{"no token", "", "Durendal!8", "unauthenticated"},
		{"a weak password", token, "durendal", "invalid (password: weak_password)"},
		{"", token, "Durendal!8", ""},
		{"again", token, "Durendal!9", "unauthenticated"},
		{"another mail", first, "Durendal!9", "unauthenticated"},
	} {
		wantRefusal(t, try.what, wrong(t, d.AcceptInvitation(t.Context(), try.token, try.password, d.visitor(1))), try.want)
	}
	if user := d.user(t, galessin); user.Status != roundtable.Active || user.Version != 2 {
		t.Errorf("then the user is %+v", user)
	}
	if _, err := d.SignIn(t.Context(), emailOf(galessin), "Durendal!8", d.visitor(2)); err != nil {
		t.Error(err)
	}
	events := d.query(t, "SELECT actor_id || ' ' || api_key_id || ' ' || request_id || ' ' || changes || ' ' || effects FROM events")
	want := userID(galessin) + ` 0 visit 1 [{"field":"status","before":"invited","after":"active"},{"field":"password","before":null,"after":"***"}]` +
		` [{"effect":"invitations_voided","count":1},{"effect":"api_keys_restored","count":1}]`
	if len(events) != 1 || events[0] != want {
		t.Errorf("events %q, want %q", events, want)
	}
}

// A link is good once, whatever comes at the same time on whatever node.
func TestLinkIsGoodOnce(t *testing.T) {
	t.Parallel()
	for kind, n := range map[roundtable.LinkKind]int{roundtable.InvitationLink: galessin, roundtable.ResetLink: perceval} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			d := openHashed(t)
			other := d.node(t)
			token := d.mail(t, n, kind)
			passwords := together(t, 6, func(i int) (string, error) {
				password := fmt.Sprint("Durendal!", i)
				return password, []*opened{d, other}[i%2].useLink(t.Context(), kind, token, password, d.visitor(i))
			})
			if len(passwords) != 1 || d.user(t, n).Version != 2 {
				t.Fatalf("passwords %q, user %+v", passwords, d.user(t, n))
			}
			if _, err := d.SignIn(t.Context(), emailOf(n), passwords[0], d.visitor(50)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestLinkRefuses(t *testing.T) {
	t.Parallel()
	for _, kind := range []roundtable.LinkKind{roundtable.InvitationLink, roundtable.ResetLink} {
		n, otherKind, wrongStatus := galessin, roundtable.ResetLink, "active"
		if kind == roundtable.ResetLink {
			n, otherKind, wrongStatus = perceval, roundtable.InvitationLink, "invited"
		}
		of := " = '" + userID(n) + "'"
		for what, do := range map[string]func(*opened){
			"voided":       func(d *opened) { d.exec(t, "UPDATE links SET voided_at = 1 WHERE user_id"+of) },
			"disabled":     func(d *opened) { d.exec(t, "UPDATE users SET disabled = TRUE WHERE id"+of) },
			"sso_only":     func(d *opened) { d.exec(t, "UPDATE users SET sso_only = TRUE WHERE id"+of) },
			"other status": func(d *opened) { d.exec(t, "UPDATE users SET status = '"+wrongStatus+"' WHERE id"+of) },
			"late":         func(d *opened) { d.now = noon.Add(kind.Lifetime()) },
		} {
			t.Run(string(kind)+"/"+what, func(t *testing.T) {
				t.Parallel()
				d := openHashed(t)
				token := d.mail(t, n, kind)
				wantRefusal(t, "of another kind", wrong(t, d.useLink(t.Context(), otherKind, token, "Durendal!8", d.visitor(1))), "unauthenticated")
				d.now = noon.Add(kind.Lifetime() - time.Second)
				if _, err := d.LookUpLink(t.Context(), kind, token, d.visitor(1)); err != nil {
					t.Errorf("before: %v", err)
				}
				do(d)
				_, err := d.LookUpLink(t.Context(), kind, token, d.visitor(1))
				wantRefusal(t, "looked up", wrong(t, err), "unauthenticated")
				wantRefusal(t, "used", wrong(t, d.useLink(t.Context(), kind, token, "Durendal!8", d.visitor(1))), "unauthenticated")
			})
		}
	}
}

// A reset ends every session, and what is under way to the user beside it.
func TestResetPassword(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	session := d.signIn(t, perceval)
	first, second := d.mail(t, perceval, roundtable.ResetLink), d.mail(t, perceval, roundtable.ResetLink)
	if err := d.ResetPassword(t.Context(), second, "Durendal!8", d.visitor(1)); err != nil {
		t.Fatal(err)
	}
	d.wantSession(t, "of before", session, "unauthenticated")
	wantRefusal(t, "the other link", wrong(t, d.ResetPassword(t.Context(), first, "Durendal!9", d.visitor(1))), "unauthenticated")
	_, err := d.SignIn(t.Context(), emailOf(perceval), excalibur, d.visitor(1))
	wantRefusal(t, "the old password", wrong(t, err), "unauthenticated")
}

// The answer is always the same. A mail goes to who may reset a password, one in five
// minutes.
func TestRequestReset(t *testing.T) {
	t.Parallel()
	d := openHashed(t)
	d.exec(t, "UPDATE users SET sso_only = TRUE WHERE id = '"+userID(gauvain)+"'", "DELETE FROM passwords WHERE user_id = '"+userID(yvain)+"'")
	ask := func(email string, from int) {
		t.Helper()
		if err := d.RequestReset(t.Context(), email, d.visitor(from)); err != nil {
			t.Errorf("%s: %v", email, err)
		}
	}
	for i, email := range []string{emailOf(perceval), emailOf(nobody), "", "perceval", emailOf(galessin), emailOf(lancelot), emailOf(gauvain), emailOf(yvain), " U7@example.com"} {
		ask(email, i)
	}
	mails := func() []string {
		return d.query(t, "SELECT user_id || ' ' || kind || CASE WHEN cancelled_at IS NULL THEN '' ELSE ' cancelled' END FROM mails ORDER BY id")
	}
	wantList(t, mails(), userID(perceval)+" reset", userID(yvain)+" reset")
	d.now = noon.Add(5*time.Minute - time.Second)
	ask(emailOf(perceval), 20)
	wantList(t, mails(), userID(perceval)+" reset", userID(yvain)+" reset")
	d.now = noon.Add(5 * time.Minute)
	ask(emailOf(perceval), 21)
	wantList(t, mails(), userID(perceval)+" reset cancelled", userID(yvain)+" reset", userID(perceval)+" reset")
}

func wantList(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
