package directory

import (
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// QuotaWindow is the time over which requests are counted.
const QuotaWindow = time.Minute

// maxCountedOrgs bounds the memory of the limit; beyond it counting begins anew.
const maxCountedOrgs = 100_000

// Quota is where an organisation stands with its requests (section 5).
type Quota struct {
	Limit int           // requests in a window; 0: no limit
	Left  int           // of this window
	Reset time.Duration // until the next window, in whole seconds
}

// rateLimit counts the requests of each organisation in windows that begin with the
// first of them.
type rateLimit struct {
	limit   int
	refused int64
	mu      sync.Mutex
	windows map[int64]*rateWindow
}

type rateWindow struct {
	since  time.Time
	n      int  // requests here
	others int  // requests on other nodes, as far as they have told
	told   bool // the others can know of n
}

// holds reports whether the window is not over; it is if the clock was set back before it.
func (w *rateWindow) holds(now time.Time) bool {
	return w != nil && now.Sub(w.since) < QuotaWindow && !now.Before(w.since)
}

// Take counts a request of the caller's organisation, or refuses it with
// rate_limited.
func (d *Directory) Take(caller Caller, now time.Time) (Quota, error) {
	if d.rates.limit <= 0 {
		return Quota{}, nil
	}
	quota := d.rates.take(caller.OrgID, now)
	if quota.Left < 0 {
		quota.Left = 0
		return quota, &roundtable.Error{Code: roundtable.CodeRateLimited, RetryAfter: quota.Reset}
	}
	return quota, nil
}

// take counts a request. Left is below zero if it was one too many, which does not
// count.
func (l *rateLimit) take(org int64, now time.Time) Quota {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.windows == nil || len(l.windows) >= maxCountedOrgs {
		l.windows = make(map[int64]*rateWindow)
	}
	w := l.windows[org]
	if !w.holds(now) {
		w = &rateWindow{since: now}
		l.windows[org] = w
	}
	left := l.limit - w.n - w.others - 1
	if left >= 0 {
		w.n++
		w.told = false
	} else {
		l.refused++
	}
	reset := (w.since.Add(QuotaWindow).Sub(now) + time.Second - 1).Truncate(time.Second)
	return Quota{Limit: l.limit, Left: left, Reset: reset}
}
