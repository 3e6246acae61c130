package directory

import (
	"errors"
	"slices"
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

// judge judges an update that names an e-mail address, under the limit of the
// caller's organisation. Such updates are judged one at a time, so that many at once
// learn no more than one after the other.
func (l *emailLimit) judge(org int64, now time.Time, judge func(limitReached bool) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := judge(l.reached(org, now))
	if saysTaken(err) {
		l.told(org, now)
	}
	return err
}

// saysTaken reports whether a refusal tells that an address is taken.
func saysTaken(err error) bool {
	refusal, ok := errors.AsType[*roundtable.Error](err)
	return ok && slices.ContainsFunc(refusal.Fields, func(f roundtable.FieldError) bool { return f.Code == roundtable.CodeEmailTaken })
}

// reached reports whether the organisation may try no further address for now.
func (l *emailLimit) reached(org int64, now time.Time) bool {
	count, ok := l.counts[org]
	if ok && !count.holds(now) {
		delete(l.counts, org)
		return false
	}
	return count.n >= roundtable.EmailLimit
}

// told counts one answer.
func (l *emailLimit) told(org int64, now time.Time) {
	count, ok := l.counts[org]
	if !ok || !count.holds(now) {
		count = emailCount{since: now}
	}
	count.n++
	l.counts[org] = count
}

// holds reports whether the window of a count is not over; it is if the clock was set
// back before it.
func (c emailCount) holds(now time.Time) bool {
	return now.Sub(c.since) < roundtable.EmailLimitWindow && !now.Before(c.since)
}

// forgive takes back one answer that was not given.
func (l *emailLimit) forgive(org int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if count, ok := l.counts[org]; ok && count.n > 0 {
		count.n--
		l.counts[org] = count
	}
}
