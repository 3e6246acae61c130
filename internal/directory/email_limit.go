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
// learn no more than one after the other. One that is judged again, because its batch
// was not written, counts once: told keeps that it has.
func (l *emailLimit) judge(org int64, now time.Time, told *bool, judge func(limitReached bool) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := judge(l.reached(org, now, *told))
	if saysTaken(err) && !*told {
		l.told(org, now)
		*told = true
	}
	return err
}

// saysTaken reports whether a refusal tells that an address is taken.
func saysTaken(err error) bool {
	refusal, ok := errors.AsType[*roundtable.Error](err)
	return ok && slices.ContainsFunc(refusal.Fields, func(f roundtable.FieldError) bool { return f.Code == roundtable.CodeEmailTaken })
}

// reached reports whether the organisation may try no further address for now, by what
// was told to others.
func (l *emailLimit) reached(org int64, now time.Time, told bool) bool {
	count, ok := l.counts[org]
	if ok && now.Sub(count.since) >= roundtable.EmailLimitWindow {
		delete(l.counts, org)
		return false
	}
	others := count.n
	if told {
		others--
	}
	return others >= roundtable.EmailLimit
}

// told counts one answer.
func (l *emailLimit) told(org int64, now time.Time) {
	count, ok := l.counts[org]
	if !ok || now.Sub(count.since) >= roundtable.EmailLimitWindow {
		count = emailCount{since: now}
	}
	count.n++
	l.counts[org] = count
}
