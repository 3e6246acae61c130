package ledger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

const (
	shops = 60
	key   = "the key of the ledger"
	// writersOfShared is how many writers change a shared user.
	writersOfShared = 2
)

// Options say how large the load is.
type Options struct {
	Users       int
	Shared      int // of the users, those that two writers change at the same time
	Connections int
}

// Ledger is the book. Every writer counts from one, and writes its count into several
// fields of its user with one update; the next update is sent when the one before it
// was acknowledged, and until then it is sent again, under the same Idempotency-Key.
// So the history of a user tells exactly which updates took place, and in which order.
type Ledger struct {
	users   int
	connect [][]*writer // the writers of each connection
	writers [][]*writer // the writers of each user
	client  *http.Client

	mu      sync.Mutex
	tally   Tally
	last    time.Time     // of an acknowledgement
	more    chan struct{} // closed and replaced with each acknowledgement that somebody waits for
	faults  []string
	awaited int
}

// writer is one who changes a user.
type writer struct {
	user, number int
	sent, acked  int
	stored       int     // what the last check found
	whole        *writer // in the book of a moment: this writer in the book that goes on
}

// Tally is what happened since the last one was taken.
type Tally struct {
	Acknowledged int
	Replayed     int           // of them, those whose change had taken place before
	Unanswered   int           // requests without an answer, or with 503
	Pause        time.Duration // the longest time without an acknowledgement
	Slowest      time.Duration // the longest time that a request took, whatever came of it
}

// New opens the book on a directory that was planted with the same options.
func New(o Options) *Ledger {
	l := &Ledger{
		users: o.Users, connect: make([][]*writer, o.Connections),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.Connections}},
		more:   make(chan struct{}),
	}
	next := 0
	for user := range o.Users {
		count := 1
		if user < o.Shared {
			count = writersOfShared
		}
		l.writers = append(l.writers, nil)
		for number := range count {
			w := &writer{user: user, number: number}
			l.writers[user] = append(l.writers[user], w)
			l.connect[next] = append(l.connect[next], w)
			next = (next + 1) % o.Connections
		}
	}
	return l
}

// Now is the book of this moment, for a copy of the directory that is made from now
// on: it holds at least what is acknowledged now, and at most what is sent in the end.
// The book of a moment can only be checked, and only once Load has ended.
func (l *Ledger) Now() *Ledger {
	l.mu.Lock()
	defer l.mu.Unlock()
	moment := &Ledger{users: l.users, client: l.client}
	for _, writers := range l.writers {
		var same []*writer
		for _, w := range writers {
			same = append(same, &writer{user: w.user, number: w.number, acked: w.acked, whole: w})
		}
		moment.writers = append(moment.writers, same)
	}
	return moment
}

// mostSent is the highest count that can be stored.
func (w *writer) mostSent() int {
	if w.whole != nil {
		return w.whole.sent
	}
	return w.sent
}

func userID(n int) string { return fmt.Sprintf("%024x", n+1) }

// Plant stores the users and what they are changed with in the database at an address,
// as --db has it. The database is brought up to date before.
func Plant(ctx context.Context, address string, o Options) error {
	return with(ctx, address, func(database *db.DB) error {
		if err := database.Migrate(ctx); err != nil {
			return err
		}
		return plant(ctx, database, o)
	})
}

func with(ctx context.Context, address string, do func(*db.DB) error) error {
	options, err := db.ParseDSN(address)
	if err != nil {
		return err
	}
	database, err := db.Open(ctx, options)
	if err != nil {
		return err
	}
	return errors.Join(do(database), database.Close())
}

func plant(ctx context.Context, database *db.DB, o Options) error {
	seed := directory.Seed{
		Providers: []directory.SeedProvider{{ID: 1, Label: "provider"}},
		Orgs:      []directory.SeedOrg{{ID: 1, ProviderID: 1, Name: "Org", Alias: "org"}},
	}
	for n := range shops {
		seed.Businesses = append(seed.Businesses, directory.SeedBusiness{
			Business: roundtable.Business{ID: fmt.Sprintf("b%023x", n), OrgID: 1}, Code: fmt.Sprint(n), Name: "Shop",
		})
	}
	for n := range o.Users + 1 {
		user := roundtable.User{
			ID: userID(n), OrgID: 1, FirstName: firstName, LastName: "Last", Email: fmt.Sprintf("u%d@example.com", n),
			Lang: "en", Role: roundtable.BusinessManager, Status: roundtable.Active,
		}
		if n == o.Users {
			user.Role = roundtable.OrgAdmin
		}
		seed.Users = append(seed.Users, directory.SeedUser{User: user})
	}
	seed.Keys = []directory.SeedKey{{APIKey: roundtable.APIKey{ID: 1, UserID: userID(o.Users)}, Hash: secret.HashAPIKey(key)}}
	return directory.Plant(ctx, database, seed, 0)
}

const firstName = "First" // before any update

// state is what of a user the updates change.
type state struct {
	phone, firstName string
	shops            []string
}

// after is the state that update n of a writer leaves behind. Every second one
// leaves the list as it was.
func (w *writer) after(before state, n int) state {
	s := state{fmt.Sprintf("%c-%d", 'A'+w.number, n), fmt.Sprintf("%c %d", 'A'+w.number, n), before.shops}
	if !withShops(n) {
		return s
	}
	s.shops = []string{}
	for i := range (n + w.number) % 13 {
		s.shops = append(s.shops, fmt.Sprintf("b%023x", (n+i*i+w.number)%shops))
	}
	slices.Sort(s.shops)
	s.shops = slices.Compact(s.shops)
	return s
}

func withShops(n int) bool { return n%2 == 0 }
