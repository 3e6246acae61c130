package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// SessionView is a session as its user and its administrators see it.
type SessionView struct {
	ID        int64                  `json:"id"`
	Kind      roundtable.SessionKind `json:"kind"`
	Address   roundtable.NullText    `json:"address"`
	Agent     roundtable.NullText    `json:"agent"`
	CreatedAt roundtable.UnixMicros  `json:"created_at"`
	SeenAt    roundtable.UnixMicros  `json:"seen_at"`
	ExpiresAt roundtable.UnixMicros  `json:"expires_at"`
	Current   bool                   `json:"current"` // the one that asks
}

// ListSessions returns the sessions of a user that are not over, the last used first, for
// the user and its administrators. They are MaxSessions at most.
func (d *Directory) ListSessions(ctx context.Context, caller Caller, id string) ([]SessionView, error) {
	return reading(ctx, d, caller, func(o *operation) ([]SessionView, error) {
		target, err := o.about(id, roundtable.ReadNeeds)
		if err == nil {
			err = roundtable.ReadSessions(o.actor, target, o.facts)
		}
		if err != nil {
			return nil, err
		}
		views := []SessionView{}
		err = o.tx.Each("SELECT "+d.sessions.list+" FROM sessions WHERE user_id = $1 AND expires_at > $2 ORDER BY seen_at DESC, id DESC",
			[]any{id, o.now.UnixMicro()}, func(rows *db.Rows) error {
				s := new(storedSession)
				err := rows.Scan(d.sessions.into(s)...)
				views = append(views, SessionView{
					ID: s.ID, Kind: s.Kind, Address: roundtable.NullText(s.Address), Agent: roundtable.NullText(s.Agent),
					CreatedAt: s.CreatedAt, SeenAt: s.SeenAt, ExpiresAt: s.ExpiresAt, Current: s.ID == caller.SessionID,
				})
				return err
			})
		return views, err
	})
}

// EndSession ends a session of a user, for the user and its administrators.
func (d *Directory) EndSession(ctx context.Context, caller Caller, id string, sessionID int64) error {
	_, err := changing(ctx, d, caller, 1, func(o *operation) (int64, error) {
		if err := o.mayEndSessions(id); err != nil {
			return 0, err
		}
		ended, err := o.tx.Exec("DELETE FROM sessions WHERE user_id = $1 AND id = $2", id, sessionID)
		if err == nil && ended == 0 {
			err = &roundtable.Error{Code: roundtable.CodeNotFound}
		}
		if err == nil {
			err = o.endHandovers(id)
		}
		return ended, err
	})
	if err == nil {
		d.logEnded(caller, id, 1)
	}
	return err
}

// EndSessions ends the sessions of a user, but not the one that asks, and returns how many
// they were.
func (d *Directory) EndSessions(ctx context.Context, caller Caller, id string) (int64, error) {
	ended, err := changing(ctx, d, caller, 1, func(o *operation) (int64, error) {
		if err := o.mayEndSessions(id); err != nil {
			return 0, err
		}
		var live int64
		_, err := o.tx.One("SELECT count(*) FROM sessions WHERE user_id = $1 AND id <> $2 AND expires_at > $3",
			[]any{id, caller.SessionID, o.now.UnixMicro()}, &live)
		if err == nil {
			_, err = o.tx.Exec("DELETE FROM sessions WHERE user_id = $1 AND id <> $2", id, caller.SessionID)
		}
		if err == nil {
			err = o.endHandovers(id)
		}
		return live, err
	})
	if err == nil {
		d.logEnded(caller, id, ended)
	}
	return ended, err
}

func (o *operation) mayEndSessions(id string) error {
	target, err := o.about(id, roundtable.ReadNeeds)
	if err != nil {
		return err
	}
	return roundtable.EndSessions(o.actor, target, o.facts)
}

// endHandovers voids what a session that ends has handed out.
func (o *operation) endHandovers(id string) error {
	return o.tx.Later("DELETE FROM handovers WHERE user_id = $1", id)
}

func (d *Directory) logEnded(caller Caller, id string, sessions int64) {
	d.log.Info("sessions ended", "target_id", id, "sessions", sessions, "user_id", caller.UserID, "api_key_id", caller.KeyID,
		"session_id", caller.SessionID, "request_id", caller.RequestID)
}
