package directory

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// Visitor is a browser that asks before it is anybody.
type Visitor struct {
	Origin    roundtable.Origin
	Agent     string // as it calls itself
	RequestID string
	Course    *Course
}

// NewSession is a session with its token, which is shown this once.
type NewSession struct {
	ID        int64
	Token     string
	UserID    string
	ExpiresAt time.Time // if it is never used; use moves it on
}

// storedSession is a session with the hash of its token.
type storedSession struct {
	roundtable.Session
	TokenHash []byte `db:"token_hash"`
}

// AuthenticateSession finds the session that a token belongs to, and its user, as a caller
// of all operations. Each operation judges both again by what it answers from; errors of
// code unauthenticated are alike, and the log says which it was.
func (d *Directory) AuthenticateSession(ctx context.Context, token string, v Visitor) (Caller, error) {
	caller := Caller{Origin: v.Origin, RequestID: v.RequestID, Course: v.Course, secretHash: secret.HashToken(token)}
	if token == "" {
		return caller, d.unauthenticated(roundtable.Actor{}, roundtable.SessionUnknown, v.RequestID)
	}
	session, owner := new(storedSession), new(roundtable.User)
	found := false
	err := d.db.Get(ctx, func(tx *db.Tx) (err error) {
		found, err = tx.One("SELECT "+d.sessions.of("s")+", u.id, u.org_id, u.status, u.disabled FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.token_hash = $1",
			[]any{caller.secretHash[:]}, append(d.sessions.into(session), &owner.ID, &owner.OrgID, &owner.Status, &owner.Disabled)...)
		return err
	})
	if err != nil {
		return caller, translate(err)
	}
	if !found {
		session, owner = nil, nil
	}
	actor, refusal := session.actor(owner, caller, d.now())
	if refusal != roundtable.Accepted {
		return caller, d.unauthenticated(actor, refusal, v.RequestID)
	}
	d.uses.noteSession(actor.Session, d.sessionLimits, d.now())
	caller.SessionID, caller.UserID, caller.OrgID = session.ID, owner.ID, owner.OrgID
	return caller, nil
}

// askSessions reads the sessions of callers.
func (w *workingSet) askSessions(tx *db.Tx, ids []int64) error {
	w.sessions = make(map[int64]*storedSession, len(ids))
	return db.EachInLater(tx, "SELECT "+w.d.sessions.list+" FROM sessions WHERE id IN (?ids)", nil, ids, func(rows *db.Rows) error {
		session := new(storedSession)
		err := rows.Scan(w.d.sessions.into(session)...)
		w.sessions[session.ID] = session
		return err
	})
}

// signedIn is actor for a session.
func (w *workingSet) signedIn(caller Caller) (roundtable.Actor, error) {
	session := w.sessions[caller.SessionID]
	var owner *roundtable.User
	if session != nil {
		owner = w.users[session.UserID]
	}
	actor, refusal := session.actor(owner, caller, w.now)
	if refusal != roundtable.Accepted {
		return actor, w.d.unauthenticated(actor, refusal, caller.RequestID)
	}
	w.d.uses.noteSession(actor.Session, w.d.sessionLimits, w.now)
	return actor, nil
}

// actor judges whether the token that the caller came with lets it in as owner.
func (s *storedSession) actor(owner *roundtable.User, caller Caller, now time.Time) (roundtable.Actor, roundtable.Refusal) {
	if s == nil || owner == nil || subtle.ConstantTimeCompare(s.TokenHash, caller.secretHash[:]) != 1 {
		return roundtable.Actor{}, roundtable.SessionUnknown
	}
	return s.Actor(owner), s.Refuse(owner, now)
}

// beginSession signs a user in: a session for the visitor, in the place of what is over
// and of those beyond the bound. The rules have been asked before.
func (o *operation) beginSession(user *roundtable.User, kind roundtable.SessionKind, v Visitor) (*NewSession, error) {
	token, hash, err := secret.NewToken(o.d.random)
	if err != nil {
		return nil, err
	}
	now := roundtable.Micros(o.now)
	if err := o.tx.Later("DELETE FROM sessions WHERE user_id = $1 AND expires_at <= $2", user.ID, int64(now)); err != nil {
		return nil, err
	}
	err = o.tx.Later("DELETE FROM sessions WHERE user_id = $1 AND id NOT IN"+
		" (SELECT id FROM sessions WHERE user_id = $1 ORDER BY seen_at DESC, id DESC LIMIT $2)", user.ID, roundtable.MaxSessions-1)
	if err != nil {
		return nil, err
	}
	ids, err := o.tx.NextIDs("sessions", 1)
	if err != nil {
		return nil, err
	}
	until := o.d.sessionLimits.Until(now, o.now)
	err = o.tx.Later("INSERT INTO sessions (id, token_hash, user_id, kind, address, agent, created_at, seen_at, expires_at)"+
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
		ids[0], hash[:], user.ID, string(kind), v.address(), v.agent(), int64(now), int64(until))
	o.d.log.Info("signed in", "user_id", user.ID, "session_id", ids[0], "kind", string(kind), "request_id", v.RequestID)
	return &NewSession{ID: ids[0], Token: token, UserID: user.ID, ExpiresAt: time.UnixMicro(int64(until))}, err
}
