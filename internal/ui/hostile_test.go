package ui_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/ui"
)

// Forms of other sites change nothing, whatever browser sends them.
func TestCrossOrigin(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{PublicURL: "https://users.example.com"})
	b := s.signedIn(perceval)
	writing := []string{
		"/login", "/logout", "/profile", "/password", "/sessions/end", "/sessions/others", "/reset", "/reset/x", "/invitation/x",
	}
	for _, header := range []http.Header{
		{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}}, {"Origin": {"null"}},
	} {
		header.Set("Accept-Language", "en")
		b.header = header
		for _, path := range writing {
			b.post(path, "first_name", "Evil", "email", "arthur@kaamelott.com", "password", demo.Password).is(403).says("Not allowed")
		}
	}
	b.header = http.Header{"Accept-Language": {"en"}}
	b.get("/profile").is(200).says(`value="Perceval"`)
	b.header.Set("Origin", "https://users.example.com")
	b.post("/sessions/others").leadsTo("/sessions?done=ended")
	b.header.Set("Origin", s.url)
	b.post("/logout").leadsTo("/login?done=signed_out")
}

// What nobody's form sends is refused, as a page.
func TestUnusualRequests(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.signedIn(perceval)
	b.get("/logout").is(405).says("Not found")
	if got := b.get("/logout").header.Get("Allow"); got != "POST" {
		t.Error(got)
	}
	if got := b.send(http.MethodDelete, "/profile", nil).is(405).header.Get("Allow"); got != "GET, HEAD, POST" {
		t.Error(got)
	}
	b.get("/login/").is(404)
	b.get("/sessions/nothing").is(404)
	b.get("/assets/../routes.go").is(307)
	b.get("/assets/%2e%2e%2froutes.go").is(404)
	if a := b.send(http.MethodHead, "/profile", nil).is(200); a.body != "" {
		t.Error("a HEAD has a body")
	}
	b.post("/profile", "first_name", strings.Repeat("x", 70_000)).is(413)
	b.header.Set("Content-Type", "application/json")
	b.send(http.MethodPost, "/profile", strings.NewReader(`{"first_name": "x"}`)).is(415)
	b.header.Del("Content-Type")
	b.send(http.MethodPost, "/profile", strings.NewReader(`first_name=%zz`)).is(400)
	b.header.Set("Accept-Language", strings.Repeat("de-x-a,", 5000))
	b.get("/login").leadsTo("/")
}

// Everybody reads the sign-in page in the language that the browser asks for.
func TestLanguageOfStrangers(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.browser()
	for accept, want := range map[string]string{
		"ar-EG,ar;q=0.9,en;q=0.1": `<html lang="ar" dir="rtl">`, "pt-BR": `<html lang="pt-br" dir="ltr">`, "xx": `<html lang="en" dir="ltr">`,
		"de-AT": `<html lang="de" dir="ltr">`, "ja, hu;q=0.2": `<html lang="hu" dir="ltr">`, "": `<html lang="en" dir="ltr">`,
	} {
		b.header.Set("Accept-Language", accept)
		b.get("/login").is(200).says(want)
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.browser()
	for name, kind := range map[string]string{"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml"} {
		a := b.get("/assets/" + name).is(200)
		if got := a.header.Get("Content-Type"); got != kind {
			t.Error(got)
		}
		again := s.browser()
		again.header.Set("If-None-Match", a.header.Get("ETag"))
		if a := again.get("/assets/" + name).is(304); a.body != "" {
			t.Error("unchanged, and sent again")
		}
	}
	b.get("/assets/nothing.css").is(404)
	b.get("/assets/").is(404)
}

func TestOwns(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{
		"/": true, "/login": true, "/login/": true, "/pages/posts": true, "/reset/x/y": true, "/assets/style.css": true,
		"/v2/user/me": false, "/health/live": false, "/docs": false, "/openapi.yaml": false, "//evil.example": false, "/loginx": false, "": false, "/{$}": false,
	} {
		if got := ui.Owns(path); got != want {
			t.Errorf("%q: %t", path, got)
		}
	}
}

// A server that fails says so, and no more.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.signedIn(perceval)
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	a := b.get("/profile").is(503).says("This cannot be done right now").conceals("sql", "database")
	if a.header.Get("Retry-After") == "" || b.token == "" {
		t.Error("no hint to come back, or the browser is signed out")
	}
	b.post("/login", "email", perceval, "password", demo.Password).is(503)
}
