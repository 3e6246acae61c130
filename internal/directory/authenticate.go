package directory

import (
	"context"
	"crypto/subtle"
	"sync"

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
	Retry     *Retry // the request may be sent again; nil: it bears no Idempotency-Key

	secretHash [32]byte
	recalled   bool // from memory, not from the database
}

// Authenticate finds the key and its owner. Whoever was found before is recalled
// from memory and let in for now: every operation reads key and owner with what it
// answers from, and refuses by that. What ends before an operation is to be
// confirmed. Errors of code unauthenticated are alike; the log says which it was.
func (d *Directory) Authenticate(ctx context.Context, key string, from roundtable.Origin, requestID string) (Caller, error) {
	caller := Caller{Origin: from, RequestID: requestID}
	if key == "" {
		return caller, d.unauthenticated(roundtable.Actor{}, roundtable.KeyMissing, requestID)
	}
	caller.secretHash = secret.HashAPIKey(key)
	if d.callers.recall(&caller) {
		return caller, nil
	}
	err := d.authenticate(ctx, &caller)
	return caller, err
}

// Confirm judges a caller by the database where Authenticate did by memory, for a
// request that is refused before any operation has read key and owner.
func (d *Directory) Confirm(ctx context.Context, caller Caller) error {
	if !caller.recalled {
		return nil
	}
	return d.authenticate(ctx, &caller)
}

func (d *Directory) authenticate(ctx context.Context, caller *Caller) error {
	var actor roundtable.Actor
	err := d.db.Get(ctx, func(tx *db.Tx) (err error) {
		actor, err = d.actorByHash(tx, caller.secretHash[:])
		return err
	})
	if err != nil {
		return translate(err)
	}
	if refusal := actor.Key.Refuse(actor.User, caller.Origin); refusal != roundtable.Accepted {
		return d.unauthenticated(actor, refusal, caller.RequestID)
	}
	caller.KeyID, caller.UserID, caller.OrgID = actor.Key.ID, actor.User.ID, actor.User.OrgID
	d.callers.remember(*caller)
	return nil
}

// actorByHash reads a key with its owner; both are nil if there is none.
func (d *Directory) actorByHash(tx *db.Tx, hash []byte) (roundtable.Actor, error) {
	key, owner := new(storedKey), new(roundtable.User)
	found, err := tx.One("SELECT "+d.keys.of("k")+", u.id, u.org_id, u.status, u.disabled"+
		" FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.secret_hash = $1",
		[]any{hash}, append(d.keys.into(key), &owner.ID, &owner.OrgID, &owner.Status, &owner.Disabled)...)
	if err != nil || !found {
		return roundtable.Actor{}, err
	}
	return roundtable.Actor{Key: &key.APIKey, User: owner}, nil
}

// storedKey is a key with the hash of its secret.
type storedKey struct {
	roundtable.APIKey
	SecretHash []byte `db:"secret_hash"`
}

// actor returns the caller by the rows of this transaction, refused as at the
// door: since then anything may have happened.
func (w *workingSet) actor(caller Caller) (roundtable.Actor, error) {
	key, known := w.keys[caller.KeyID]
	if !known || subtle.ConstantTimeCompare(key.SecretHash, caller.secretHash[:]) != 1 {
		w.d.callers.forget(caller)
		return roundtable.Actor{}, w.d.unauthenticated(roundtable.Actor{}, roundtable.KeyUnknown, caller.RequestID)
	}
	actor := roundtable.Actor{Key: &key.APIKey, User: w.users[key.UserID]}
	if refusal := actor.Key.Refuse(actor.User, caller.Origin); refusal != roundtable.Accepted {
		w.d.callers.forget(caller)
		return actor, w.d.unauthenticated(actor, refusal, caller.RequestID)
	}
	return actor, nil
}

func (d *Directory) unauthenticated(actor roundtable.Actor, refusal roundtable.Refusal, requestID string) error {
	attrs := []any{"reason", string(refusal), "request_id", requestID}
	if actor.Key != nil {
		attrs = append(attrs, "api_key_id", actor.Key.ID, "user_id", actor.Key.UserID)
	}
	d.log.Warn("not authenticated", attrs...)
	return &roundtable.Error{Code: roundtable.CodeUnauthenticated}
}

// maxRecalled bounds the memory of callers.
const maxRecalled = 20_000

// recalledCallers remembers which rows a secret led to: ids only, no rights.
type recalledCallers struct {
	mu     sync.RWMutex
	byHash map[[32]byte]recalledCaller
}

type recalledCaller struct {
	keyID  int64
	userID string
	orgID  int64
}

func (r *recalledCallers) recall(caller *Caller) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	found, ok := r.byHash[caller.secretHash]
	caller.KeyID, caller.UserID, caller.OrgID, caller.recalled = found.keyID, found.userID, found.orgID, ok
	return ok
}

func (r *recalledCallers) remember(caller Caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byHash == nil || len(r.byHash) >= maxRecalled {
		r.byHash = make(map[[32]byte]recalledCaller)
	}
	r.byHash[caller.secretHash] = recalledCaller{caller.KeyID, caller.UserID, caller.OrgID}
}

// forget drops a caller who was refused, so that the door refuses the next time.
func (r *recalledCallers) forget(caller Caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byHash, caller.secretHash)
}
