package mail

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/mail"
	"slices"
	"sync"
	"testing"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/mail/mailtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// noon is when the tests happen.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// clock is set by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is a directory with people who are mailed.
type world struct {
	*directory.Directory
	db    *db.DB
	place db.Options
	clock *clock
}

// people is how many active users, from user 0, and then invited ones, there are.
const people = 300

func userID(n int) string { return fmt.Sprintf("%024x", n+1) }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{place: dbtest.Blank(t, db.Options{Writers: 4}), clock: &clock{now: noon}}
	w.db = dbtest.Opened(t, w.place)
	seed := directory.Seed{
		Providers: []directory.SeedProvider{{ID: 1, Label: "kaamelott"}},
		Orgs:      []directory.SeedOrg{{ID: 1, ProviderID: 1, Name: "Kaamelott", Alias: "kaamelott"}},
	}
	for n := range 2 * people {
		user := roundtable.User{
			ID: userID(n), OrgID: 1, Email: fmt.Sprintf("u%d@example.com", n), FirstName: "First", LastName: "Last", Lang: "en",
			Role: roundtable.OrgAdmin, Status: roundtable.Active, CreatedAt: roundtable.Micros(noon), ReceiveReviewsEmailNotifications: true,
		}
		if n >= people {
			user.Status = roundtable.Invited
		}
		seed.Users = append(seed.Users, directory.SeedUser{User: user})
	}
	if err := directory.Plant(t.Context(), w.db, seed, roundtable.Micros(noon)); err != nil {
		t.Fatal(err)
	}
	w.Directory = w.node(t)
	return w
}

// node is one more directory on the same database.
func (w *world) node(t *testing.T) *directory.Directory {
	t.Helper()
	d := directory.New(w.db, directory.Options{Now: w.clock.read, UseEvery: 1000 * time.Hour, Workers: 1})
	t.Cleanup(d.Close)
	return d
}

// queue leaves a mail to each of the users.
func (w *world) queue(t *testing.T, kind roundtable.MailKind, about string, users ...int) {
	t.Helper()
	err := w.db.Write(t.Context(), func(tx *db.Tx) error {
		for _, n := range users {
			_, err := tx.Exec("INSERT INTO mails (user_id, kind, about, created_at) VALUES ($1, $2, $3, $4)",
				userID(n), string(kind), about, w.clock.read().UnixMicro())
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// states counts mails by what became of them.
func (w *world) states(t *testing.T) map[string]int {
	t.Helper()
	states := make(map[string]int)
	err := w.db.Read(context.WithoutCancel(t.Context()), func(tx *db.Tx) error {
		return tx.Each("SELECT CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN cancelled_at IS NOT NULL THEN 'cancelled'"+
			" WHEN failed_at IS NOT NULL THEN 'failed' WHEN leased_by IS NOT NULL THEN 'claimed' ELSE 'waiting' END FROM mails", nil,
			func(rows *db.Rows) error {
				var state string
				err := rows.Scan(&state)
				states[state]++
				return err
			})
	})
	if err != nil {
		t.Fatal(err)
	}
	return states
}

func wantStates(t *testing.T, w *world, want map[string]int) {
	t.Helper()
	if got := w.states(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("mails %v, want %v", got, want)
	}
}

// worker sends the mails of a directory by a transport.
func (w *world) worker(t *testing.T, d *directory.Directory, transport Transport) *Worker {
	t.Helper()
	worker, err := NewWorker(d, Options{
		Transport: transport, From: &mail.Address{Name: "Roundtable", Address: "post@roundtable.example"},
		PublicURL: "https://roundtable.example/", Log: slog.New(slog.DiscardHandler), Now: w.clock.read,
	})
	if err != nil {
		t.Fatal(err)
	}
	return worker
}

// certificate is one for mail.example, with the roots that vouch for it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail.example"}, DNSNames: []string{"mail.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}

// start serves SMTP until the test ends.
func start(t *testing.T, s *mailtest.Server) *mailtest.Server {
	t.Helper()
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// reach is the way to a test server by an address whose host is anything: its connections
// end up at the test server.
func reach(t *testing.T, address string, roots *x509.CertPool, s *mailtest.Server) *Server {
	t.Helper()
	server, err := ParseServer(address)
	if err != nil {
		t.Fatal(err)
	}
	server.roots = roots
	where := s.Address()
	server.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, where)
	}
	return server
}

// upTo is the numbers from 0.
func upTo(n int) []int {
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i
	}
	return numbers
}

// recipients are whom a server has taken mails for, in order.
func recipients(s *mailtest.Server) (to []string) {
	for _, m := range s.Messages() {
		to = append(to, m.To)
	}
	slices.Sort(to)
	return to
}

// cancel cancels the mail of a user, as switching the user off does.
func (w *world) cancel(n int) error {
	return w.db.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE mails SET cancelled_at = $2 WHERE user_id = $1", userID(n), w.clock.read().UnixMicro())
		return err
	})
}

func newTestMessage(t *testing.T) *gomail.Msg {
	t.Helper()
	message := gomail.NewMsg()
	if err := message.To("somebody@example.com"); err != nil {
		t.Fatal(err)
	}
	return message
}
