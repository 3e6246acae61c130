package directory

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// shopWithReaders is one shop, and so many who want to know of its reviews, half of them
// by an access set.
func shopWithReaders(n int) Seed {
	users := []roundtable.User{person(merlin, 1, roundtable.Provider), person(arthur, 1, roundtable.OrgAdmin)}
	for i := range n {
		reader := manager(i+3, 1, 1)
		if i%2 == 0 {
			reader = groupManager(i+3, 1, [][]int64{{1}})
		}
		reader.ReceiveReviewsEmailNotifications = true
		reader.Keywords = []string{"service", "pain rassis", fmt.Sprint("word ", i%10)}
		users = append(users, reader)
	}
	return seedOf([]SeedOrg{{ID: 1, ProviderID: 1}}, map[int64][]int64{1: {1}}, map[int64][]int64{1: {1}}, map[int64][][]int64{1: {{1}}}, users)
}

// A list of 1,000 bad reviews of a shop with 50 readers is taken whole, by transactions of
// which none is long, and once however often it is sent.
func TestManyBadReviews(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var took []time.Duration
	d := open(t, shopWithReaders(50), Options{ReviewThreshold: 2, Observe: func(b Batch) {
		mu.Lock()
		defer mu.Unlock()
		took = append(took, b.Took)
	}})
	var batch roundtable.ReviewBatch
	for i := range roundtable.MaxReviews {
		review := stars(fmt.Sprint("r", i), 1, 1)
		review.Text = some(strings.Repeat("The service was slow and the bread stale. ", 5))
		batch.Reviews = append(batch.Reviews, review)
	}
	batch.Listed = true
	caller := d.caller(arthur)
	caller.Retry = &Retry{Scope: sha256.Sum256([]byte("scope")), Answer: func(result any, refusal error) (Answer, error) {
		return Answer{Status: 200, Body: fmt.Sprint(*result.(*TakenReviews), refusal)}, nil
	}}
	began := time.Now()
	taken, err := d.TakeReviews(t.Context(), caller, batch)
	if err != nil || *taken != (TakenReviews{Created: 1000}) {
		t.Fatalf("%+v, %v", taken, err)
	}
	var longest time.Duration
	for _, one := range took {
		longest = max(longest, one)
	}
	t.Logf("1,000 reviews, 50,000 mails: %v in %d transactions, the longest %v", time.Since(began), len(took), longest)
	if len(took) < 50 {
		t.Errorf("%d transactions", len(took))
	}
	if told := d.told(t); len(told) != 50_000 {
		t.Errorf("%d told", len(told))
	}
	if answers := d.query(t, "SELECT answer FROM idempotent_answers"); len(answers) != 1 || !strings.Contains(answers[0], "{1000 0 0}") {
		t.Errorf("kept: %q", answers)
	}
	_, err = d.TakeReviews(t.Context(), caller, batch)
	if replayed, ok := err.(*Replayed); !ok || !strings.Contains(replayed.Answer.Body, "{1000 0 0}") {
		t.Errorf("sent again: %v", err)
	}
	caller.Retry = nil
	if taken, err = d.TakeReviews(t.Context(), caller, batch); err != nil || *taken != (TakenReviews{Unchanged: 1000}) {
		t.Errorf("once more: %+v, %v", taken, err)
	}
	// One that is wrong, however late it comes, keeps all others out.
	batch.Reviews = append(batch.Reviews[1:], stars("wrong", 1, 6))
	batch.Reviews[0] = stars("other", 1, 1)
	_, err = d.TakeReviews(t.Context(), caller, batch)
	wantRefusal(t, "a wrong one", wrong(t, err), "invalid (reviews.999.rating: out_of_range)")
	if reviews := d.query(t, "SELECT id FROM reviews"); len(reviews) != roundtable.MaxReviews {
		t.Errorf("%d reviews in the end", len(reviews))
	}
}
