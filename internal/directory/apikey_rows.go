package directory

import (
	"time"

	"github.com/roundtable-directory/roundtable"
)

// apiKey reads a key with its owner and what judging them takes; both are nil if there
// is none.
func (o *operation) apiKey(id int64) (*roundtable.APIKeyRecord, *roundtable.User, error) {
	key := new(roundtable.APIKeyRecord)
	found, err := o.tx.One("SELECT "+o.d.records.list+" FROM api_keys WHERE id = $1", []any{id}, o.d.records.into(key)...)
	if err != nil || !found {
		return nil, nil, err
	}
	if err := o.loadMissing(key.UserID); err != nil {
		return nil, nil, err
	}
	owner := o.users[key.UserID]
	return key, owner, o.loadOrgs(o.tx, []int64{owner.OrgID})
}

// loadMissing loads users that are not loaded yet.
func (o *operation) loadMissing(ids ...string) error {
	missing := make(map[string]bool)
	for _, id := range ids {
		if o.users[id] == nil {
			missing[id] = true
		}
	}
	return o.loadUsersByID(o.tx, keys(missing))
}

// countLiveKeys counts the caller's keys that are neither revoked nor expired.
func (o *operation) countLiveKeys() (count int, err error) {
	_, err = o.tx.One("SELECT count(*) FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL AND (expiration_date IS NULL OR expiration_date > $2)",
		[]any{o.actor.User.ID, o.now.UTC().Format(time.DateOnly)}, &count)
	return count, err
}

func (o *operation) insertAPIKey(key *roundtable.APIKeyRecord, hash [32]byte) error {
	_, err := o.tx.One("INSERT INTO api_keys (user_id, secret_hash, kind, bot_org_id, label, label_key, description, demo, expiration_date,"+
		" ip_whitelist, has_restricted_permissions, permissions, created_at, created_by)"+
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id",
		[]any{
			key.UserID, hash[:], key.Kind, key.BotOrgID, key.Label, key.LabelKey, key.Description, key.Demo, key.ExpirationDate,
			list(key.IPWhitelist), key.HasRestrictedPermissions, list(key.Permissions), key.CreatedAt, key.CreatedBy,
		}, &key.ID)
	return err
}

func (o *operation) updateAPIKey(key *roundtable.APIKeyRecord) error {
	_, err := o.tx.Exec("UPDATE api_keys SET label = $2, label_key = $3, description = $4, expiration_date = $5, ip_whitelist = $6,"+
		" has_restricted_permissions = $7, permissions = $8 WHERE id = $1",
		key.ID, key.Label, key.LabelKey, key.Description, key.ExpirationDate, list(key.IPWhitelist),
		key.HasRestrictedPermissions, list(key.Permissions))
	return err
}

func (o *operation) rotateAPIKey(key *roundtable.APIKeyRecord, hash [32]byte) error {
	if key.PreviousExpiresAt == nil {
		_, err := o.tx.Exec("UPDATE api_keys SET secret_hash = $2, previous_secret_hash = NULL, previous_expires_at = NULL WHERE id = $1",
			key.ID, hash[:])
		return err
	}
	_, err := o.tx.Exec("UPDATE api_keys SET previous_secret_hash = secret_hash, secret_hash = $2, previous_expires_at = $3 WHERE id = $1",
		key.ID, hash[:], *key.PreviousExpiresAt)
	return err
}

// viewAPIKey returns a key, whose owner is loaded, as the caller sees it.
func (o *operation) viewAPIKey(key *roundtable.APIKeyRecord, all bool) (*roundtable.APIKeyView, error) {
	readable, err := o.readableUsers(key.CreatedBy, key.RevokedBy)
	if err != nil {
		return nil, err
	}
	return key.View(o.users[key.UserID], readable, all, o.now), nil
}

// readableUsers returns those of some users whom the caller may READ.
func (o *operation) readableUsers(ids ...*string) (map[string]*roundtable.User, error) {
	var readings []*item
	readable := make(map[string]*roundtable.User)
	for _, id := range ids {
		if id == nil {
			continue
		}
		if _, seen := readable[*id]; !seen {
			readable[*id] = nil
			readings = append(readings, newReading(o.item.ctx, o.item.caller, *id))
		}
	}
	if len(readings) == 0 {
		return readable, nil
	}
	w := o.d.newWorkingSet()
	if err := w.load(o.tx, readings); err != nil {
		return nil, err
	}
	for id := range readable {
		if user := w.users[id]; user != nil && w.facts.CanRead(w.users[o.item.caller.UserID], user) {
			readable[id] = user
		}
	}
	return readable, nil
}
