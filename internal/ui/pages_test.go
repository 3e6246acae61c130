package ui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/ui"
)

// pagesForOne are those that ask who is there.
func pagesForOne() []string {
	return []string{"/", "/profile", "/password", "/sessions", "/pages/posts"}
}

// Nobody sees a page without a session that stands: none, a made-up one, one that is over
// or was ended, one of somebody who was switched off since.
func TestPagesAskWhoIsThere(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	refused := func(b *browser) {
		t.Helper()
		for _, page := range pagesForOne() {
			want := "/login?next=" + url.QueryEscape(page)
			if page == "/" {
				want = "/login"
			}
			b.get(page).leadsTo(want)
		}
		for _, form := range []string{"/profile", "/password", "/sessions/end", "/sessions/others"} {
			b.post(form).leadsTo("/login")
		}
	}
	refused(s.browser())
	made := s.browser()
	made.token = strings.Repeat("A", 43)
	refused(made)
	huge := s.browser()
	huge.token = strings.Repeat("A", 5000)
	refused(huge)

	idle := s.signedIn(perceval)
	disabled := s.signedIn("gauvain@kaamelott.com")
	for _, page := range pagesForOne() {
		disabled.get(page).is(200)
	}
	s.exec("UPDATE users SET disabled = $1 WHERE id = $2", true, demo.User("708"))
	refused(disabled)
	s.now.Add(12*3600 + 1)
	refused(idle)
}

// What a user lacks is neither in the sidebar nor behind its address.
func TestSidebarAndHandover(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{Addresses: map[string]string{
		"posts": "https://posts.example.com/in?from=roundtable&handover_token=no", "messages": "https://messages.example.com",
	}})
	s.exec(`UPDATE users SET sidebar_pages = '["posts","review_management"]' WHERE id = $1`, demo.User("737"))
	b := s.signedIn(perceval)
	b.get("/").is(200).says("Hello, Perceval", `href="/pages/posts"`, "Review management").conceals("/pages/messages")
	b.get("/pages/messages").is(404)
	b.get("/pages/nothing").is(404)
	b.get("/pages/review_management").is(200).says("No address has been set up", `aria-current="page">Review management`)

	a := b.get("/pages/posts").is(303)
	target, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	tokens := target.Query()["handover_token"]
	if target.Host != "posts.example.com" || target.Path != "/in" || target.Query().Get("from") != "roundtable" || len(tokens) != 1 || len(tokens[0]) < 40 {
		t.Fatal(target)
	}
	caller, err := s.d.Authenticate(t.Context(), "demo-org-admin", roundtable.Origin{Now: s.clock(), Loopback: true}, "r")
	if err != nil {
		t.Fatal(err)
	}
	checked, err := s.d.CheckHandover(t.Context(), caller, roundtable.HandoverCheck{Token: roundtable.Some(tokens[0])})
	if err != nil || checked.UserID != demo.User("737") || checked.Page != "posts" {
		t.Error(checked, err)
	}
	b.send(http.MethodHead, "/pages/posts", nil).is(204)
}

func TestAddressesOfPages(t *testing.T) {
	t.Parallel()
	for page, address := range map[string]string{
		"nothing": "https://example.com", "posts": "posts.example.com", "messages": "javascript:alert(1)", "diffusion": "/own", "review_invite": "http://%",
	} {
		if err := (ui.Options{Addresses: map[string]string{page: address}}).Check(); err == nil || !strings.Contains(err.Error(), page) {
			t.Errorf("%s=%s: %v", page, address, err)
		}
	}
	if err := (ui.Options{PublicURL: "https://"}).Check(); err == nil {
		t.Error("a public URL without a host")
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.signedIn(perceval)
	b.get("/profile").is(200).says(`name="first_name" value="Perceval"`, `<option value="en" lang="en" selected>English`, `lang="ar">العربية`, "You sign in as perceval@kaamelott.com")
	b.save("first_name", " Percy ", "last_name", "<b>O'Galles & co</b>", "phone", "+33 1", "lang", "en",
		"keywords", "graal\r\n\r\n  sloubi \r\n", "receive_reviews_email_notifications", "true").leadsTo("/profile?done=saved")
	b.get("/profile?done=saved").is(200).says(`role="status"`, "Your profile is saved.", `value="Percy"`, "&lt;b&gt;O&#39;Galles &amp; co&lt;/b&gt;",
		"graal\nsloubi</textarea>", ` checked`).conceals("<b>O'")

	b.save("first_name", "", "last_name", "de Galles", "phone", "no_phone_*", "lang", "xx",
		"keywords", "a\n"+strings.Repeat("k", 101)).is(400).
		says("<title>Error: ", `<a href="#first_name">First name: `, `id="phone-error"`, `href="#lang"`, `<a href="#keywords">Keywords: Line 2: `,
			`aria-describedby="keywords-hint keywords-error"`, `value="no_phone_*"`)
	b.get("/profile").is(200).says(`value="Percy"`, `value="&#43;33 1"`)
	b.save("first_name", "A", "last_name", "B", "lang", "en", "keywords", strings.Repeat("k\nl\n", 7)).is(400).says("Keywords: ")
	b.save("first_name", "A\xff", "last_name", "B", "lang", "en").is(400)
	b.save("first_name", "A\x00", "last_name", "B", "lang", "en").is(400)

	b.save("first_name", "Percy", "last_name", "de Galles", "lang", "ar").leadsTo("/profile?done=saved")
	b.get("/profile").is(200).says(`<html lang="ar" dir="rtl">`)
}

// Two windows of one person, or somebody else meanwhile: whoever saves what was changed
// since is shown what there is, and saves again if it is still wanted.
func TestProfileChangedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	first, second := s.signedIn(perceval), s.signedIn(perceval)
	mine := []string{"first_name", "Percy", "last_name", "de Galles", "lang", "en", "version", second.version()}
	first.save("first_name", "Perceval", "last_name", "of Wales", "lang", "en").leadsTo("/profile?done=saved")
	a := second.post("/profile", mine...).is(412).
		says("<title>Error: ", "<li>Somebody changed this in the meantime.", `value="of Wales"`, `value="Perceval"`, `value="`+second.version()+`"`).conceals("Percy")
	for _, version := range []string{"", "x", "-1", "0", "99999999999999999999", "2.1"} {
		mine[len(mine)-1] = version
		if again := second.post("/profile", mine...).is(412); again.body != a.body {
			t.Errorf("version %q: another page", version)
		}
	}
	second.post("/profile", mine[:len(mine)-2]...).is(412)
	stale := second.version()
	s.exec("UPDATE orgs SET version = version + 1")
	mine[len(mine)-1] = stale
	second.post("/profile", mine...).leadsTo("/profile?done=saved")
	first.get("/profile").is(200).says(`value="Percy"`)

	mine[1] = ""
	second.post("/profile", mine...).is(400).says(`href="#first_name"`, `name="version" value="`+stale+`"`)
}

// Rights are those of the API: a PUBLISHER changes nothing about itself, and sees no form.
func TestProfileOfWhoMayNotChangeIt(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.signedIn("blaise@kaamelott.com")
	s.exec("UPDATE users SET phone = '+33 1', keywords = '[\"a\",\"<b>\"]' WHERE email_key = $1", "blaise@kaamelott.com")
	b.get("/profile").is(200).says("<p>You cannot change this yourself.", "<dd dir=\"auto\">de Northumberland</dd>", "<dd dir=\"ltr\">&#43;33 1</dd>",
		"<dd dir=\"auto\">English</dd>", "<dd dir=\"auto\">a\n&lt;b&gt;</dd>", "<dd>No</dd>").conceals("<input", "<textarea", "<select", "Save")
	b.post("/profile", "first_name", "B", "last_name", "de Northumberland", "lang", "en").is(403).
		says("<li>You cannot change this yourself.", "<dd dir=\"auto\">Blaise</dd>").conceals("<input")
	s.exec("UPDATE users SET phone = '', receive_reviews_email_notifications = $2 WHERE email_key = $1", "blaise@kaamelott.com", true)
	b.get("/profile").is(200).says("<dd>Yes</dd>").conceals("Telephone")
}

func TestPassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b, other := s.signedIn(perceval), s.signedIn(perceval)
	b.get("/password").is(200).says(`autocomplete="new-password"`, `autocomplete="current-password"`)
	b.post("/password", "old_password", demo.Password, "password", "Graal!2345", "repeated", "Graal!2346").is(400).says("The two new passwords differ.", `href="#repeated"`)
	b.post("/password", "old_password", "Wrong!pass1", "password", "Graal!2345", "repeated", "Graal!2345").is(400).
		says("This is not your present password.", `href="#old_password"`).conceals("Graal!2345", "Wrong!pass1")
	b.post("/password", "old_password", demo.Password, "password", "graal", "repeated", "graal").is(400).says(`href="#password"`, "8 to 128 characters")
	b.post("/password", "old_password", demo.Password, "password", "P@ssw0rd", "repeated", "P@ssw0rd").is(400).says("Many people use this password")
	other.get("/").is(200)
	b.post("/password", "old_password", demo.Password, "password", "Graal!2345", "repeated", "Graal!2345").leadsTo("/password?done=saved")
	b.get("/password?done=saved").is(200).says("Your password is changed.")
	other.get("/").leadsTo("/login")
	s.browser().post("/login", "email", perceval, "password", demo.Password).is(400)
	s.browser().post("/login", "email", perceval, "password", "Graal!2345").leadsTo("/")
}

func TestSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	foreign := s.signedIn("caius@rome.com")
	b, second, third := s.browser(), s.signedIn(perceval), s.signedIn(perceval)
	b.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) <script> Firefox/140.0")
	b.post("/login", "email", perceval, "password", demo.Password).leadsTo("/")
	page := b.get("/sessions").is(200).says("Firefox, Linux", "This session", "with a password", "127.0.0.1", "Go-http-client/1.1", "End all other sessions")
	if n := strings.Count(page.body, `name="session"`); n != 2 {
		t.Errorf("%d can be ended, want 2", n)
	}
	ids := valuesOf(page.body, `name="session" value="`)
	theirs := valuesOf(foreign.get("/sessions").body, `name="session" value="`)
	if len(theirs) != 0 {
		t.Error("one's own session is offered to be ended")
	}
	b.post("/sessions/end", "session", ids[0]).leadsTo("/sessions?done=ended")
	b.post("/sessions/end", "session", ids[0]).leadsTo("/sessions?done=ended")
	b.post("/sessions/end", "session", "1").leadsTo("/sessions?done=ended") // of somebody in Rome
	b.post("/sessions/end", "session", "x").is(404)
	foreign.get("/").is(200)
	left := 0
	for _, other := range []*browser{second, third} {
		if other.get("/").status == 200 {
			left++
		}
	}
	if left != 1 {
		t.Errorf("%d of two are left", left)
	}
	b.post("/sessions/others").leadsTo("/sessions?done=ended")
	second.get("/").leadsTo("/login")
	third.get("/").leadsTo("/login")
	b.get("/sessions?done=ended").is(200).says("Ended.").conceals(`name="session"`, "End all other sessions")
}

func valuesOf(body, before string) (values []string) {
	for _, part := range strings.Split(body, before)[1:] {
		value, _, _ := strings.Cut(part, `"`)
		values = append(values, value)
	}
	return values
}

func TestReset(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.browser()
	b.get("/reset").is(200).says(`name="email"`)
	known := b.post("/reset", "email", perceval).is(200).body
	if unknown := b.post("/reset", "email", "nobody@kaamelott.com").is(200).body; unknown != known {
		t.Errorf("an unknown address is told something else:\n%s", unknown)
	}
	token := s.link("737", "reset", time.Hour)
	s.exec("UPDATE users SET lang = 'en' WHERE id = $1", demo.User("737"))
	signedIn := s.signedIn(perceval)
	b.header.Set("Accept-Language", "de")
	for range 2 { // to look spends nothing
		b.get("/reset/"+token).is(200).says("Perceval, choose a new password for perceval@kaamelott.com", `lang="en"`)
	}
	b.header.Set("Accept-Language", "en")
	b.post("/reset/"+token, "password", "weak", "repeated", "weak").is(400).says(`href="#password"`)
	b.post("/reset/"+token, "password", "Graal!2345", "repeated", "other").is(400).says(`href="#repeated"`)
	b.post("/reset/"+token, "password", "Graal!2345", "repeated", "Graal!2345").leadsTo("/login?done=password")
	b.get("/login?done=password").is(200).says("Your password is set.")
	signedIn.get("/").leadsTo("/login")
	b.get("/reset/" + token).is(404).says("has been used or is too old").conceals("perceval@")
	b.post("/reset/"+token, "password", "Graal!3456", "repeated", "Graal!3456").is(404)
	b.post("/login", "email", perceval, "password", "Graal!2345").leadsTo("/")

	late := s.link("708", "reset", time.Hour)
	s.now.Add(3600)
	b.get("/reset/" + late).is(404)
	b.get("/invitation/" + s.link("708", "reset", time.Hour)).is(404)
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	s := newSite(t, ui.Options{})
	b := s.browser()
	s.exec("UPDATE users SET lang = 'ar' WHERE id = $1", demo.User("709"))
	token := s.link("709", "invitation", 72*time.Hour)
	b.get("/invitation/"+token).is(200).says(`lang="ar" dir="rtl"`, "yvain@kaamelott.com")
	b.get("/reset/" + token).is(404)
	b.post("/invitation/"+token, "password", "Lion!2345", "repeated", "Lion!2345").leadsTo("/login?done=password")
	b.get("/invitation/" + token).is(404)
	b.post("/login", "email", "yvain@kaamelott.com", "password", "Lion!2345").leadsTo("/")
	b.get("/invitation/nothing").is(404)
}
