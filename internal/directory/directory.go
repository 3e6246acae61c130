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
	writing   writing
	observe   func(Batch)
	checks    readiness
	maxBatch  int
	workers   sync.WaitGroup

	publicURL string
	sealer    *secret.Sealer
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
	if o.MaxBatch <= 0 || o.MaxBatch > MaxBatch {
		o.MaxBatch = MaxBatch
	}
	d := &Directory{
		db: database, now: o.Now, random: o.Random, log: o.Log,
		users: columnsOf[roundtable.User](), keys: columnsOf[storedKey](), records: columnsOf[roundtable.APIKeyRecord](),
		hasher: o.Hasher, emails: newEmailLimit(), rosters: newRosters(), queue: newQueue(),
		rates: rateLimit{limit: o.RateLimit}, maxBatch: o.MaxBatch, observe: o.Observe,
		publicURL: o.PublicURL, sealer: o.Sealer,
	}
	d.together = updatesTogether(database.Engine(), &d.users)
	for _, kind := range kindsOfWork(database.Engine(), o.Workers) {
		d.workers.Go(func() { d.work(kind) })
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.endUses, d.usesKept = cancel, make(chan struct{})
	go d.keepUses(ctx, o.UseEvery)
	d.beginLimit()
	return d
}

// kindsOfWork are the items that each worker of an engine takes. SQLite has one writer.
// On PostgreSQL what changes nothing that a rule reads needs no more than its snapshot.
// The rest, which is little, keeps to one worker, so that its transactions are in nobody's
// way but that of other nodes (docs/decisions/0015); they are filled up with the others.
func kindsOfWork(engine db.Engine, workers int) []func(*item) bool {
	if engine == db.PostgreSQL && workers != 1 {
		return []func(*item) bool{inert, anything}
	}
	return []func(*item) bool{anything}
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
