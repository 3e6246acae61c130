package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"net/mail"
	"strconv"
	"strings"
	"text/template"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

//go:embed templates
var templates embed.FS

// renderer makes the two parts of a message.
type renderer struct {
	text *template.Template
	html *htmltemplate.Template
}

func newRenderer() (*renderer, error) {
	text, err := template.ParseFS(templates, "templates/mail.txt")
	if err != nil {
		return nil, err
	}
	html, err := htmltemplate.ParseFS(templates, "templates/mail.html")
	return &renderer{text: text, html: html}, err
}

// composer makes messages of mails.
type composer struct {
	writer
	*renderer
	from *mail.Address
}

// compose makes the message that a mail is sent as. Its errors do not pass with time.
func (c *composer) compose(m *directory.Mail, now time.Time) (*gomail.Msg, error) {
	l, err := c.write(m)
	if err != nil {
		return nil, err
	}
	if _, ok := roundtable.EmailKey(m.Address); !ok {
		return nil, fmt.Errorf("not an address to write to: %q", m.Address)
	}
	to := mail.Address{Name: header(m.FirstName + " " + m.LastName), Address: m.Address}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := message.From(c.from.String()); err != nil {
		return nil, err
	}
	if err := message.To(to.String()); err != nil {
		return nil, err
	}
	message.Subject(header(l.Subject))
	message.SetDateWithValue(now)
	message.SetMessageIDWithValue(c.messageID(m))
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	if l.Unsubscribe != "" {
		message.SetGenHeaderPreformatted("List-Unsubscribe", "<"+l.Unsubscribe+">")
		message.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	var text, html strings.Builder
	if err := c.text.Execute(&text, l); err != nil {
		return nil, err
	}
	if err := c.html.Execute(&html, l); err != nil {
		return nil, err
	}
	message.SetBodyString(gomail.TypeTextPlain, text.String())
	message.AddAlternativeString(gomail.TypeTextHTML, html.String())
	return message, nil
}

// header is a text as a header holds it. One that is plain ASCII goes as it is, and must
// not look as if it were encoded: it would be decoded by who reads it, line breaks and all.
func header(text string) string { return strings.ReplaceAll(line(text), "=?", "= ?") }

// messageID is the same each time a mail is sent, so that whoever gets it twice can tell.
func (c *composer) messageID(m *directory.Mail) string {
	_, domain, _ := strings.Cut(c.from.Address, "@")
	return fmt.Sprintf("roundtable.%d.%s@%s", m.ID, strconv.FormatInt(m.CreatedAt.UnixMicro(), 36), domain)
}
