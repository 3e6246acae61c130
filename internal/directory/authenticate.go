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
	KeyID     int64 // 0: it is a session
	SessionID int64 // 0: it is a key
	UserID    string
	OrgID     int64
	Origin    roundtable.Origin
	RequestID string
	Retry     *Retry  // the request may be sent again; nil: it bears no Idempotency-Key
	Course    *Course // where the request spends its time; nil: nobody asks

	secretHash [32]byte
	recalled   bool            // from memory, not from the database
	role       roundtable.Role // when its rows were last read: says what to read first, and no more
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
	var key *storedKey
	var owner *roundtable.User
	err := d.db.Get(ctx, func(tx *db.Tx) (err error) {
		key, owner, err = d.ownedByHash(tx, caller.secretHash[:])
		return err
	})
	if err != nil {
		return translate(err)
	}
	actor, refusal := key.actor(owner, *caller)
	if refusal != roundtable.Accepted {
		return d.unauthenticated(actor, refusal, caller.RequestID)
	}
	d.uses.note(actor, caller.Origin)
	caller.KeyID, caller.UserID, caller.OrgID, caller.role = actor.Key.ID, actor.User.ID, actor.User.OrgID, actor.User.Role
	d.callers.remember(*caller)
	return nil
}

// ownedByHash reads a key that a secret belongs to, or belonged to before a rotation,
// with its owner; both are nil if there is none.
func (d *Directory) ownedByHash(tx *db.Tx, hash []byte) (*storedKey, *roundtable.User, error) {
	key, owner := new(storedKey), new(roundtable.User)
	found, err := tx.One("SELECT "+ownedByHash(d.keys),
		[]any{hash}, append(d.keys.into(key), &owner.ID, &owner.OrgID, &owner.Role, &owner.Status, &owner.Disabled)...)
	if err != nil || !found {
		return nil, nil, err
	}
	return key, owner, nil
}

func ownedByHash(key columns) string {
	return key.of("k") + ", u.id, u.org_id, u.role, u.status, u.disabled FROM api_keys k JOIN users u ON u.id = k.user_id" +
		" WHERE k.secret_hash = $1 OR k.previous_secret_hash = $1"
}

// storedKey is a key with the hash of its secret, and of the one before the last
// rotation.
type storedKey struct {
	roundtable.APIKey
	SecretHash         []byte `db:"secret_hash"`
	PreviousSecretHash []byte `db:"previous_secret_hash"`
}

// actor judges whether the secret that the caller came with lets it in as owner. Of a
// secret that is neither of the key's nothing is told but that it is unknown.
func (k *storedKey) actor(owner *roundtable.User, caller Caller) (roundtable.Actor, roundtable.Refusal) {
	if k == nil {
		return roundtable.Actor{}, roundtable.KeyUnknown
	}
	present := subtle.ConstantTimeCompare(k.SecretHash, caller.secretHash[:])
	previous := subtle.ConstantTimeCompare(k.PreviousSecretHash, caller.secretHash[:])
	actor := roundtable.Actor{Key: &k.APIKey, User: owner}
	switch {
	case present == 1:
		return actor, k.Refuse(owner, caller.Origin)
	case previous == 1:
		return actor, k.RefusePrevious(owner, caller.Origin)
	}
	return roundtable.Actor{}, roundtable.KeyUnknown
}

// actor returns the caller by the rows of this transaction, refused as at the
// door: since then anything may have happened.
func (w *workingSet) actor(caller Caller) (roundtable.Actor, error) {
	if caller.SessionID != 0 {
		return w.signedIn(caller)
	}
	key := w.keys[caller.KeyID]
	var owner *roundtable.User
	if key != nil {
		owner = w.users[key.UserID]
	}
	actor, refusal := key.actor(owner, caller)
	if refusal != roundtable.Accepted {
		w.d.callers.forget(caller)
		return actor, w.d.unauthenticated(actor, refusal, caller.RequestID)
	}
	w.d.uses.note(actor, caller.Origin)
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

// recalledCallers remembers which rows a secret led to: no rights, and the role only to
// guess what judging its next request takes.
type recalledCallers struct {
	mu     sync.RWMutex
	byHash map[[32]byte]recalledCaller
}

type recalledCaller struct {
	keyID  int64
	userID string
	orgID  int64
	role   roundtable.Role
}

func (r *recalledCallers) recall(caller *Caller) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	found, ok := r.byHash[caller.secretHash]
	caller.KeyID, caller.UserID, caller.OrgID, caller.role, caller.recalled = found.keyID, found.userID, found.orgID, found.role, ok
	return ok
}

func (r *recalledCallers) remember(caller Caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byHash == nil || len(r.byHash) >= maxRecalled {
		r.byHash = make(map[[32]byte]recalledCaller)
	}
	r.byHash[caller.secretHash] = recalledCaller{caller.KeyID, caller.UserID, caller.OrgID, caller.role}
}

// forget drops a caller who was refused, so that the door refuses the next time.
func (r *recalledCallers) forget(caller Caller) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byHash, caller.secretHash)
}
