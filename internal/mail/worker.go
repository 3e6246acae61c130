package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable/internal/directory"
)

const (
	batch       = 50 // mails of one connection
	connections = 4  // at once

	poll       = time.Second // between looks for what other nodes queued and what became due
	firstPause = time.Second // after the server could not be reached; it doubles
	mostPause  = time.Minute

	holdFor   = time.Second      // how long a claim is believed before it is renewed
	recordFor = time.Minute      // how long storing that a mail was sent is tried
	askFor    = 15 * time.Second // how long one question to the directory may take
)

// Options say how mails leave. All are needed but Now.
type Options struct {
	Transport Transport
	From      *mail.Address
	PublicURL string // what the addresses of pages begin with
	Log       *slog.Logger
	Now       func() time.Time // the clock; default: time.Now
}

// Worker sends what is in the outbox of a directory. There may be one on every node.
type Worker struct {
	directory *directory.Directory
	transport Transport
	composer  *composer
	log       *slog.Logger
	now       func() time.Time
}

// CheckPublicURL says what is wrong with an address that those of pages are to begin with.
func CheckPublicURL(text string) error {
	base, err := url.Parse(text)
	if err != nil || base.Scheme != "https" && base.Scheme != "http" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" || base.User != nil {
		return errors.New("must be an http or https address, such as https://people.example.com")
	}
	return nil
}

// NewWorker returns a worker that has yet to Run.
func NewWorker(d *directory.Directory, o Options) (*Worker, error) {
	if err := CheckPublicURL(o.PublicURL); err != nil {
		return nil, fmt.Errorf("public URL: %w", err)
	}
	renderer, err := newRenderer()
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Worker{
		directory: d, transport: o.Transport, log: o.Log, now: o.Now,
		composer: &composer{writer: writer{base: strings.TrimSuffix(o.PublicURL, "/")}, renderer: renderer, from: o.From},
	}, nil
}

// Run sends mails until ctx ends, and then returns once those under way are done, within
// some twenty seconds.
func (w *Worker) Run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		wait := poll
		if err := w.Drain(ctx); err != nil {
			w.log.Warn("mails wait", "error", err, "pause", pause.String())
			wait, pause = pause, min(2*pause, mostPause)
		} else {
			pause = firstPause
		}
		timer := time.NewTimer(wait)
		queued := w.directory.MailsQueued()
		if wait > poll {
			queued = nil // the server is still away
		}
		select {
		case <-queued:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// Drain sends all that is due. Its error is one that stands in the way of every mail;
// none is lost by it, and none counts as tried.
func (w *Worker) Drain(ctx context.Context) error {
	for ctx.Err() == nil {
		ids, err := w.directory.DueMails(ctx, connections*batch)
		if err != nil || len(ids) == 0 {
			return err
		}
		var group sync.WaitGroup
		chunks := slices.Collect(slices.Chunk(ids, batch))
		errs := make([]error, len(chunks))
		for i, chunk := range chunks {
			group.Go(func() { errs[i] = w.deliver(ctx, chunk) })
		}
		group.Wait()
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return nil
}

// asking is a context for a question to the directory, which is to be answered even if
// the worker is to stop meanwhile.
func asking(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), askFor)
}

// deliver connects, claims those mails that nobody else has, and sends them.
func (w *Worker) deliver(ctx context.Context, ids []int64) error {
	c, err := w.transport.open(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer c.close()
	ask, cancel := asking(ctx)
	defer cancel()
	begun := w.now()
	claim, err := w.directory.ClaimMails(ask, ids)
	if err != nil {
		return err
	}
	return (&round{Worker: w, connection: c, claim: claim, left: claim.Mails, renewed: begun}).send(ctx)
}
