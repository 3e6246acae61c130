package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// waiting is an item of an organisation that weighs so much.
func waiting(org int64, weight int) *item {
	return &item{ctx: context.Background(), caller: Caller{OrgID: org}, weight: weight, answered: make(chan struct{})}
}

func filled(t *testing.T, items ...*item) *queue {
	t.Helper()
	q := newQueue()
	for i, it := range items {
		if err := q.push(it); err != nil {
			t.Fatalf("item %d: %v", i, err)
		}
	}
	return q
}

func repeat(n int, org int64, weight int) []*item {
	items := make([]*item, n)
	for i := range items {
		items[i] = waiting(org, weight)
	}
	return items
}

func orgs(batch []*item) []int64 {
	ids := make([]int64, len(batch))
	for i, it := range batch {
		ids[i] = it.caller.OrgID
	}
	return ids
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	q := filled(t, repeat(4096, 1, 1)...)
	err := q.push(waiting(2, 1))
	refusal, ok := errors.AsType[*roundtable.Error](err)
	if !ok || refusal.Code != roundtable.CodeOverloaded || refusal.RetryAfter.Seconds() != 1 {
		t.Errorf("item 4,097: %v", err)
	}
	batch := q.take(MaxBatch, []kind{anything})
	if err := q.push(waiting(2, 1)); err != nil {
		t.Errorf("once there is room: %v", err)
	}
	// What a batch leaves for later was let in once, and is let in though the queue is full.
	for range 255 {
		_ = q.push(waiting(2, 1))
	}
	if q.putBack(batch[:2]); q.size != 4098 {
		t.Errorf("%d items after two came back", q.size)
	}
}

// Who has left frees its place for others.
func TestQueueOfThoseWhoLeftIsEmpty(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	items := repeat(4096, 1, 1)
	for _, it := range items {
		it.ctx = ctx
	}
	q := filled(t, items...)
	leave()
	if err := q.push(waiting(2, 1)); err != nil {
		t.Errorf("all who wait have left, and yet: %v", err)
	}
}

func TestBatchSize(t *testing.T) {
	t.Parallel()
	q := filled(t, repeat(600, 1, 1)...)
	for _, want := range []int{256, 256, 88} {
		if got := len(q.take(MaxBatch, []kind{anything})); got != want {
			t.Errorf("a batch of %d items, want %d", got, want)
		}
	}
	if q = filled(t, repeat(3, 1, 1)...); len(q.take(1, []kind{anything})) != 1 || len(q.take(2, []kind{anything})) != 2 {
		t.Error("a smaller limit does not hold")
	}
}

func TestBatchWeight(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		weights []int
		want    []int // items of each batch
	}{
		"fits exactly":      {[]int{10_000, 10_000, 1}, []int{2, 1}},
		"one too many":      {[]int{10_000, 10_001, 1}, []int{1, 2}},
		"too heavy, alone":  {[]int{30_000, 1}, []int{1, 1}},
		"too heavy, second": {[]int{1, 30_000, 1}, []int{1, 1, 1}},
		"light ones":        {[]int{7_000, 7_000, 6_000, 1}, []int{3, 1}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var items []*item
			for _, weight := range test.weights {
				items = append(items, waiting(1, weight))
			}
			q := filled(t, items...)
			var taken []*item
			for i, want := range test.want {
				batch := q.take(MaxBatch, []kind{anything})
				if len(batch) != want {
					t.Errorf("batch %d has %d items, want %d", i, len(batch), want)
				}
				taken = append(taken, batch...)
			}
			if !slices.Equal(taken, items) {
				t.Error("one organisation's items left their order")
			}
		})
	}
}

// An item weighs one more than the elements of its lists.
func TestItemWeight(t *testing.T) {
	t.Parallel()
	patch := setShops(1, 2, 3)
	patch.Accesses = some([][]int64{{1}, {2, 3}})
	if it := newItem(t.Context(), Caller{}, userID(1), &roundtable.Update{Patch: patch}); it.weight != 7 {
		t.Errorf("weight %d, want 7", it.weight)
	}
	if it := newItem(t.Context(), Caller{}, userID(1), &roundtable.Update{}); it.weight != 1 {
		t.Errorf("weight %d, want 1", it.weight)
	}
}

// A busy organisation delays itself and not the others.
func TestTurnsByOrganisation(t *testing.T) {
	t.Parallel()
	q := filled(t, slices.Concat(repeat(500, 1, 1), repeat(2, 2, 1), repeat(1, 3, 1))...)
	if got := orgs(q.take(8, []kind{anything})); !slices.Equal(got, []int64{1, 2, 3, 1, 2, 1, 1, 1}) {
		t.Errorf("turns %v", got)
	}
	// Turns go on from batch to batch.
	q = filled(t, waiting(1, 1), waiting(1, 1), waiting(2, 1), waiting(2, 1), waiting(3, 1))
	if got := slices.Concat(orgs(q.take(2, []kind{anything})), orgs(q.take(2, []kind{anything})), orgs(q.take(2, []kind{anything}))); !slices.Equal(got, []int64{1, 2, 3, 1, 2}) {
		t.Errorf("turns %v", got)
	}
}

// A heavy item that does not fit waits, and its organisation with it, but not for
// ever while others keep coming.
func TestHeavyItemGetsItsTurn(t *testing.T) {
	t.Parallel()
	heavy := waiting(2, maxBatchWeight)
	q := filled(t, slices.Concat(repeat(600, 1, 1), []*item{heavy}, repeat(600, 3, 1))...)
	for range 20 {
		batch := q.take(MaxBatch, []kind{anything})
		if slices.Contains(batch, heavy) {
			return
		}
		for _, it := range batch {
			if err := q.push(waiting(it.caller.OrgID, 1)); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Error("20 batches went by, and an item of 20,000 elements was in none of them")
}

// What does not fit holds nobody else up: the batch is filled with what does.
func TestHeavyItemHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	q := filled(t, slices.Concat(repeat(300, 1, 1), repeat(300, 2, maxBatchWeight), repeat(300, 3, 1))...)
	if batch := q.take(MaxBatch, []kind{anything}); len(batch) != 256 || slices.Contains(orgs(batch), 2) {
		t.Errorf("a batch of %d items", len(batch))
	}
}

func TestBulkIsHalfABatch(t *testing.T) {
	t.Parallel()
	bulk := func(n int, org int64) []*item {
		items := repeat(n, org, 1)
		for _, it := range items {
			it.bulk = true
		}
		return items
	}
	count := func(batch []*item) (n int) {
		for _, it := range batch {
			if it.bulk {
				n++
			}
		}
		return n
	}
	q := filled(t, slices.Concat(bulk(400, 1), repeat(400, 2, 1))...)
	if batch := q.take(MaxBatch, []kind{anything}); len(batch) != 256 || count(batch) != 128 {
		t.Errorf("%d of %d items are bulk", count(batch), len(batch))
	}
	q = filled(t, bulk(400, 1)...)
	if batch := q.take(MaxBatch, []kind{anything}); len(batch) != 128 {
		t.Errorf("bulk alone makes a batch of %d", len(batch))
	}
	q = filled(t, bulk(2, 1)...)
	if batch := q.take(1, []kind{anything}); len(batch) != 1 {
		t.Error("with one item a batch, bulk is never done")
	}
	q = filled(t, slices.Concat(bulk(300, 1), bulk(300, 2), repeat(10, 3, 1))...)
	if batch := q.take(MaxBatch, []kind{anything}); count(batch) != 128 || len(batch) != 138 {
		t.Errorf("of two organisations %d of %d items are bulk", count(batch), len(batch))
	}
}

func TestQueueDropsThoseWhoLeft(t *testing.T) {
	t.Parallel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	first, second, third := withContext(gone, waiting(1, 1)), waiting(1, 1), withContext(gone, waiting(2, 30_000))
	q := filled(t, first, third, second)
	if batch := q.take(MaxBatch, []kind{anything}); !slices.Equal(batch, []*item{second}) || q.size != 0 {
		t.Errorf("took %d items, %d are left", len(batch), q.size)
	}
	for _, it := range []*item{first, third} {
		if it.stillOpen() || !errors.Is(it.err, context.Canceled) {
			t.Errorf("answered %v", it.err)
		}
	}
}

func TestClosedQueue(t *testing.T) {
	t.Parallel()
	q := filled(t, repeat(3, 1, 1)...)
	q.close()
	if refusal, ok := errors.AsType[*roundtable.Error](q.push(waiting(1, 1))); !ok || refusal.Code != roundtable.CodeUnavailable {
		t.Errorf("push after close: %v", refusal)
	}
	batch := q.take(2, []kind{anything})
	q.putBack(batch[:1])
	if got := len(q.take(9, []kind{anything})); got != 2 {
		t.Errorf("%d items are left to do, want 2", got)
	}
	if batch := q.take(9, []kind{anything}); batch != nil {
		t.Error("a batch out of a closed and empty queue")
	}
}

// on is an item on a user.
func on(user string, org int64) *item {
	it := waiting(org, 1)
	it.target = user
	return it
}

func TestQueueKeepsUsersApart(t *testing.T) {
	t.Parallel()
	first, second, other, moved, operation := on("a", 1), on("a", 1), on("b", 1), on("a", 2), waiting(1, 1)
	q := filled(t, first)
	taken := q.take(MaxBatch, []kind{anything})
	for _, it := range []*item{second, other, moved, operation} {
		if err := q.push(it); err != nil {
			t.Fatal(err)
		}
	}
	if batch := q.take(MaxBatch, []kind{anything}); !slices.Equal(batch, []*item{other, operation}) {
		t.Errorf("beside a batch on a, %d items are taken, want those on others", len(batch))
	}
	next := make(chan []*item)
	go func() { next <- q.take(MaxBatch, []kind{anything}) }()
	q.done(taken)
	if batch := <-next; len(batch) != 2 || !slices.Contains(batch, second) || !slices.Contains(batch, moved) {
		t.Errorf("after it, %d items are taken, want both on a", len(batch))
	}
}

func TestQueueClosesBehindHeldUsers(t *testing.T) {
	t.Parallel()
	q := filled(t, on("a", 1))
	taken := q.take(MaxBatch, []kind{anything})
	if err := q.push(on("a", 1)); err != nil {
		t.Fatal(err)
	}
	q.close()
	next := make(chan []*item)
	go func() { next <- q.take(MaxBatch, []kind{anything}) }()
	q.done(taken)
	last := <-next
	if q.done(last); len(last) != 1 || q.take(MaxBatch, []kind{anything}) != nil || len(q.held) != 0 {
		t.Errorf("%d items were left, %v held", len(last), q.held)
	}
}

// Beside another batch a worker waits for company, or for that one to end, but not long;
// alone it waits for nothing.
func TestQueueGathers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := filled(t, on("a", 1), on("b", 1))
		begin := time.Now()
		taken := make(chan []*item)
		take := func() { taken <- q.take(MaxBatch, []kind{anything}) }
		add := func(users int) {
			for n := range users {
				if err := q.push(on(fmt.Sprint(n), 1)); err != nil {
					t.Error(err)
				}
			}
		}
		want := func(what string, batch []*item, items int, waited time.Duration) {
			t.Helper()
			if time.Since(begin) != waited || len(batch) != items {
				t.Errorf("%s a worker takes %d items after %s, want %d after %s", what, len(batch), time.Since(begin), items, waited)
			}
		}
		first := q.take(MaxBatch, []kind{anything})
		want("alone", first, 2, 0)
		add(1)
		go take()
		synctest.Wait()
		add(enoughInert - 1)
		second := <-taken
		want("with company", second, enoughInert, 0)
		q.done(second)
		add(1)
		go take()
		third := <-taken
		want("without company", third, 1, patience)
		add(1)
		go take()
		synctest.Wait()
		q.done(first)
		q.done(third)
		want("when the others end", <-taken, 1, patience)
	})
}

// Where many ask, a batch that is alone waits for most of those who were just answered, but
// hardly: twice as many transactions would be half as full.
func TestQueueWaitsForThoseAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, test := range []struct {
			asked, again, taken int
			waits               time.Duration
		}{
			{asked: many - 1, again: 1, taken: 1},
			{asked: many, again: many * 3 / 4, taken: many * 3 / 4},
			{asked: many, again: many*3/4 - 1, taken: many*3/4 - 1, waits: comeBack},
			{asked: 4 * many, again: enoughInert, taken: enoughInert},
		} {
			q := filled(t, repeat(test.asked, 1, 1)...)
			first := q.take(MaxBatch, []kind{anything})
			q.done(first)
			begin := time.Now()
			for range test.again {
				if err := q.push(waiting(1, 1)); err != nil {
					t.Fatal(err)
				}
			}
			batch := q.take(MaxBatch, []kind{anything})
			if len(first) != test.asked || len(batch) != test.taken || time.Since(begin) != test.waits {
				t.Errorf("%d were answered and %d ask again: %d are taken after %s, want %d after %s",
					len(first), test.again, len(batch), time.Since(begin), test.taken, test.waits)
			}
			q.done(batch)
			time.Sleep(comeBack)
			if err := q.push(waiting(1, 1)); err != nil {
				t.Fatal(err)
			}
			begin = time.Now()
			if q.take(MaxBatch, []kind{anything}); time.Since(begin) != 0 {
				t.Errorf("one that comes later waits %s", time.Since(begin))
			}
		}
	})
}

// What decides waits for company even if it would be alone, where many ask.
func TestQueueGathersWhatDecides(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := filled(t, repeat(many, 1, 1)...)
		q.done(q.take(MaxBatch, []kind{anything}))
		for _, test := range []struct {
			items int
			waits time.Duration
		}{{1, patienceDeciding}, {enoughDeciding, 0}} {
			q.gather.around = many
			begin := time.Now()
			for range test.items {
				if err := q.push(waiting(1, 1)); err != nil {
					t.Fatal(err)
				}
			}
			batch := q.take(MaxBatch, []kind{decides, inert})
			if len(batch) != test.items || time.Since(begin) != test.waits {
				t.Errorf("%d items after %s, want %d after %s", len(batch), time.Since(begin), test.items, test.waits)
			}
			q.done(batch)
		}
	})
}

// What decides is taken by itself: fewer are enough, as there is little of it, and it waits longer.
func TestQueueKeepsKindsApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := filled(t, waiting(1, 1))
		busy := q.take(MaxBatch, []kind{anything})
		begin := time.Now()
		for n := range enoughInert - 1 {
			it := on(fmt.Sprint(n), 1)
			it.update = &roundtable.Update{}
			_ = q.push(it)
		}
		_ = q.push(waiting(1, 1))
		taken := make(chan []*item)
		take := func() { taken <- q.take(MaxBatch, []kind{decides, inert}) }
		go take()
		rest := <-taken
		if len(rest) != enoughInert-1 || rest[0].update == nil || time.Since(begin) != patience {
			t.Errorf("%d items after %s, want those that decide nothing after %s", len(rest), time.Since(begin), patience)
		}
		q.done(rest)
		go take()
		deciding := <-taken
		if len(deciding) != 1 || deciding[0].update != nil || time.Since(begin) != patienceDeciding {
			t.Errorf("%d items after %s, want the deciding one after %s", len(deciding), time.Since(begin), patienceDeciding)
		}
		q.done(deciding)
		q.done(busy)
	})
}
