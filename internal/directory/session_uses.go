package directory

import (
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

func (u sessionUse) last() (id, at int64) { return u.id, int64(u.seen) }

// noteSession remembers a use of a session, if it is later than what is stored by enough.
func (u *uses) noteSession(session *roundtable.Session, limits roundtable.SessionLimits, now time.Time) {
	seen := roundtable.Micros(now)
	if seen < session.SeenAt+roundtable.UnixMicros(seenEvery.Microseconds()) {
		return
	}
	u.sessions.keep(sessionUse{session.ID, seen, limits.Until(session.CreatedAt, now)})
}

// writeSessionUses writes uses of sessions. Of one that is gone there is nothing to
// write.
func (o *operation) writeSessionUses(list []sessionUse) error {
	for _, last := range list {
		err := o.tx.Later("UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE id = $1 AND seen_at < $2",
			last.id, int64(last.seen), int64(last.expiresAt))
		if err != nil {
			return err
		}
	}
	return nil
}
