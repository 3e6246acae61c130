package ui_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/ui"
)

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.browser()
	b.get("/").leadsTo("/login")
	b.get("/login").is(200).says(`lang="en" dir="ltr"`, `autocomplete="username"`, `<label for="password">`).conceals("way", "sidebar")
	a := b.post("/login", "email", perceval, "password", demo.Password).leadsTo("/")
	if got := a.header.Get("Set-Cookie"); !strings.HasSuffix(got, "; Path=/; HttpOnly; Secure; SameSite=Lax") {
		t.Error(got)
	}
	b.get("/").is(200).says("Perceval", `<html lang="fr"`, `<li><a href="/pages/posts">`)
	b.get("/login").leadsTo("/")

	stolen := *b
	b.post("/logout").leadsTo("/login?done=signed_out")
	if b.token != "" {
		t.Error("the browser keeps its token")
	}
	b.get("/login?done=signed_out").is(200).says("You are signed out.")
	stolen.get("/profile").leadsTo("/login?next=%2Fprofile")
	b.post("/logout").leadsTo("/login?done=signed_out")
}

// A wrong password, an unknown address and people who may not come in read the same.
func TestSignInRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	var first string
	for _, email := range []string{perceval, "nobody@kaamelott.com", "lancelot@kaamelott.com", "yvain@kaamelott.com", "no address", ""} {
		b := s.browser()
		a := b.post("/login", "email", email, "password", "Wrong!pass1", "next", "/profile").is(400)
		a.says("<title>Error: Sign in", `href="#email"`, "The e-mail address or the password is wrong.",
			`aria-describedby="email-error"`, `aria-invalid="true"`, `role="alert"`, `name="next" value="/profile"`).conceals("Wrong!pass1")
		if b.token != "" {
			t.Errorf("%s has a token", email)
		}
		body := strings.Replace(a.body, `name="email" value="`+email+`"`, "", 1)
		if first == "" {
			first = body
		} else if body != first {
			t.Errorf("%s is told something else:\n%s", email, body)
		}
	}
	s.exec("UPDATE users SET sso_only = $1 WHERE id = $2", true, demo.User("708"))
	s.browser().post("/login", "email", "gauvain@kaamelott.com", "password", demo.Password).is(400).says("You sign in through your organisation")
}

func TestSignInThrottled(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.browser()
	for range 6 {
		b.post("/login", "email", perceval, "password", "x").is(400)
	}
	a := b.post("/login", "email", perceval, "password", demo.Password).is(429).says("Too many attempts", `value="perceval@kaamelott.com"`)
	if a.header.Get("Retry-After") == "" {
		t.Error("nothing says when to come back")
	}
	s.now.Add(600)
	b.post("/login", "email", perceval, "password", demo.Password).leadsTo("/")
}

// A session begins with each sign-in, whatever the browser came with, and the one that it
// had ends.
func TestSessionsAreNotFixed(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.browser()
	b.token = "chosen-by-somebody-else"
	b.post("/login", "email", perceval, "password", demo.Password).leadsTo("/")
	first := *b
	if b.token == "chosen-by-somebody-else" {
		t.Error("the browser keeps the token that it came with")
	}
	b.post("/login", "email", "arthur@kaamelott.com", "password", demo.Password).leadsTo("/")
	if b.token == first.token {
		t.Error("two sign-ins, one token")
	}
	first.get("/").leadsTo("/login")
	b.get("/").is(200).says("Arthur")
}

func TestConnectionToken(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	caller, err := s.d.Authenticate(t.Context(), "demo-org-admin", roundtable.Origin{Now: s.clock(), Loopback: true}, "r")
	if err != nil {
		t.Fatal(err)
	}
	issued, err := s.d.GenerateToken(t.Context(), caller, roundtable.TokenRequest{UserID: roundtable.Some(demo.User("737"))})
	if err != nil {
		t.Fatal(err)
	}
	address := "/login?next=%2Fprofile&connection_token=" + strings.ReplaceAll(issued.Token, `\`, "%5C")
	b := s.browser()
	b.send(http.MethodHead, address, nil).is(200)
	b.get(address).leadsTo("/profile")
	b.get("/profile").is(200).says("Perceval")
	s.browser().get(address).is(400).says("has been used or is too old", `name="next" value="/profile"`).conceals(issued.Token)
	s.browser().get("/login?connection_token=x").is(400)
}

// However a link to the sign-in page was made, it leads to a page of ours.
func TestNoOpenRedirect(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.signedIn(perceval)
	for next, want := range map[string]string{
		"/profile": "/profile", "/pages/posts": "/pages/posts", "/sessions?done=ended": "/sessions",
		"https://evil.example": "/", "//evil.example": "/", `/\evil.example`: "/", `\/evil.example`: "/", "/%09/evil.example": "/",
		"/\t/evil.example": "/", "javascript:alert(1)": "/", "/logout": "/", "/pages/../logout": "/", "/profile@evil.example": "/",
		"/profile\r\nX: y": "/", "profile": "/", "": "/", "/pages//evil.example": "/", "/profile" + strings.Repeat("x", 600): "/",
	} {
		query := "/login?next=" + url.QueryEscape(next)
		b.get(query).leadsTo(want)
		other := s.browser()
		other.post("/login", "email", perceval, "password", demo.Password, "next", next).leadsTo(want)
	}
}

// Whom SingleSignOn knows is led there by a link, since the policy lets no form lead away.
func TestSingleSignOnBegins(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{SingleSignOn: func(_ context.Context, email string) (string, error) {
		if email == perceval {
			return "/sso/kaamelott/start", nil
		}
		return "", nil
	}})
	b := s.browser()
	b.get("/login").is(200).says(`<button class="second" name="way" value="sso">`)
	b.post("/login", "email", perceval, "way", "sso").is(200).says(`<a class="button" href="/sso/kaamelott/start?return_to=%2F">`)
	b.post("/login", "email", "caius@rome.com", "way", "sso").is(400).says("no single sign-on for this e-mail address", `value="caius@rome.com"`)
	if b.token != "" {
		t.Error("an e-mail address signs in")
	}
}
