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
	gather gathering

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
	it.asked, it.kind = time.Now(), kindOf(it)
	q.add(it)
	if q.gather.tells(it.kind, it.asked) {
		q.filled.Broadcast() // not every worker takes it
	}
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
				q.gather.left(it.kind)
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
	q.gather.arrived(it.kind, time.Now())
}

// take waits until there is something of its kinds to do and returns a batch of at most
// limit items, of the first kind of which there is enough. Items whose caller is gone
// are dropped. It returns nil when the queue is closed and empty. Whoever takes a batch
// says when it is done.
func (q *queue) take(limit int, of []kind) []*item {
	q.mu.Lock()
	defer q.mu.Unlock()
	wake := time.AfterFunc(time.Hour, q.filled.Broadcast)
	defer wake.Stop()
	for {
		for _, kind := range of {
			worth, in := q.gather.worth(kind, time.Now())
			if worth || q.closed {
				if batch := q.takeTurns(limit, kind); len(batch) > 0 {
					q.hold(batch, kind)
					return batch
				}
			} else if in > 0 {
				wake.Reset(in)
			}
		}
		if q.size == 0 && q.closed {
			return nil
		}
		q.filled.Wait()
	}
}

// hold notes that a batch is under way.
func (q *queue) hold(batch []*item, of kind) {
	q.gather.begin(len(batch), of, time.Now())
	for _, it := range batch {
		q.held[it.target]++
	}
}

// done lets go of the users of a batch.
func (q *queue) done(batch []*item) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gather.end(len(batch), time.Now())
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
func (q *queue) takeTurns(limit int, of kind) []*item {
	var batch []*item
	var late []int64
	weight, bulk := 0, 0
	for len(q.turns) > 0 && len(batch) < limit {
		org := q.turns[0]
		q.turns = q.turns[1:]
		place := q.firstFree(org, of)
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
func (q *queue) firstFree(org int64, of kind) int {
	return slices.IndexFunc(q.items[org], func(it *item) bool {
		return (it.target == "" || q.held[it.target] == 0) && it.kind&of != 0
	})
}

func (q *queue) drop(org int64, place int) {
	q.size--
	q.gather.left(q.items[org][place].kind)
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
