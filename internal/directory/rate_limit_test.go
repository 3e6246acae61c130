package directory

import (
	"errors"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
)

func TestRateLimit(t *testing.T) {
	t.Parallel()
	d := &Directory{rates: rateLimit{limit: 3}}
	start := time.Unix(1_770_000_000, 0)
	one, other := Caller{OrgID: 1}, Caller{OrgID: 2}
	for i, step := range []struct {
		caller  Caller
		after   time.Duration
		left    int
		reset   time.Duration
		refused bool
	}{
		{one, 0, 2, 60 * time.Second, false},
		{one, 500 * time.Millisecond, 1, 60 * time.Second, false},
		{other, 20 * time.Second, 2, 60 * time.Second, false},
		{one, 20 * time.Second, 0, 40 * time.Second, false},
		{one, 30 * time.Second, 0, 30 * time.Second, true},
		{one, 59900 * time.Millisecond, 0, time.Second, true},
		{one, 60 * time.Second, 2, 60 * time.Second, false},
		{other, 70 * time.Second, 1, 10 * time.Second, false},
		{one, -time.Hour, 2, 60 * time.Second, false}, // the clock was set back
	} {
		quota, err := d.Take(step.caller, start.Add(step.after))
		if quota != (Quota{Limit: 3, Left: step.left, Reset: step.reset}) {
			t.Errorf("step %d: %+v", i, quota)
		}
		refusal, refused := errors.AsType[*roundtable.Error](err)
		if refused != step.refused || refused && (refusal.Code != roundtable.CodeRateLimited || refusal.RetryAfter != step.reset) {
			t.Errorf("step %d: %v", i, err)
		}
	}
}

func TestNoRateLimit(t *testing.T) {
	t.Parallel()
	d := &Directory{}
	for range 1000 {
		if quota, err := d.Take(Caller{OrgID: 1}, time.Now()); err != nil || quota.Limit != 0 {
			t.Fatalf("%+v, %v", quota, err)
		}
	}
}
