package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// Caller is who asks, as far as it is known before the request is judged. It
// names the rows; what they say is read again with each operation.
type Caller struct {
	KeyID     int64
	UserID    string
	OrgID     int64
	Origin    roundtable.Origin
	RequestID string
}

// Authenticate finds the owner of an API key. It returns an error of code
// unauthenticated for each refusal alike; the log says which it was.
func (d *Directory) Authenticate(ctx context.Context, key string, from roundtable.Origin, requestID string) (Caller, error) {
	var actor roundtable.Actor
	if key == "" {
		return Caller{}, d.unauthenticated(actor, roundtable.KeyMissing, requestID)
	}
	hash := secret.HashAPIKey(key)
	err := d.db.Get(ctx, func(tx *db.Tx) (err error) {
		actor, err = d.actorByHash(tx, hash[:])
		return err
	})
	if err != nil {
		return Caller{}, translate(err)
	}
	if refusal := actor.Key.Refuse(actor.User, from); refusal != roundtable.Accepted {
		return Caller{}, d.unauthenticated(actor, refusal, requestID)
	}
	return Caller{
		KeyID: actor.Key.ID, UserID: actor.User.ID, OrgID: actor.User.OrgID,
		Origin: from, RequestID: requestID,
	}, nil
}

// actorByHash reads a key with its owner; both are nil if there is none.
func (d *Directory) actorByHash(tx *db.Tx, hash []byte) (roundtable.Actor, error) {
	key, owner := new(roundtable.APIKey), new(roundtable.User)
	found, err := tx.One("SELECT "+d.keys.of("k")+", u.id, u.org_id, u.status, u.disabled"+
		" FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.secret_hash = $1",
		[]any{hash}, append(d.keys.into(key), &owner.ID, &owner.OrgID, &owner.Status, &owner.Disabled)...)
	if err != nil || !found {
		return roundtable.Actor{}, err
	}
	return roundtable.Actor{Key: key, User: owner}, nil
}

func (d *Directory) unauthenticated(actor roundtable.Actor, refusal roundtable.Refusal, requestID string) error {
	attrs := []any{"reason", string(refusal), "request_id", requestID}
	if actor.Key != nil {
		attrs = append(attrs, "api_key_id", actor.Key.ID, "user_id", actor.User.ID)
	}
	d.log.Warn("not authenticated", attrs...)
	return &roundtable.Error{Code: roundtable.CodeUnauthenticated}
}
