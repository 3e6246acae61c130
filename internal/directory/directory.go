// Package directory owns the operations on the directory: load, permit, change,
// validate, write, record. The rules themselves stand in the root package; what
// is asked over which wire, and who renders it, this package must not know.
package directory

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// retrySoon is the Retry-After of a queue that is full or a server that stops.
const retrySoon = time.Second

// Options say how a directory works; zero values are the defaults.
type Options struct {
	Now      func() time.Time // the clock
	Random   io.Reader        // secrets come from it
	Log      *slog.Logger
	MaxBatch int // items of one transaction; 1: one transaction a request
	Workers  int // 1: one batch at a time; 0: what the engine makes use of
	Hasher   *secret.Hasher
	UseEvery time.Duration // how often the use of keys is written; default: a minute
	Observe  func(Batch)   // is told of every transaction of the write path; nil: nobody is

	RateLimit int // requests of an organisation in a minute; 0: no limit

	SessionIdle     time.Duration // how long a session lasts without use; default: 12 hours
	SessionAbsolute time.Duration // and whatever its use; default: 30 days
	RefusalTime     time.Duration // a refused sign-in takes this or a multiple, so that it tells nothing; default: 300 ms

	ReviewThreshold int // people are told of new reviews of at most so many stars; 0: of none

	// Published reports whether a user's password is known to everybody, as those of the demo
	// company are: it then lets in on loopback only. nil: none is.
	Published func(userID, password string) bool

	PublicURL string         // under which people reach the server, without a slash at the end
	Sealer    *secret.Sealer // keeps the secrets of single sign-on; nil: none can be kept
}

// Directory is the directory on one database. Its methods may be called by many
// goroutines at once.
type Directory struct {
	db        *db.DB
	now       func() time.Time
	random    io.Reader
	log       *slog.Logger
	users     columns
	together  updateTogether
	keys      columns
	records   columns
	reviews   columns
	hasher    *secret.Hasher
	emails    *emailLimit
	callers   recalledCallers
	plans     knownPlans
	ids       ids
	uses      uses
	endUses   context.CancelFunc
	usesKept  chan struct{}
	node      string // this process among those on the same database
	endLimit  context.CancelFunc
	limitKept chan struct{}
	rosters   rosters
	rates     rateLimit
	queue     *queue
	outbox    outbox
	writing   writing
	observe   func(Batch)
	checks    readiness
	maxBatch  int
	workers   sync.WaitGroup

	sessions        columns
	links           columns
	tokens          columns
	handovers       columns
	sessionLimits   roundtable.SessionLimits
	attempts        *attempts
	refusalTime     time.Duration
	reviewThreshold int
	published       func(userID, password string) bool
	publicURL       string
	sealer          *secret.Sealer
}

// New starts a directory on a database whose schema is up to date. Close ends it.
func New(database *db.DB, o Options) *Directory {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Hasher == nil {
		o.Hasher = secret.NewHasher(nil)
	}
	if o.UseEvery <= 0 {
		o.UseEvery = time.Minute
	}
	if o.SessionIdle <= 0 {
		o.SessionIdle = 12 * time.Hour
	}
	if o.SessionAbsolute <= 0 {
		o.SessionAbsolute = 30 * 24 * time.Hour
	}
	if o.RefusalTime <= 0 {
		o.RefusalTime = 300 * time.Millisecond
	}
	if o.MaxBatch <= 0 || o.MaxBatch > MaxBatch {
		o.MaxBatch = MaxBatch
	}
	d := &Directory{
		db: database, now: o.Now, random: o.Random, log: o.Log,
		users: columnsOf[roundtable.User](), keys: columnsOf[storedKey](), records: columnsOf[roundtable.APIKeyRecord](), reviews: columnsOf[roundtable.Review](),
		hasher: o.Hasher, emails: newEmailLimit(), rosters: newRosters(), queue: newQueue(),
		rates: rateLimit{limit: o.RateLimit}, maxBatch: o.MaxBatch, observe: o.Observe,
		sessions: columnsOf[storedSession](), links: columnsOf[roundtable.Link](), tokens: columnsOf[roundtable.ConnectionToken](),
		handovers: columnsOf[roundtable.Handover](), sessionLimits: roundtable.SessionLimits{Idle: o.SessionIdle, Absolute: o.SessionAbsolute},
		attempts: newAttempts(), refusalTime: o.RefusalTime,
		outbox:          outbox{wake: make(chan struct{}, 1)},
		reviewThreshold: o.ReviewThreshold,
		published:       o.Published,
		publicURL:       o.PublicURL, sealer: o.Sealer,
	}
	d.together = updatesTogether(database.Engine(), &d.users)
	for _, kinds := range kindsOfWork(database.Engine(), o.Workers) {
		d.workers.Go(func() { d.work(kinds) })
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.endUses, d.usesKept = cancel, make(chan struct{})
	go d.keepUses(ctx, o.UseEvery)
	d.beginLimit()
	return d
}

// kindsOfWork are the items that each worker of an engine takes. SQLite has one writer.
// On PostgreSQL what changes nothing that a rule reads needs no more than its snapshot.
// The rest, which is little, keeps to one worker and is not mixed with it, so that its
// transactions are small and in nobody's way but that of other nodes (docs/decisions/0015).
func kindsOfWork(engine db.Engine, workers int) [][]kind {
	if engine == db.PostgreSQL && workers != 1 {
		return [][]kind{{inert}, {inert}, {decides, inert}}
	}
	return [][]kind{{anything}}
}

// Close takes no further updates, finishes those that wait, and returns when all
// are answered. The database stays open.
func (d *Directory) Close() {
	d.endUses()
	<-d.usesKept
	d.endLimit()
	<-d.limitKept
	d.queue.close()
	d.workers.Wait()
}

// translate makes a public error of one that callers may have to act on. What is
// left is internal, and its text is for the log only.
func translate(err error) error {
	switch {
	case errors.Is(err, db.ErrUnavailable), errors.Is(err, db.ErrClosed), errors.Is(err, db.ErrConflict):
		return errors.Join(unavailable(), err)
	case errors.Is(err, secret.ErrBusy):
		return &roundtable.Error{Code: roundtable.CodeOverloaded, RetryAfter: retrySoon}
	}
	return err
}

func unavailable() *roundtable.Error {
	return &roundtable.Error{Code: roundtable.CodeUnavailable, RetryAfter: retrySoon}
}
