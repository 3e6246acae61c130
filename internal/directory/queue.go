package directory

import (
	"slices"
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// MaxBatch is how many items one transaction takes at most.
const MaxBatch = 256

// MaxQueue is how many items wait, beyond which new ones are refused.
const MaxQueue = 4_096

// maxBatchWeight is how many list elements one transaction takes. A single item may pass
// it alone.
const maxBatchWeight = 20_000

// gatherAtMost bounds how long a worker waits for more items while another is at work.
const (
	gatherAtMost = 2 * time.Millisecond
	fewItems     = 16 // that are not worth a batch beside another
)

// queue holds the items that wait for a worker, with turns by organisation: a busy
// organisation delays itself and not the others. Items on a user who is in the hands
// of one worker wait for it, so that workers do not undo each other's work.
type queue struct {
	mu     sync.Mutex
	filled sync.Cond
	turns  []int64           // organisations with items, in the order of their turns
	items  map[int64][]*item // by organisation, first come first served
	held   map[string]int    // users whose items were taken, and in how many items
	size   int

	underWay int // items that were taken and are not done
	batches  int // that they were taken in

	excess int64 // items that found it full
	closed bool
}

func newQueue() *queue {
	q := &queue{items: make(map[int64][]*item), held: make(map[string]int)}
	q.filled.L = &q.mu
	return q
}

// push adds an item, or refuses it with overloaded or unavailable.
func (q *queue) push(it *item) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return unavailable()
	case q.size >= MaxQueue && !q.dropGone():
		q.excess++
		return &roundtable.Error{Code: roundtable.CodeOverloaded, RetryAfter: retrySoon}
	}
	it.asked = time.Now()
	q.add(it)
	q.filled.Broadcast() // not every worker takes it
	return nil
}

// putBack returns items that a batch left for a later one, to the head of their
// organisation's line. They were admitted once and are not refused now.
func (q *queue) putBack(items []*item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, it := range slices.Backward(items) {
		q.add(it)
		waiting := q.items[it.caller.OrgID]
		copy(waiting[1:], waiting)
		waiting[0] = it
	}
}

// dropGone drops the items whose caller is gone, and tells whether there were any.
func (q *queue) dropGone() bool {
	before := q.size
	for org, waiting := range q.items {
		stay := slices.DeleteFunc(waiting, func(it *item) bool {
			gone := it.ctx.Err() != nil
			if gone {
				it.answer(nil, it.ctx.Err())
			}
			return gone
		})
		q.size -= len(waiting) - len(stay)
		q.items[org] = stay
	}
	q.turns = slices.DeleteFunc(q.turns, func(org int64) bool {
		empty := len(q.items[org]) == 0
		if empty {
			delete(q.items, org)
		}
		return empty
	})
	return q.size < before
}

func (q *queue) add(it *item) {
	waiting, has := q.items[it.caller.OrgID]
	if !has {
		q.turns = append(q.turns, it.caller.OrgID)
	}
	q.items[it.caller.OrgID] = append(waiting, it)
	q.size++
}

// take waits until there is something of its kinds to do and returns a batch of at most
// limit items, at once if no other batch is under way. Items whose caller is gone are dropped. It
// returns nil when the queue is closed and empty. Whoever takes a batch says when it
// is done.
func (q *queue) take(limit int, of kinds) []*item {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		q.gather()
		for _, kind := range of {
			if batch := q.takeTurns(limit, kind); len(batch) > 0 {
				q.hold(batch)
				return batch
			}
		}
		if q.size == 0 && q.closed {
			return nil
		}
		q.filled.Wait()
	}
}

// hold notes that a batch is under way.
func (q *queue) hold(batch []*item) {
	q.batches++
	q.underWay += len(batch)
	for _, it := range batch {
		q.held[it.target]++
	}
}

// gather waits while other batches are under way, for them to end or for as many items
// as they have: a server takes one full transaction more easily than two half-empty ones.
// It never waits long, as the others may be large, but the longer the more there are.
func (q *queue) gather() {
	if q.size == 0 || q.mayBegin() {
		return
	}
	atMost := time.Duration(q.batches*q.batches) * gatherAtMost
	until := time.Now().Add(atMost)
	wake := time.AfterFunc(atMost, q.filled.Broadcast)
	defer wake.Stop()
	for !q.mayBegin() && time.Now().Before(until) && !q.closed {
		q.filled.Wait()
	}
}

// mayBegin reports whether what waits is worth a batch beside those under way.
func (q *queue) mayBegin() bool {
	return q.batches == 0 || q.size >= max(fewItems, q.underWay/q.batches)
}

// done lets go of the users of a batch.
func (q *queue) done(batch []*item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.underWay -= len(batch)
	q.batches--
	for _, it := range batch {
		if q.held[it.target]--; q.held[it.target] <= 0 {
			delete(q.held, it.target)
		}
	}
	q.filled.Broadcast()
}

// takeTurns takes one item of each organisation in turn until the batch is full.
// Bulk work gets at most half of it. What does not fit holds nobody up, and has the
// first turn of the next batch.
func (q *queue) takeTurns(limit int, kind func(*item) bool) []*item {
	var batch []*item
	var late []int64
	weight, bulk := 0, 0
	for len(q.turns) > 0 && len(batch) < limit {
		org := q.turns[0]
		q.turns = q.turns[1:]
		place := q.firstFree(org, kind)
		if place < 0 {
			late = append(late, org)
			continue
		}
		next := q.items[org][place]
		gone := next.ctx.Err() != nil
		tooMuch := len(batch) > 0 && weight+next.weight > maxBatchWeight || next.bulk && bulk >= max(1, limit/2)
		if tooMuch && !gone {
			late = append(late, org)
			continue
		}
		q.drop(org, place)
		if gone {
			next.answer(nil, next.ctx.Err())
			continue
		}
		if next.bulk {
			bulk++
		}
		weight += next.weight
		batch = append(batch, next)
	}
	q.turns = append(late, q.turns...)
	return batch
}

// firstFree is the place of the first item of an organisation that is of the kind and
// that no other worker holds up; below zero if there is none. An operation has no target
// to be held.
func (q *queue) firstFree(org int64, kind func(*item) bool) int {
	return slices.IndexFunc(q.items[org], func(it *item) bool {
		return (it.target == "" || q.held[it.target] == 0) && kind(it)
	})
}

func (q *queue) drop(org int64, place int) {
	q.size--
	if rest := slices.Delete(q.items[org], place, place+1); len(rest) > 0 {
		q.items[org] = rest
		q.turns = append(q.turns, org)
	} else {
		delete(q.items, org)
	}
}

func (q *queue) isClosed() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed
}

// close refuses further items. What waits is still taken.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.filled.Broadcast()
}
