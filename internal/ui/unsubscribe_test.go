package ui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/ui"
)

// ticked is the box of the profile by which somebody gets mails about reviews.
const ticked = `name="receive_reviews_email_notifications" value="true" checked`

// notified has Perceval get mails about reviews, and returns the link that turns them off.
func (s *site) notified() (address string) {
	s.t.Helper()
	s.exec("UPDATE users SET receive_reviews_email_notifications = $1 WHERE id = $2", true, demo.User("737"))
	return "/unsubscribe/" + s.link("737", "unsubscribe", 90*24*time.Hour)
}

func TestUnsubscribe(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	address, owner, b := s.notified(), s.signedIn(perceval), s.browser()
	b.header.Set("Accept-Language", "de")
	for range 2 { // what only opens the link turns nothing off
		b.get(address).is(200).says(`lang="en"`, "If you want no more of them", `<form method="post">`, "<button>Turn these mails off</button>").conceals("Perceval", perceval)
		b.send(http.MethodHead, address, nil).is(200)
	}
	owner.get("/profile").says(ticked)
	for range 2 { // to load the page again does no harm
		b.post(address).is(200).says(`lang="en"`, "You get no more mails about reviews.").conceals("<form", perceval)
	}
	owner.get("/profile").is(200).conceals(ticked)
	b.get(address).is(200).says("You get no more mails about reviews.").conceals("<form")

	s.now.Add(90 * 24 * 3600)
	b.get(address).is(404).says("unvollständig oder zu alt").conceals("<form")
}

func TestUnsubscribeRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	s.notified()
	b := s.browser()
	for _, token := range []string{"x", strings.Repeat("A", 43), "%00", "%ff", s.link("737", "reset", time.Hour), s.link("737", "invitation", time.Hour)} {
		b.get("/unsubscribe/" + token).is(404).says("This link is incomplete or too old.").conceals("<form")
		b.post("/unsubscribe/" + token).is(404).says("This link is incomplete or too old.")
	}
	b.post("/unsubscribe").is(404)
	if got := b.send(http.MethodDelete, "/unsubscribe/x", nil).is(405).header.Get("Allow"); got != "GET, HEAD, POST" {
		t.Error(got)
	}
	b.get("/reset/" + s.link("737", "unsubscribe", time.Hour)).is(404)
	s.signedIn(perceval).get("/profile").says(ticked)
}

// Mail programs post by themselves (RFC 8058): from elsewhere, without a cookie, and in
// either kind of form. They follow no redirect.
func TestUnsubscribeOnOneClick(t *testing.T) {
	t.Parallel()
	const multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
	s := newSite(t, ui.Options{PublicURL: "https://users.example.com"})
	owner := s.signedIn(perceval)
	for what, program := range map[string]struct{ kind, body string }{
		"url-encoded":     {"application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"},
		"multipart":       {"multipart/form-data; boundary=b", multipart},
		"nothing at all":  {"", ""},
		"something else":  {"application/json", "{"},
		"longer than all": {"application/x-www-form-urlencoded", strings.Repeat("x", 100_000)},
	} {
		for _, header := range []http.Header{{}, {"Origin": {"null"}}, {"Origin": {"https://mail.example"}, "Sec-Fetch-Site": {"cross-site"}}} {
			address := s.notified()
			owner.get("/profile").says(ticked)
			b := s.browser()
			header.Set("Content-Type", program.kind)
			b.header = header
			a := b.send(http.MethodPost, address, strings.NewReader(program.body)).is(200)
			if a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s: a cookie", what)
			}
			if strings.Contains(owner.get("/profile").body, ticked) {
				t.Errorf("%s, %v: still on", what, header)
			}
		}
	}
}

// Who is signed in in the browser counts for nothing: a link is for whom it was sent to.
func TestUnsubscribeIsOfTheLink(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	address, owner, other := s.notified(), s.signedIn(perceval), s.signedIn("arthur@kaamelott.com")
	s.exec("UPDATE users SET receive_reviews_email_notifications = $1 WHERE id = $2", true, demo.User("702"))
	other.get("/profile").says(ticked)
	other.post(address).is(200).conceals("Arthur")
	other.get("/profile").is(200).says(ticked)
	owner.get("/profile").is(200).conceals(ticked)
}
