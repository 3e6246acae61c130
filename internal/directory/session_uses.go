package directory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// seenEvery is how exactly the use of sessions is stored.
const seenEvery = time.Minute

// sessionUse is the last use of a session, and when the session ends for that.
type sessionUse struct {
	id              int64
	seen, expiresAt roundtable.UnixMicros
}

// noteSession remembers a use of a session, if it is later than what is stored by enough.
func (u *uses) noteSession(session *roundtable.Session, limits roundtable.SessionLimits, now time.Time) {
	seen := roundtable.Micros(now)
	if seen < session.SeenAt+roundtable.UnixMicros(seenEvery.Microseconds()) {
		return
	}
	u.keepSessions(sessionUse{session.ID, seen, limits.Until(session.CreatedAt, now)})
}

// keepSessions remembers uses, of each session the last.
func (u *uses) keepSessions(list ...sessionUse) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.bySession == nil {
		u.bySession = make(map[int64]sessionUse)
	}
	for _, next := range list {
		known, has := u.bySession[next.id]
		if has && known.seen >= next.seen || !has && len(u.bySession) >= maxUses {
			continue
		}
		u.bySession[next.id] = next
	}
}

// takeSessions returns the uses in the order of their sessions, and forgets them.
func (u *uses) takeSessions() []sessionUse {
	u.mu.Lock()
	bySession := u.bySession
	u.bySession = nil
	u.mu.Unlock()
	list := make([]sessionUse, 0, len(bySession))
	for _, last := range bySession {
		list = append(list, last)
	}
	slices.SortFunc(list, func(a, b sessionUse) int { return cmp.Compare(a.id, b.id) })
	return list
}

// writeSessionUses writes the uses of sessions so far. Of one that is gone there is
// nothing to write.
func (d *Directory) writeSessionUses() {
	for list := range slices.Chunk(d.uses.takeSessions(), usesPerItem) {
		it := &item{ctx: context.Background(), server: true, bulk: true, weight: len(list), answered: make(chan struct{})}
		it.do = func(o *operation) error {
			for _, last := range list {
				err := o.tx.Later("UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE id = $1 AND seen_at < $2",
					last.id, int64(last.seen), int64(last.expiresAt))
				if err != nil {
					return err
				}
			}
			return nil
		}
		err := d.queue.push(it)
		if err == nil {
			<-it.answered
			err = it.err
		}
		if err != nil {
			d.uses.keepSessions(list...)
			d.log.Warn("use of sessions not written", "sessions", len(list), "error", err)
		}
	}
}
