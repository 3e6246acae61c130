package roundtable

// SessionKind says how a session began.
type SessionKind string

// The kinds of sessions.
const SSOSession SessionKind = "sso"
