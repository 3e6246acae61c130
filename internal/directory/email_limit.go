package directory

import (
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// emailLimit counts, for each organisation, how often it was told within the
// window that an address is taken (section 1.7). It is kept in memory: a restart
// forgives.
type emailLimit struct {
	mu     sync.Mutex
	counts map[int64]emailCount
}

type emailCount struct {
	since time.Time
	n     int
}

func newEmailLimit() *emailLimit { return &emailLimit{counts: make(map[int64]emailCount)} }

// reached reports whether the organisation may try no further address for now.
func (l *emailLimit) reached(org int64, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	count, ok := l.counts[org]
	if ok && now.Sub(count.since) >= roundtable.EmailLimitWindow {
		delete(l.counts, org)
		return false
	}
	return count.n >= roundtable.EmailLimit
}

// told counts one answer.
func (l *emailLimit) told(org int64, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	count, ok := l.counts[org]
	if !ok || now.Sub(count.since) >= roundtable.EmailLimitWindow {
		count = emailCount{since: now}
	}
	count.n++
	l.counts[org] = count
}
