package directory

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// An item makes way so often for another node: then it waits for it instead.
const mostYields = 3

// rivalry remembers for some seconds that other nodes were in the way. Only then are users
// claimed before they are changed: it costs, and a node does not get in its own way.
type rivalry struct{ last atomic.Pointer[time.Time] }

const rivalryLasts = 10 * time.Second

func (r *rivalry) learn(err error) {
	if errors.Is(err, db.ErrConflict) {
		now := time.Now()
		r.last.Store(&now)
	}
}

func (r *rivalry) lasts() bool {
	last := r.last.Load()
	return last != nil && time.Since(*last) < rivalryLasts
}

// claim asks for the users that are to be changed. Those that another node is changing are
// left for a later batch, as this one would be in vain as a whole when that one is done.
// It goes to the server with the first reading after it. Who only looks claims nobody.
func (w *workingSet) claim(tx *db.Tx, items []*item) error {
	if !w.d.rivals.lasts() {
		return nil
	}
	w.unclaimed = make(map[string]bool)
	for _, it := range items {
		if it.update != nil && it.yields < mostYields && roundtable.ValidID(it.target) {
			w.unclaimed[it.target] = true
		}
	}
	return tx.ClaimLater("users", keys(w.unclaimed), func(id string) { delete(w.unclaimed, id) })
}

// elsewhere reports whether another node is changing the target of an item.
func (w *workingSet) elsewhere(it *item) bool {
	if !w.unclaimed[it.target] || w.users[it.target] == nil {
		return false
	}
	it.yields++
	return true
}
