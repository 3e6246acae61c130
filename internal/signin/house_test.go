package signin

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/logtest"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// house is a server with two organisations of one provider, whose users sign in by the
// identity providers of the test.
type house struct {
	t         *testing.T
	db        *db.DB
	directory *directory.Directory
	service   *Service
	server    *httptest.Server
	log       logtest.Log
	pages     pages

	mu  sync.Mutex
	now time.Time // zero: the clock of the machine
}

// pages are Plain, and keep what they were told.
type pages struct {
	Plain
	mu      sync.Mutex
	session *directory.NewSession
}

func (p *pages) SignedIn(w http.ResponseWriter, r *http.Request, session *directory.NewSession, returnTo string) {
	p.mu.Lock()
	p.session = session
	p.mu.Unlock()
	p.Plain.SignedIn(w, r, session, returnTo)
}

// The people of the house.
const (
	merlin   = "5309c3a237bbc544d8e26701" // PROVIDER, of organisation 1
	arthur   = "5309c3a237bbc544d8e26702" // ORG_ADMIN of 1
	perceval = "5309c3a237bbc544d8e26703" // ORG_MANAGER of 1
	yvain    = "5309c3a237bbc544d8e26704" // of 1, invited and sso_only
	lancelot = "5309c3a237bbc544d8e26705" // of 1, disabled
	galessin = "5309c3a237bbc544d8e26706" // of 1, invited
	leodagan = "5309c3a237bbc544d8e26707" // ORG_ADMIN of 2
)

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t}
	h.db = dbtest.New(t)
	if err := directory.Plant(t.Context(), h.db, people(), roundtable.Micros(time.Now())); err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/sso/") {
			h.service.ServeHTTP(w, r)
			return
		}
		io.WriteString(w, "page "+r.URL.Path)
	}))
	h.server.StartTLS()
	t.Cleanup(h.server.Close)
	h.directory, h.service = h.node()
	return h
}

// node is what a server is made of, on the database and under the address of the house.
func (h *house) node() (*directory.Directory, *Service) {
	h.t.Helper()
	sealer, err := secret.NewSealer(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)), rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&h.log, nil))
	d := directory.New(h.db, directory.Options{
		Log: log, Now: h.clock, PublicURL: h.server.URL, Sealer: sealer, UseEvery: 1000 * time.Hour,
	})
	h.t.Cleanup(d.Close)
	return d, New(Options{
		Directory: d, Pages: &h.pages, Log: log, Now: h.clock, Private: true,
		Visitor: func(r *http.Request) directory.Visitor {
			return directory.Visitor{Origin: roundtable.Origin{Now: h.clock(), Address: netip.MustParseAddr("192.0.2.7")}, Agent: r.UserAgent(), RequestID: "request"}
		},
	})
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now.IsZero() {
		return time.Now()
	}
	return h.now
}

// later sets the clock of the house forward.
func (h *house) later(by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = time.Now().Add(by)
}

func people() directory.Seed {
	person := func(id string, org int64, role roundtable.Role, name string) directory.SeedUser {
		return directory.SeedUser{User: roundtable.User{
			ID: id, OrgID: org, FirstName: name, LastName: "of the Lake", Email: name + "@example.com", Lang: "fr",
			Role: role, Status: roundtable.Active, CreatedAt: roundtable.Micros(time.Now()),
		}}
	}
	invited, disabled := person(yvain, 1, roundtable.OrgManager, "yvain"), person(lancelot, 1, roundtable.OrgManager, "lancelot")
	invited.Status, invited.SSOOnly, disabled.Disabled = roundtable.Invited, true, true
	waiting := person(galessin, 1, roundtable.OrgManager, "galessin")
	waiting.Status = roundtable.Invited
	seed := directory.Seed{
		Providers: []directory.SeedProvider{{ID: 1, Label: "kaamelott"}},
		Orgs: []directory.SeedOrg{
			{ID: 1, ProviderID: 1, Name: "Logres", Alias: "logres"}, {ID: 2, ProviderID: 1, Name: "Carmelide", Alias: "carmelide"},
		},
		Users: []directory.SeedUser{
			person(merlin, 1, roundtable.Provider, "merlin"), person(arthur, 1, roundtable.OrgAdmin, "arthur"),
			person(perceval, 1, roundtable.OrgManager, "perceval"), invited, disabled, waiting, person(leodagan, 2, roundtable.OrgAdmin, "leodagan"),
		},
	}
	for _, id := range []string{merlin, arthur, leodagan} {
		seed.Keys = append(seed.Keys, directory.SeedKey{APIKey: roundtable.APIKey{UserID: id}, Hash: secret.HashAPIKey("key of " + id), Label: "key"})
	}
	return seed
}

// caller is somebody with the own API key.
func (h *house) caller(id string) directory.Caller {
	h.t.Helper()
	caller, err := h.directory.Authenticate(h.t.Context(), "key of "+id, roundtable.Origin{Now: time.Now()}, "request")
	if err != nil {
		h.t.Fatal(err)
	}
	return caller
}

// configure sets the configuration of an organisation, tests it by tester and switches it
// on.
func (h *house) configure(admin string, org int64, identifier string, patch roundtable.SSOPatch, test func(*browser)) {
	h.t.Helper()
	patch.Identifier = roundtable.Some(identifier)
	change := roundtable.SSOChange{Patch: patch}
	if _, err := h.directory.SetSSO(h.t.Context(), h.caller(admin), org, change); err != nil {
		h.t.Fatal(err)
	}
	try, err := h.directory.TrySSO(h.t.Context(), h.caller(admin), org)
	if err != nil {
		h.t.Fatal(err)
	}
	b := h.browser()
	b.get(try.URL)
	test(b)
	change.Patch.Enabled = roundtable.Some(true)
	if _, err := h.directory.SetSSO(h.t.Context(), h.caller(admin), org, change); err != nil {
		h.t.Fatalf("%v after a test that showed: %s\n%s", err, b.body, h.log.String())
	}
}

// browser follows redirects, keeps cookies, and shows the last page.
type browser struct {
	t      *testing.T
	client *http.Client
	status int
	body   string
	at     *url.URL

	location string // where it was led to
}

func (h *house) browser() *browser {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return &browser{t: h.t, client: &http.Client{Jar: jar, Transport: h.server.Client().Transport}}
}

// noFollow shows redirects instead of following them.
func (b *browser) noFollow() *browser {
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return b
}

func (b *browser) get(address string) *browser {
	b.t.Helper()
	response, err := b.client.Get(address)
	return b.read(response, err)
}

func (b *browser) post(address string, form url.Values) *browser {
	b.t.Helper()
	response, err := b.client.PostForm(address, form)
	return b.read(response, err)
}

func (b *browser) read(response *http.Response, err error) *browser {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.status, b.body, b.at = response.StatusCode, strings.TrimSpace(string(body)), response.Request.URL
	b.location = response.Header.Get("Location")
	return b
}

// wantProblem looks at the last page, and that nobody was signed in.
func (h *house) wantProblem(b *browser, what string, problem Problem) {
	h.t.Helper()
	if b.body != "Not signed in: "+string(problem) {
		h.t.Errorf("%s: %d %s; want %s\n%s", what, b.status, b.body, problem, h.log.String())
	}
	if sessions := h.count("SELECT count(*) FROM sessions"); sessions != 0 {
		h.t.Errorf("%s: %d sessions began", what, sessions)
	}
}

// wantSignedIn looks at the last page, and whose session began.
func (h *house) wantSignedIn(b *browser, what, user string) {
	h.t.Helper()
	h.pages.mu.Lock()
	session := h.pages.session
	h.pages.session = nil
	h.pages.mu.Unlock()
	if session == nil || session.UserID != user {
		h.t.Errorf("%s: %d %s, session %v; want %s\n%s", what, b.status, b.body, session, user, h.log.String())
	}
}

// count answers a query for one number.
func (h *house) count(sql string, args ...any) (n int) {
	h.t.Helper()
	err := h.db.Read(h.t.Context(), func(tx *db.Tx) error {
		_, err := tx.One(sql, args, &n)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// exec runs a statement.
func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	err := h.db.Write(h.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(sql, args...)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}
