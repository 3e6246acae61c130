package directory

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// Where others write at the same time, other workers or other nodes, a transaction may
// find one of theirs in its way: it has changed nothing then, and tries again.
const (
	batchTries = 3  // after which a batch is halved
	itemTries  = 40 // after which a single item is refused for now: about a second
	firstPause = time.Millisecond
	mostPause  = 50 * time.Millisecond
)

// attemptAgain attempts a batch until nothing is in its way, or too often.
func (d *Directory) attemptAgain(batch []*item) (verdicts []verdict, err error) {
	tries, pause := batchTries, firstPause
	if len(batch) == 1 {
		tries = itemTries
	}
	for range tries {
		verdicts, err = d.attempt(batch)
		if !d.inTheWay(err) {
			break
		}
		time.Sleep(rand.N(pause))
		pause = min(2*pause, mostPause)
	}
	return verdicts, err
}

// inTheWay reports whether an error may come of a transaction at the same time. Where
// others write, what the rules have found free may be taken and what they have found may
// be gone when it is written: the rules themselves say so in the next try.
func (d *Directory) inTheWay(err error) bool {
	others := d.db.Engine() == db.PostgreSQL
	return errors.Is(err, db.ErrConflict) || others && (errors.Is(err, db.ErrUnique) || errors.Is(err, db.ErrForeignKey))
}
