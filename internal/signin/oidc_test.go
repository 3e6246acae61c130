package signin

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/signin/signintest"
)

// logres is a house whose organisation 1 signs in by an issuer.
func logres(t *testing.T) (*house, *signintest.Issuer) {
	t.Helper()
	h, p := newHouse(t), signintest.NewIssuer(t)
	p.Person("1", "arthur@example.com")
	h.configure(arthur, 1, "logres", byOIDC(p), func(*browser) {})
	return h, p
}

// byOIDC is the configuration that names an issuer.
func byOIDC(p *signintest.Issuer) roundtable.SSOPatch {
	return roundtable.SSOPatch{
		Type: roundtable.Some("oidc"), Issuer: roundtable.Some(p.URL), ClientID: roundtable.Some(signintest.ClientID),
		ClientSecret: roundtable.Some(signintest.ClientSecret),
	}
}

func (h *house) signIn(b *browser, identifier string) *browser {
	h.t.Helper()
	return b.get(h.server.URL + "/sso/" + identifier + "/login")
}

func TestOIDCRoundTrip(t *testing.T) {
	t.Parallel()
	h, p := logres(t)
	if n := h.count("SELECT count(*) FROM sessions"); n != 0 {
		t.Errorf("a test begins %d sessions", n)
	}
	b := h.browser().get(h.server.URL + "/sso/logres/login?return_to=/pages/posts")
	h.wantSignedIn(b, "first time, by address", arthur)
	if b.at.Path != "/pages/posts" {
		t.Errorf("led to %v", b.at)
	}
	if n := h.count("SELECT count(*) FROM sso_configurations WHERE admin_signed_in_at IS NOT NULL"); n != 1 {
		t.Error("the first administrator is not noted")
	}
	if got := p.Asked().Get("scope"); got != "openid email" {
		t.Errorf("scope %q", got)
	}
	p.Person("1", "somebody.else@example.com", "email_verified", false)
	h.wantSignedIn(h.signIn(h.browser(), "logres"), "from then on by subject, whatever the address", arthur)
	p.Person("2", "arthur@example.com")
	h.wantRefused(t, p, "another subject with the address", NoAccount)
	p.Person("3", "PERCEVAL@EXAMPLE.com")
	h.wantSignedIn(h.signIn(h.browser(), "logres"), "by the key of the address", perceval)
	p.Person("4", "yvain@example.com")
	h.wantSignedIn(h.signIn(h.browser(), "logres"), "invited, and sso_only", yvain)
	if n := h.count("SELECT count(*) FROM users WHERE id = $1 AND status = 'active' AND version = 2", yvain); n != 1 {
		t.Error("who has come in is still invited")
	}
	if n := h.count("SELECT count(*) FROM events WHERE user_id = $1 AND actor_id = $1", yvain); n != 1 {
		t.Error("no event tells of it")
	}
	if n := h.count("SELECT count(*) FROM sso_requests"); n != 0 {
		t.Errorf("%d requests are left", n)
	}
	if n := h.count("SELECT count(*) FROM users"); n != len(people().Users) {
		t.Errorf("%d users: somebody was made", n)
	}
}

// wantRefused signs in as whom the issuer says, in vain.
func (h *house) wantRefused(t *testing.T, _ *signintest.Issuer, what string, problem Problem) {
	t.Helper()
	before := h.count("SELECT count(*) FROM sessions")
	b := h.signIn(h.browser(), "logres")
	if b.body != "Not signed in: "+string(problem) || h.count("SELECT count(*) FROM sessions") != before {
		t.Errorf("%s: %d %s; want %s\n%s", what, b.status, b.body, problem, h.log.String())
	}
}

func TestOIDCRefusals(t *testing.T) {
	t.Parallel()
	h, p := logres(t)
	for _, who := range []struct {
		what, email string
		also        []any
		problem     Problem
	}{
		{"unknown", "nobody@example.com", nil, NoAccount},
		{"of another organisation", "leodagan@example.com", nil, NoAccount},
		{"PROVIDER", "merlin@example.com", nil, NoAccount},
		{"disabled", "lancelot@example.com", nil, NoAccount},
		{"invited", "galessin@example.com", nil, NoAccount},
		{"address not verified", "arthur@example.com", []any{"email_verified", false}, NoEmail},
		{"address not verified, as a word", "arthur@example.com", []any{"email_verified", "false"}, NoEmail},
		{"nothing said of the address", "arthur@example.com", []any{"email_verified", nil}, NoEmail}, // and no user information
		{"no subject", "arthur@example.com", []any{"sub", nil}, NoEmail},
	} {
		p.Person("x", who.email, who.also...)
		h.wantRefused(t, p, who.what, who.problem)
	}
	for what, bend := range map[string]func(header, claims map[string]any){
		"nonce":           func(_, c map[string]any) { c["nonce"] = "another" },
		"no nonce":        func(_, c map[string]any) { delete(c, "nonce") },
		"issuer":          func(_, c map[string]any) { c["iss"] = "https://elsewhere.example" },
		"audience":        func(_, c map[string]any) { c["aud"] = "another client" },
		"several parties": func(_, c map[string]any) { c["aud"] = []string{"roundtable", "another client"} },
		"other party":     func(_, c map[string]any) { c["azp"] = "another client" },
		"expired":         func(_, c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() },
		"unknown key":     func(h, _ map[string]any) { h["kid"] = "2" },
		"at_hash":         func(_, c map[string]any) { c["at_hash"] = "AAAA" },
		"HS256":           func(h, _ map[string]any) { h["alg"] = "HS256" },
	} {
		p.Person("1", "arthur@example.com")
		p.Bend = bend
		h.wantRefused(t, p, what, NotProved)
	}
	p.Person("1", "arthur@example.com")
	p.Bend, p.Unsigned = func(h, _ map[string]any) { h["alg"] = "none" }, true
	h.wantRefused(t, p, "alg none", NotProved)
	p.Person("1", "arthur@example.com")
	p.Unsigned = true
	h.wantRefused(t, p, "no signature", NotProved)
	p.Person("1", "arthur@example.com")
	p.Deny = true
	h.wantRefused(t, p, "cancelled", Cancelled)
}

func TestOIDCUserInfo(t *testing.T) {
	t.Parallel()
	h, p := logres(t)
	p.Person("1", "", "email", nil, "email_verified", nil)
	p.UserInfo = map[string]any{"sub": "1", "email": "arthur@example.com", "email_verified": true}
	h.wantSignedIn(h.signIn(h.browser(), "logres"), "address told apart", arthur)
	for what, told := range map[string]map[string]any{
		"of another subject": {"sub": "2", "email": "perceval@example.com", "email_verified": true},
		"not verified":       {"sub": "3", "email": "perceval@example.com", "email_verified": false},
		"nothing said":       {"sub": "3", "email": "perceval@example.com"},
		"no address":         {"sub": "3"},
	} {
		p.Person("3", "", "email", nil, "email_verified", nil)
		p.UserInfo = told
		problem := NoEmail
		if told["sub"] != "3" {
			problem = NotProved
		}
		h.wantRefused(t, p, what, problem)
	}
	p.Person("3", "perceval@example.com", "email_verified", nil)
	p.UserInfo = map[string]any{"sub": "3", "email": "arthur@example.com", "email_verified": true}
	h.wantRefused(t, p, "the word is on another address", NoEmail)
}

func TestOIDCTrustedEmail(t *testing.T) {
	t.Parallel()
	h, p := newHouse(t), signintest.NewIssuer(t)
	patch := byOIDC(p)
	patch.TrustedEmail = roundtable.Some(true)
	p.Person("1", "perceval@example.com", "email_verified", nil)
	p.UserInfo = map[string]any{"sub": "1"}
	if _, err := h.directory.SetSSO(t.Context(), h.caller(arthur), 1, roundtable.SSOChange{Patch: patch}); err == nil {
		t.Error("an ORG_ADMIN says that an issuer is trusted")
	}
	h.configure(merlin, 1, "logres", patch, func(*browser) {})
	h.wantSignedIn(h.signIn(h.browser(), "logres"), "trusted", perceval)
	p.Person("2", "yvain@example.com", "email_verified", false)
	h.wantRefused(t, p, "trusted, and says that it is not verified", NoEmail)
}

// TestAnswersAreBound: an answer counts once, in the browser that asked, soon, for the
// configuration that it was asked of.
// answer is where the issuer leads a browser that has asked to sign in.
func (h *house) answer(b *browser, identifier string) string {
	h.t.Helper()
	b.noFollow().get(h.server.URL + "/sso/" + identifier + "/login")
	b.get(b.location)
	b.client.CheckRedirect = nil
	return b.location
}

func TestAnswersAreBound(t *testing.T) {
	t.Parallel()
	h, p := logres(t)
	p.Person("7", "leodagan@example.com")
	other := signintest.NewIssuer(t)
	other.Person("7", "leodagan@example.com")
	h.configure(leodagan, 2, "carmelide", byOIDC(other), func(*browser) {})
	p.Person("1", "arthur@example.com")

	answer := func(b *browser) string { return h.answer(b, "logres") }
	mine := h.browser()
	at := answer(mine)
	h.wantProblem(h.browser().get(at), "another browser", Expired)
	stranger := h.browser()
	answer(stranger)
	h.wantProblem(stranger.get(at), "another browser that asked too", Expired)
	h.wantProblem(mine.get(strings.Replace(at, "state=", "state=x", 1)), "wrong state", Expired)
	h.wantProblem(mine.get(strings.Replace(at, "/sso/logres/", "/sso/carmelide/", 1)), "another configuration", Expired)
	h.wantSignedIn(mine.get(at), "the browser that asked", arthur)
	h.exec("DELETE FROM sessions")
	h.wantProblem(mine.get(at), "a second time", Expired)

	wrongIssuer := h.browser()
	at = answer(wrongIssuer)
	h.wantProblem(wrongIssuer.get(at+"&iss="+url.QueryEscape("https://elsewhere.example")), "answer of another issuer", NotProved)

	late := h.browser()
	at = answer(late)
	h.later(11 * time.Minute)
	h.wantProblem(late.get(at), "after eleven minutes", Expired)
}

func TestProviderDown(t *testing.T) {
	t.Parallel()
	h, p := logres(t)
	p.Down()
	h.later(time.Hour) // what was discovered is old
	b := h.signIn(h.browser(), "logres")
	h.wantProblem(b, "down", Unavailable)
	if b.status != 502 {
		t.Errorf("status %d", b.status)
	}
}

func TestLocalPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/": "/", "/pages/posts?x=1": "/pages/posts?x=1", "": "", "//evil.example": "", `/\evil.example`: "", "https://evil.example": "",
		"/a\r\nSet-Cookie: x": "", "pages": "", "/\t/evil.example": "",
	} {
		if got := localPath(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}
