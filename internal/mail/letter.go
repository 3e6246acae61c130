package mail

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/words"
)

// letter is what a mail says, in one language and without any markup: each way of
// rendering escapes for itself.
type letter struct {
	Lang, Dir   string
	Subject     string
	Greeting    string
	Paragraphs  []string
	Quote       []string // the lines of somebody else's words
	Link        string   // "": none
	LinkText    string
	Notes       []string
	Footer      string
	Unsubscribe string // an address; "": there is nothing to turn off
	TurnOff     string // what to click on for that
}

// about is what a mail may tell of, as whoever queued it has written it.
type about struct {
	BusinessName string   `json:"business_name"`
	Rating       int64    `json:"rating"`
	Author       string   `json:"author"`
	Text         string   `json:"text"`
	Keywords     []string `json:"keywords"`
	ExpiresAt    int64    `json:"expires_at"` // Unix seconds
}

// writer makes letters. base is what addresses of pages begin with.
type writer struct{ base string }

func (w writer) write(m *directory.Mail) (*letter, error) {
	c, err := words.Of(strings.ToLower(m.Lang))
	if err != nil {
		return nil, err
	}
	var a about
	if err := json.Unmarshal(m.About, &a); err != nil {
		return nil, fmt.Errorf("what the mail is about: %w", err)
	}
	org := line(m.Org)
	l := &letter{
		Lang: c.Lang(), Dir: c.Dir(),
		Greeting: c.Text("mail.greeting", "name", cmp.Or(line(m.FirstName+" "+m.LastName), line(m.Address))),
		Footer:   c.Text("mail.footer", "org", org),
	}
	switch m.Kind {
	case roundtable.MailInvitation:
		l.Subject = c.Text("mail.invitation.subject", "org", org)
		l.Paragraphs = []string{c.Text("mail.invitation.body", "org", org, "email", line(m.Address))}
		l.Link, l.LinkText = w.page("invitation", m.Token), c.Text("mail.invitation.action")
		l.Notes = []string{c.Text("mail.invitation.expires"), c.Text("mail.unexpected")}
	case roundtable.MailReset:
		l.Subject = c.Text("mail.reset.subject")
		l.Paragraphs = []string{c.Text("mail.reset.body", "org", org, "email", line(m.Address))}
		l.Link, l.LinkText = w.page("reset", m.Token), c.Text("mail.reset.action")
		l.Notes = []string{c.Text("mail.reset.expires"), c.Text("mail.reset.unexpected")}
	case roundtable.MailReview:
		w.review(l, c, m, a)
	case roundtable.MailSSOExpiry:
		day := c.Date(time.Unix(a.ExpiresAt, 0))
		l.Subject = c.Text("mail.sso_expiry.subject", "org", org, "date", day)
		l.Paragraphs = []string{c.Text("mail.sso_expiry.body", "org", org, "date", day), c.Text("mail.sso_expiry.todo")}
	default:
		return nil, fmt.Errorf("unknown kind of mail: %s", m.Kind)
	}
	l.Subject = line(l.Subject)
	return l, nil
}

func (w writer) review(l *letter, c *words.Catalog, m *directory.Mail, a about) {
	author := line(a.Author)
	if author == "" {
		author = c.Text("mail.review.anonymous")
	}
	values := []any{"business", line(a.BusinessName), "author", author, "rating", a.Rating}
	l.Subject = c.Text("mail.review.subject", values...)
	l.Paragraphs = []string{c.Text("mail.review.body", values...)}
	l.Quote = lines(a.Text)
	if len(a.Keywords) > 0 {
		keywords := make([]string, len(a.Keywords))
		for i, keyword := range a.Keywords {
			keywords[i] = line(keyword)
		}
		l.Notes = append(l.Notes, c.Text("mail.review.keywords", "keywords", strings.Join(keywords, ", ")))
	}
	l.Notes = append(l.Notes, c.Text("mail.review.why"))
	l.Unsubscribe, l.TurnOff = w.page("unsubscribe", m.Token), c.Text("mail.review.turn_off")
}

// page is the address of a page for whoever has the token.
func (w writer) page(name, token string) string {
	return w.base + "/" + name + "/" + url.PathEscape(token)
}

// line makes one line of a text that somebody typed: without control characters and what
// changes the direction of writing, white space as single spaces.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// lines are the lines of a longer text that somebody typed.
func lines(text string) []string {
	var kept []string
	for part := range strings.Lines(strings.ReplaceAll(text, "\r\n", "\n")) {
		kept = append(kept, line(part))
	}
	return kept
}
