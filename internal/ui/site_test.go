package ui_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
	"github.com/roundtable-directory/roundtable/internal/secret"
	"github.com/roundtable-directory/roundtable/internal/ui"
)

const (
	noon     = 1772366400
	perceval = "perceval@kaamelott.com"
	cookie   = "__Host-roundtable"
)

// template is a demo company that nobody has used yet.
var template = dbtest.NewTemplate(func(ctx context.Context, database *db.DB) error {
	return demo.Plant(ctx, database, rand.Reader, time.Unix(noon-1000, 0))
})

// site is the pages of a demo company of a test's own: listener, pages, directory, database.
type site struct {
	t   *testing.T
	db  *db.DB
	d   *directory.Directory
	now atomic.Int64 // Unix seconds
	url string
}

func newSite(t *testing.T, o ui.Options) *site {
	t.Helper()
	s := &site{t: t, db: dbtest.Opened(t, template.Place(t, db.Options{}))}
	s.now.Store(noon)
	o.Log = slog.New(slog.DiscardHandler)
	s.d = directory.New(s.db, directory.Options{Now: s.clock, Log: o.Log, RefusalTime: time.Nanosecond, UseEvery: time.Hour})
	t.Cleanup(s.d.Close)
	pages, err := ui.New(s.d, o)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := httpd.New(listener, pages, httpd.Options{Now: s.clock, Log: o.Log})
	go func() { _ = server.Serve() }()
	t.Cleanup(func() { _ = server.Shutdown(context.WithoutCancel(t.Context())) })
	s.url = "http://" + listener.Addr().String()
	return s
}

func (s *site) clock() time.Time { return time.Unix(s.now.Load(), 0) }

func (s *site) exec(query string, args ...any) {
	s.t.Helper()
	err := s.db.Write(s.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// link plants a mailed link and returns its token.
func (s *site) link(user, kind string, lasts time.Duration) string {
	s.t.Helper()
	token, hash, err := secret.NewToken(rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	now := s.clock()
	s.exec("INSERT INTO links (token_hash, user_id, kind, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
		hash[:], demo.User(user), kind, now.UnixMicro(), now.Add(lasts).UnixMicro())
	return token
}

// browser is one that somebody uses: it bears the cookie that it was given.
type browser struct {
	site   *site
	token  string // empty: none
	header http.Header
	client http.Client
}

func (s *site) browser() *browser {
	transport := &http.Transport{DisableCompression: true}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &browser{site: s, header: http.Header{"Accept-Language": {"en"}}, client: http.Client{
		Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// signedIn is a browser of somebody of the demo company who speaks English.
func (s *site) signedIn(email string) *browser {
	s.t.Helper()
	s.exec("UPDATE users SET lang = 'en' WHERE email_key = $1", email)
	b := s.browser()
	b.post("/login", "email", email, "password", demo.Password).leadsTo("/")
	if b.token == "" {
		s.t.Fatal("no session")
	}
	return b
}

// answer is what the server said, asserted on.
type answer struct {
	t      *testing.T
	what   string
	status int
	header http.Header
	body   string
}

func (b *browser) get(path string) *answer { return b.send(http.MethodGet, path, nil) }

func (b *browser) post(path string, pairs ...string) *answer {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.send(http.MethodPost, path, strings.NewReader(form.Encode()))
}

// version is that of the profile as its form has it.
func (b *browser) version() string {
	b.site.t.Helper()
	_, rest, found := strings.Cut(b.get("/profile").is(200).body, `name="version" value="`)
	version, _, _ := strings.Cut(rest, `"`)
	if !found || version == "" {
		b.site.t.Fatal("the form has no version")
	}
	return version
}

// save opens the profile, fills it in and sends it.
func (b *browser) save(pairs ...string) *answer {
	b.site.t.Helper()
	return b.post("/profile", append(pairs, "version", b.version())...)
}

func (b *browser) send(method, path string, body io.Reader) *answer {
	t := b.site.t
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, b.site.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range b.header {
		request.Header[name] = values
	}
	if b.token != "" {
		request.AddCookie(&http.Cookie{Name: cookie, Value: b.token})
	}
	response, err := b.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range response.Cookies() {
		if c.Name == cookie {
			b.token = c.Value
		}
	}
	a := &answer{t: t, what: method + " " + path, status: response.StatusCode, header: response.Header, body: string(text)}
	a.isSecure()
	return a
}

// isSecure is what holds for every answer.
func (a *answer) isSecure() {
	a.t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		"Referrer-Policy":         "no-referrer",
		"X-Content-Type-Options":  "nosniff",
	} {
		if got := a.header.Get(name); got != want {
			a.t.Errorf("%s: %s is %q", a.what, name, got)
		}
	}
	if !strings.Contains(a.what, "/assets/") && a.header.Get("Cache-Control") != "no-store" {
		a.t.Errorf("%s may be kept: %q", a.what, a.header.Get("Cache-Control"))
	}
	key := strings.Contains(a.body, `"page.`) || strings.Contains(a.body, `>page.`)
	if key && strings.Contains(a.body, `lang="en"`) || strings.Contains(a.body, "<script") || strings.Contains(a.body, "style=") {
		a.t.Errorf("%s has a key instead of a text, or something inline:\n%s", a.what, a.body)
	}
}

func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: %d, want %d\n%s", a.what, a.status, status, a.body)
	}
	return a
}

func (a *answer) leadsTo(address string) *answer {
	a.t.Helper()
	if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != address {
		a.t.Errorf("%s: %d to %q, want %q\n%s", a.what, a.status, got, address, a.body)
	}
	return a
}

func (a *answer) says(texts ...string) *answer {
	a.t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			a.t.Errorf("%s does not say %q:\n%s", a.what, text, a.body)
		}
	}
	return a
}

func (a *answer) conceals(texts ...string) *answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			a.t.Errorf("%s says %q:\n%s", a.what, text, a.body)
		}
	}
	return a
}
