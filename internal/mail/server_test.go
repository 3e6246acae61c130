package mail

import (
	"crypto/x509"
	"fmt"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/mail/mailtest"
)

// Mails and passwords go over connections that are encrypted to the server that the
// address names, and over no others but where that is asked for or never leaves.
func TestSecurityOfServers(t *testing.T) {
	t.Parallel()
	encrypted, roots := certificate(t)
	const plainly, secretly = "plainly", "secretly"
	tests := map[string]struct {
		address string
		server  *mailtest.Server
		roots   *x509.CertPool
		want    string // or part of the error
	}{
		"STARTTLS":                 {"smtp://mail.example", &mailtest.Server{TLS: encrypted}, roots, secretly},
		"STARTTLS, signed in":      {"smtp://post:pass%20word@mail.example:25", &mailtest.Server{TLS: encrypted, User: "post", Password: "pass word"}, roots, secretly},
		"no STARTTLS":              {"smtp://mail.example", &mailtest.Server{}, roots, "does not support STARTTLS"},
		"no STARTTLS, signed in":   {"smtp://post:secret@mail.example", &mailtest.Server{User: "post", Password: "secret"}, roots, "does not support STARTTLS"},
		"a stranger":               {"smtp://mail.example", &mailtest.Server{TLS: encrypted}, x509.NewCertPool(), "certificate signed by unknown authority"},
		"another name":             {"smtp://other.example", &mailtest.Server{TLS: encrypted}, roots, "not other.example"},
		"TLS":                      {"smtps://mail.example", &mailtest.Server{TLS: encrypted, Implicit: true}, roots, secretly},
		"TLS, signed in":           {"smtps://post:secret@mail.example:4650", &mailtest.Server{TLS: encrypted, Implicit: true, User: "post", Password: "secret"}, roots, secretly},
		"TLS, a stranger":          {"smtps://mail.example", &mailtest.Server{TLS: encrypted, Implicit: true}, x509.NewCertPool(), "certificate signed by unknown authority"},
		"insecure":                 {"smtp+insecure://mail.example", &mailtest.Server{}, roots, plainly},
		"insecure, signed in":      {"smtp+insecure://post:secret@mail.example", &mailtest.Server{User: "post", Password: "secret"}, roots, plainly},
		"insecure, offers TLS":     {"smtp+insecure://mail.example", &mailtest.Server{TLS: encrypted}, x509.NewCertPool(), secretly},
		"loopback":                 {"smtp://127.0.0.1", &mailtest.Server{}, roots, plainly},
		"loopback, offers TLS":     {"smtp://localhost", &mailtest.Server{TLS: encrypted}, x509.NewCertPool(), secretly},
		"wrong password":           {"smtp://post:wrong@mail.example", &mailtest.Server{TLS: encrypted, User: "post", Password: "secret"}, roots, "AUTH failed"},
		"password for nobody":      {"smtp://post:secret@mail.example", &mailtest.Server{TLS: encrypted}, roots, "does not support SMTP AUTH"},
		"sign-in that is required": {"smtp://mail.example", &mailtest.Server{TLS: encrypted, User: "post", Password: "secret"}, roots, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.queue(t, roundtable.MailReset, "{}", 0)
			start(t, test.server)
			err := w.worker(t, w.Directory, reach(t, test.address, test.roots, test.server)).Drain(t.Context())
			messages := test.server.Messages()
			switch test.want {
			case plainly, secretly:
				if err != nil || len(messages) != 1 || messages[0].TLS != (test.want == secretly) || messages[0].User != test.server.User {
					t.Errorf("sent %v, %v", messages, err)
				}
				wantStates(t, w, map[string]int{"sent": 1})
			case "": // a refusal of every mail: it waits
				if err != nil || len(messages) > 0 {
					t.Errorf("sent %v, %v", messages, err)
				}
				wantStates(t, w, map[string]int{"waiting": 1})
			default:
				if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret@") || len(messages) > 0 {
					t.Errorf("sent %v, %v", messages, err)
				}
				wantStates(t, w, map[string]int{"waiting": 1})
			}
		})
	}
}

func TestParseServer(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"smtp://mail.example":                "mail.example 587 0 ",
		"smtps://mail.example":               "mail.example 465 1 ",
		"smtp+insecure://mail.example:25":    "mail.example 25 2 ",
		"smtp://[::1]:2525":                  "::1 2525 2 ",
		"smtp://localhost/":                  "localhost 587 2 ",
		"smtp://a%40b:p%3Aw@mail.example":    "mail.example 587 0 a@b p:w",
		"mail.example:25":                    "",
		"http://mail.example":                "",
		"smtp://":                            "",
		"smtp://user:secret@":                "",
		"smtp://mail.example/path":           "",
		"smtp://mail.example?x=1":            "",
		"smtp://mail.example:0":              "",
		"smtp://mail.example:70000":          "",
		"smtp://user:sec%zzret@mail.example": "",
		"smtp://user:secret@mail.example:x":  "",
	} {
		s, err := ParseServer(address)
		got := ""
		if err == nil {
			got = fmt.Sprint(s.host, " ", s.port, " ", int(s.security), " ", strings.TrimSpace(s.user+" "+s.password))
		} else if strings.Contains(err.Error(), "ret@") {
			t.Errorf("%s: the error tells of the password: %v", address, err)
		}
		if got != want {
			t.Errorf("%s is read as %q, want %q", address, got, want)
		}
	}
}
