package directory

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// run carries out a batch in one transaction and answers its items. It returns
// those that have to wait for a later one. A write that fails is bisected until
// the item that breaks it stands alone.
func (d *Directory) run(batch []*item) (waiting []*item) {
	verdicts, err := d.attemptAgain(batch)
	switch {
	case err == nil:
		for i, it := range batch {
			if verdicts[i].waits {
				waiting = append(waiting, it)
			} else {
				it.answer(verdicts[i].outcome, verdicts[i].err)
			}
		}
	case len(batch) > 1 && !errors.Is(err, db.ErrUnavailable):
		level := slog.LevelError
		if errors.Is(err, db.ErrConflict) {
			level = slog.LevelInfo
		}
		d.log.Log(context.Background(), level, "batch failed, taking it apart", "items", len(batch), "error", err)
		half := len(batch) / 2
		waiting = append(d.run(batch[:half]), d.run(batch[half:])...)
	default:
		for _, it := range batch {
			it.answer(nil, translate(err))
		}
	}
	return waiting
}

// How often a batch that meets other transactions is tried before it is halved, and an
// item alone before it is refused for now; and how long the first pause is at most.
const (
	batchTries = 3
	itemTries  = 12
	firstPause = 2 * time.Millisecond
)

// attemptAgain attempts a batch until it meets no other transaction, or has too often.
func (d *Directory) attemptAgain(batch []*item) (verdicts []verdict, err error) {
	tries := batchTries
	if len(batch) == 1 {
		tries = itemTries
	}
	for try := range tries {
		if try > 0 { // each pause is longer, and none is like another's
			time.Sleep(rand.N(firstPause << min(try-1, 6)))
		}
		if verdicts, err = d.attempt(batch); !d.mayBeOthers(err) {
			break
		}
		d.log.Debug("batch met another transaction", "items", len(batch), "try", try+1, "error", err)
	}
	return verdicts, err
}

// mayBeOthers reports whether an error may come from a transaction beside this one. Where
// there are such, what was judged to be free may be taken when it is written, and what
// was there may be gone: judged again, that is seen.
func (d *Directory) mayBeOthers(err error) bool {
	beside := d.db.Engine() == db.PostgreSQL && (errors.Is(err, db.ErrUnique) || errors.Is(err, db.ErrForeignKey))
	return beside || errors.Is(err, db.ErrConflict)
}
