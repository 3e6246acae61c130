package directory

import (
	"context"
	"time"

	"github.com/roundtable-directory/roundtable"
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

// admitting is changing for a visitor, who is nobody yet: do judges what it is let do. The
// turn in the queue is that of an organisation.
func admitting[T any](ctx context.Context, d *Directory, v Visitor, orgID int64, do func(*operation) (T, error)) (T, error) {
	var result T
	caller := Caller{OrgID: orgID, Origin: v.Origin, RequestID: v.RequestID, Course: v.Course}
	it := &item{ctx: ctx, caller: caller, server: true, weight: 1, answered: make(chan struct{})}
	it.do = func(o *operation) (err error) {
		result, err = do(o)
		return err
	}
	if err := d.queue.push(it); err != nil {
		return result, err
	}
	select {
	case <-it.answered:
		v.Course.add(it.step)
		return result, it.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// beginSession signs a user in.
func (o *operation) beginSession(user *roundtable.User, kind roundtable.SessionKind, v Visitor) (*NewSession, error) {
	token, hash, err := secret.NewToken(o.d.random)
	if err != nil {
		return nil, err
	}
	ids, err := o.tx.NextIDs("sessions", 1)
	if err != nil {
		return nil, err
	}
	until := o.now.Add(12 * time.Hour)
	err = o.tx.Later("INSERT INTO sessions (id, token_hash, user_id, kind, address, agent, created_at, seen_at, expires_at)"+
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
		ids[0], hash[:], user.ID, string(kind), v.Origin.Address.String(), v.Agent, o.now.UnixMicro(), until.UnixMicro())
	return &NewSession{ID: ids[0], Token: token, UserID: user.ID, ExpiresAt: until}, err
}
