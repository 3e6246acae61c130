package roundtable

import "time"

// SessionKind says how a session began.
type SessionKind string

// The kinds of sessions.
const (
	PasswordSession SessionKind = "password"
	SSOSession      SessionKind = "sso"
	TokenSession    SessionKind = "connection_token"
)

// Limits of sessions.
const (
	MaxSessions       = 50 // of a user; a further one ends the one that was longest unused
	MaxSessionAgent   = 200
	MaxSessionAddress = 64
)

// Session is a browser in which somebody is signed in, without the token that proves it.
type Session struct {
	ID        int64       `db:"id"`
	UserID    string      `db:"user_id"`
	Kind      SessionKind `db:"kind"`
	Address   string      `db:"address"` // from where it began
	Agent     string      `db:"agent"`   // the browser, as it calls itself
	CreatedAt UnixMicros  `db:"created_at"`
	SeenAt    UnixMicros  `db:"seen_at"` // to the minute
	ExpiresAt UnixMicros  `db:"expires_at"`
}

// Refuse judges whether the session still stands for owner.
func (s *Session) Refuse(owner *User, now time.Time) Refusal {
	switch {
	case s == nil || owner == nil:
		return SessionUnknown
	case Micros(now) >= s.ExpiresAt:
		return SessionExpired
	case owner.Disabled:
		return OwnerDisabled
	case owner.Status != Active:
		return OwnerInvited
	}
	return Accepted
}

// Actor is the session as a caller: its user, with all that the user may do.
func (s *Session) Actor(owner *User) Actor {
	return Actor{Key: &APIKey{UserID: owner.ID}, Session: s, User: owner}
}

// SessionLimits say how long a session lasts.
type SessionLimits struct {
	Idle     time.Duration // without use
	Absolute time.Duration // whatever its use
}

// Until is when a session that began at some time, and is used now, ends.
func (l SessionLimits) Until(began UnixMicros, now time.Time) UnixMicros {
	return min(Micros(now.Add(l.Idle)), began+UnixMicros(l.Absolute.Microseconds()))
}

// ReadSessions judges whether actor may list the sessions of target: the user itself and
// its administrators may.
func ReadSessions(actor Actor, target *User, facts *Facts) error {
	return ReadHistory(actor, target, facts)
}

// EndSessions judges whether actor may end sessions of target: the user itself and its
// administrators may. Nothing is won by that, so that a narrow key may do it too.
func EndSessions(actor Actor, target *User, facts *Facts) error {
	switch {
	case target == nil || !facts.CanRead(actor.User, target):
		return &Error{Code: CodeNotFound}
	case actor.User.ID != target.ID && !facts.Administers(actor.User, target), !actor.Key.may(PermissionUserEdit):
		return &Error{Code: CodeForbidden}
	}
	return nil
}
