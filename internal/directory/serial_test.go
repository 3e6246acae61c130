package directory

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// -serial.seed repeats one random scene.
var oneSeed = flag.Uint64("serial.seed", 0, "run the serial equivalence test with this seed alone")

// tally counts what became of items, so that the test cannot pass on scenes in
// which nothing happens.
type tally struct{ items, changed, made, noOps, refused, unauthenticated, waited int }

// TestBatchEqualsSerial holds random batches against the same items one by one,
// in the order in which the batches judged them: the answers are equal, and so is
// every row.
func TestBatchEqualsSerial(t *testing.T) {
	t.Parallel()
	seeds := []uint64{1, 2, 3, 4, 5, 6}
	if testing.Short() {
		seeds = seeds[:3]
	}
	if seeds = append(seeds, rand.Uint64()); *oneSeed != 0 {
		seeds = []uint64{*oneSeed}
	}
	var total tally
	t.Run("scenes", func(t *testing.T) {
		for _, seed := range seeds {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				total.add(equalScene(t, seed))
			})
		}
	})
	t.Logf("%+v; the last seed was random", total)
	if total.changed*6 < total.items || total.made*60 < total.items || total.noOps == 0 || total.refused == 0 || total.unauthenticated == 0 || total.waited*20 < total.items {
		t.Errorf("the scenes are dull: %+v", total)
	}
}

func (c *tally) add(other tally) {
	c.items += other.items
	c.changed += other.changed
	c.made += other.made
	c.noOps += other.noOps
	c.refused += other.refused
	c.unauthenticated += other.unauthenticated
	c.waited += other.waited
}

// equalScene runs two batches of one scene on one database and their items on
// another.
func equalScene(t *testing.T, seed uint64) (count tally) {
	s := newScene(seed)
	batched, serial := open(t, s.seed, Options{}), open(t, s.seed, Options{})
	// Previews count against a limit of their own, as the updates do.
	previews := New(serial.db, Options{Now: func() time.Time { return serial.now }})
	t.Cleanup(previews.Close)
	rows := s.rows()
	batched.exec(t, rows...)
	serial.exec(t, rows...)
	for range 2 {
		batched.now = batched.now.Add(time.Minute) // the limit on addresses begins anew
		serial.now = batched.now
		steps := s.steps(64 + s.rng.IntN(193))
		first, second := itemsOf(t, batched, steps), itemsOf(t, serial, steps)
		twins := make(map[*item]*item, len(steps))
		for i := range first {
			twins[first[i]] = second[i]
		}
		order, waited := batched.runAll(t, first)
		count.waited += waited
		for _, it := range order {
			twin := twins[it]
			preview, previewErr := previews.judgeOnSnapshot(twin)
			serial.runAll(t, []*item{twin})
			if got, want := answer(t, it.outcome, it.err), answer(t, twin.outcome, twin.err); got != want {
				t.Fatalf("-serial.seed=%d: %s changes %s by %+v\nin a batch: %s\nalone:      %s", seed, it.caller.UserID, it.target, *it.patch(), got, want)
			} else if told := answer(t, preview, previewErr); told != want {
				t.Fatalf("-serial.seed=%d: the preview tells %s\nthe update %s", seed, told, want)
			}
			count.note(it)
		}
		if diff := differences(batched.dump(t), serial.dump(t)); len(diff) > 0 {
			t.Fatalf("-serial.seed=%d: in a batch (-) and alone (+)\n%s", seed, strings.Join(diff, "\n"))
		}

	}
	return count
}

func itemsOf(t *testing.T, d *opened, steps []step) []*item {
	items := make([]*item, len(steps))
	for i, s := range steps {
		update := s.update
		caller := d.caller(s.by)
		caller.RequestID = fmt.Sprint("request ", i)
		if s.create != nil {
			items[i] = newCreation(t.Context(), caller, s.create)
			continue
		}
		items[i] = newItem(t.Context(), caller, s.target, &update)
	}
	return items
}

// answer is all that an item came to, as text.
func answer(t *testing.T, o *roundtable.Outcome, err error) string {
	if err != nil {
		refusal := wrong(t, err) // fails the test on a panic or an error of the database
		return refusal
	}
	after := *o.After
	text, jsonErr := json.Marshal([]any{after.EmailKey, after.Version, o.Org.ID, o.Changes, o.Effects, o.Endings, o.Ignored})
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	return string(text)
}

func (c *tally) note(it *item) {
	c.items++
	switch {
	case it.err != nil && strings.HasPrefix(it.err.Error(), string(roundtable.CodeUnauthenticated)):
		c.unauthenticated++
	case it.err != nil:
		c.refused++
	case it.create != nil:
		c.made++
	case it.outcome.Changed():
		c.changed++
	default:
		c.noOps++
	}
}
