package mail

import (
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// read is a message as its reader's program sees it.
type read struct {
	netmail.Header
	subject    string
	text, html string
}

// composed writes a mail out and reads it back.
func composed(t *testing.T, m directory.Mail) read {
	t.Helper()
	renderer, err := newRenderer()
	if err != nil {
		t.Fatal(err)
	}
	c := &composer{writer: writer{base: "https://id.example"}, renderer: renderer, from: &netmail.Address{Name: "Roundtable", Address: "post@id.example"}}
	message, err := c.compose(&m, noon)
	if err != nil {
		t.Fatal(err)
	}
	var raw strings.Builder
	if _, err := message.WriteTo(&raw); err != nil {
		t.Fatal(err)
	}
	parsed, err := netmail.ReadMessage(strings.NewReader(raw.String()))
	if err != nil {
		t.Fatal(err)
	}
	r := read{Header: parsed.Header}
	if r.subject, err = new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(parsed.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(parsed.Body, params["boundary"])
	for _, into := range []*string{&r.text, &r.html} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		body := io.Reader(part)
		if part.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(part)
		}
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		*into = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("more than two parts: %v", err)
	}
	return r
}

func someMail(kind roundtable.MailKind) directory.Mail {
	return directory.Mail{
		ID: 17, Kind: kind, UserID: userID(0), Address: "perceval@kaamelott.example", FirstName: "Perceval", LastName: "de Galles", Lang: "en",
		Org: "Kaamelott", About: json.RawMessage("{}"), Token: "TOKEN", CreatedAt: noon,
	}
}

func TestInvitation(t *testing.T) {
	t.Parallel()
	r := composed(t, someMail(roundtable.MailInvitation))
	for name, want := range map[string]string{
		"From": `"Roundtable" <post@id.example>`, "To": `"Perceval de Galles" <perceval@kaamelott.example>`,
		"Date": "Sun, 01 Mar 2026 12:00:00 +0000", "Message-Id": "<roundtable.17.hg91vteyo0@id.example>", "Auto-Submitted": "auto-generated",
		"List-Unsubscribe": "", "List-Unsubscribe-Post": "", "Mime-Version": "1.0", "X-Mailer": "", "User-Agent": "",
	} {
		if got := r.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if r.subject != "Kaamelott invites you" {
		t.Errorf("subject %q", r.subject)
	}
	want := `Hello Perceval de Galles,

Kaamelott invites you. Your e-mail address for signing in is perceval@kaamelott.example. Choose a password to accept.

Accept the invitation:
https://id.example/invitation/TOKEN

The link works once, for 72 hours.

If you did not expect this mail, do nothing.

-- 
Sent by Roundtable for Kaamelott.
`
	if strings.TrimSpace(r.text) != strings.TrimSpace(want) {
		t.Errorf("text\n%s\nwant\n%s", r.text, want)
	}
	for _, part := range []string{`<html lang="en" dir="ltr">`, `<a href="https://id.example/invitation/TOKEN"`, "<p>Hello Perceval de Galles,</p>"} {
		if !strings.Contains(r.html, part) {
			t.Errorf("no %s in\n%s", part, r.html)
		}
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	r := composed(t, someMail(roundtable.MailReset))
	if r.subject != "Choose a new password" || !strings.Contains(r.text, "\nhttps://id.example/reset/TOKEN\n") || !strings.Contains(r.html, `href="https://id.example/reset/TOKEN"`) {
		t.Errorf("%s\n%s\n%s", r.subject, r.text, r.html)
	}
}

func TestReview(t *testing.T) {
	t.Parallel()
	m := someMail(roundtable.MailReview)
	m.About = json.RawMessage(`{"org_id": 1, "review_id": "r1", "business_name": "Tavern", "rating": 1, "author": "Karadoc", "text": "No sausages.\nNever again!", "keywords": ["sausages", "again"]}`)
	r := composed(t, m)
	if r.subject != "1 of 5 stars for Tavern" {
		t.Errorf("subject %q", r.subject)
	}
	for name, want := range map[string]string{
		"List-Unsubscribe": "<https://id.example/unsubscribe/TOKEN>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	} {
		if got := r.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, part := range []string{
		"Karadoc has left a review of Tavern, with 1 of 5 stars:", "> No sausages.\n> Never again!\n", "sausages, again", "Turn these mails off: https://id.example/unsubscribe/TOKEN",
	} {
		if !strings.Contains(r.text, part) {
			t.Errorf("no %q in\n%s", part, r.text)
		}
	}
	m.About = json.RawMessage(`{"rating": 2, "author": "", "keywords": null}`)
	if r := composed(t, m); !strings.Contains(r.text, "Somebody has left") || strings.Contains(r.text, "> ") {
		t.Errorf("%s", r.text)
	}
}

func TestSSOExpiry(t *testing.T) {
	t.Parallel()
	m := someMail(roundtable.MailSSOExpiry)
	m.Token, m.About = "", json.RawMessage(`{"org_id": 1, "expires_at": 1774958400}`)
	r := composed(t, m)
	if !strings.Contains(r.text, "2026") || strings.Contains(r.html, "href") || !strings.Contains(r.subject, "Single sign-on of Kaamelott ends on") {
		t.Errorf("%s\n%s\n%s", r.subject, r.text, r.html)
	}
	m.Address, m.FirstName, m.LastName = "it@elsewhere.example", "", "" // a contact, of whom no name is known
	if r := composed(t, m); r.Get("To") != "<it@elsewhere.example>" || !strings.HasPrefix(r.text, "Hello it@elsewhere.example,") {
		t.Errorf("to %q:\n%s", r.Get("To"), r.text)
	}
}

// Arabic is written from the right.
func TestDirection(t *testing.T) {
	t.Parallel()
	m := someMail(roundtable.MailReset)
	m.Lang = "ar"
	l, err := writer{}.write(&m)
	if err != nil || l.Lang != "ar" || l.Dir != "rtl" {
		t.Errorf("%+v, %v", l, err)
	}
}

// Whatever somebody is called, the mail has the headers and the markup that it has for
// everybody else.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		"x\r\nBcc: victim@example.com", "x\nSubject: other\n\nbody", "\"x\" <victim@example.com>", "<script>alert(1)</script>", "</p><img src=x onerror=alert(1)>",
		"=?utf-8?q?x=0D=0ABcc:_victim@example.com?=", "a,b;c:<d@e>", "\u202eevil\u2066", "x\u2028Bcc: y", strings.Repeat("é", 300), "\x00\x1b[31m", "{{.Link}}", "%s{name}",
		"javascript:alert(1)",
	} {
		m := someMail(roundtable.MailReview)
		m.FirstName, m.LastName, m.Org = evil, evil, evil
		about, err := json.Marshal(map[string]any{"business_name": evil, "author": evil, "text": evil, "keywords": []string{evil}, "rating": 1})
		if err != nil {
			t.Fatal(err)
		}
		m.About = about
		for _, kind := range []roundtable.MailKind{roundtable.MailReview, roundtable.MailInvitation, roundtable.MailReset, roundtable.MailSSOExpiry} {
			m.Kind = kind
			ordinary := someMail(kind)
			ordinary.About = json.RawMessage(`{"rating": 1, "author": "a", "text": "t", "keywords": ["k"]}`)
			r, plain := composed(t, m), composed(t, ordinary)
			if len(r.Header) != len(plain.Header) {
				t.Errorf("%s with %q has headers %v", kind, evil, r.Header)
			}
			if to, err := r.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != m.Address {
				t.Errorf("%s with %q goes to %v, %v", kind, evil, to, err)
			}
			if strings.ContainsAny(r.subject, "\r\n\u202e\x00\u2028") {
				t.Errorf("%s with %q has the subject %q", kind, evil, r.subject)
			}
			if got, want := strings.Count(r.html, "<"), strings.Count(plain.html, "<"); got != want && strings.Count(evil, "\n") == 0 {
				t.Errorf("%s with %q has %d tags, not %d:\n%s", kind, evil, got, want, r.html)
			}
			for _, forbidden := range []string{"<script", "<img", "href=\"javascript"} {
				if strings.Contains(r.html, forbidden) {
					t.Errorf("%s with %q has %s", kind, evil, forbidden)
				}
			}
		}
	}
}

// What cannot be written out is refused, and never sent to somebody else.
func TestUnwritable(t *testing.T) {
	t.Parallel()
	renderer, err := newRenderer()
	if err != nil {
		t.Fatal(err)
	}
	c := &composer{renderer: renderer, from: &netmail.Address{Address: "post@id.example"}}
	for name, change := range map[string]func(*directory.Mail){
		"address with a line":  func(m *directory.Mail) { m.Address = "a@example.com\r\nRCPT TO:<b@example.com>" },
		"no address":           func(m *directory.Mail) { m.Address = "nobody" },
		"two addresses":        func(m *directory.Mail) { m.Address = "a@example.com, b@example.com" },
		"address with another": func(m *directory.Mail) { m.Address = "a@example.com> <b@example.com" },
		"about nothing":        func(m *directory.Mail) { m.About = json.RawMessage("[") },
		"unknown":              func(m *directory.Mail) { m.Kind = "carol" },
	} {
		m := someMail(roundtable.MailReset)
		change(&m)
		if message, err := c.compose(&m, noon); err == nil {
			t.Errorf("%s: composed %v", name, message)
		}
	}
}
