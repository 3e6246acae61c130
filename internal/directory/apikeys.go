package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// SecretKey is an API key with its secret, which is shown this once.
type SecretKey struct {
	roundtable.APIKeyView
	Secret string `json:"api_key,omitempty"`
}

// ChangedKey is the answer to a new key or an update.
type ChangedKey struct {
	*SecretKey          // its secret is empty unless the key is new
	Ignored    []string // fields that were named and are not used
}

// CreateAPIKey makes an API key of the caller (section 4).
func (d *Directory) CreateAPIKey(ctx context.Context, caller Caller, change roundtable.APIKeyChange) (*ChangedKey, error) {
	text, hash, err := secret.NewAPIKey(d.random)
	if err != nil {
		return nil, err
	}
	change.Now = d.now()
	return judging(ctx, d, caller, 1, change.Form, func(o *operation) (*ChangedKey, error) {
		var err error
		if change.LiveKeys, err = o.countLiveKeys(); err != nil {
			return nil, err
		}
		outcome, err := roundtable.CreateAPIKey(o.actor, &change)
		if err != nil {
			return nil, err
		}
		if err := o.insertAPIKey(outcome.After, hash); err != nil {
			return nil, err
		}
		created, err := o.secretKey(outcome.After, text)
		return &ChangedKey{created, outcome.Ignored}, err
	})
}

// UpdateAPIKey changes a key of the caller.
func (d *Directory) UpdateAPIKey(ctx context.Context, caller Caller, id int64, change roundtable.APIKeyChange) (*ChangedKey, error) {
	change.Now = d.now()
	return judging(ctx, d, caller, 1, change.Form, func(o *operation) (*ChangedKey, error) {
		key, owner, err := o.apiKey(id)
		if err != nil {
			return nil, err
		}
		outcome, err := roundtable.UpdateAPIKey(o.actor, key, owner, &change, o.facts)
		if err != nil {
			return nil, err
		}
		if outcome.Changed {
			if err := o.updateAPIKey(outcome.After); err != nil {
				return nil, err
			}
		}
		updated, err := o.secretKey(outcome.After, "")
		return &ChangedKey{updated, outcome.Ignored}, err
	})
}

// RotateAPIKey gives a key of the caller a new secret. The one before stays good for
// the overlap.
func (d *Directory) RotateAPIKey(ctx context.Context, caller Caller, id int64, rotation roundtable.Rotation) (*SecretKey, error) {
	text, hash, err := secret.NewAPIKey(d.random)
	if err != nil {
		return nil, err
	}
	rotation.Now = d.now()
	return judging(ctx, d, caller, 1, rotation.Form, func(o *operation) (*SecretKey, error) {
		key, owner, err := o.apiKey(id)
		if err != nil {
			return nil, err
		}
		rotated, err := roundtable.RotateAPIKey(o.actor, key, owner, &rotation, o.facts)
		if err != nil {
			return nil, err
		}
		if err := o.rotateAPIKey(rotated, hash); err != nil {
			return nil, err
		}
		return o.secretKey(rotated, text)
	})
}

// secretKey is a key of the caller as the caller sees it, with its secret.
func (o *operation) secretKey(key *roundtable.APIKeyRecord, text string) (*SecretKey, error) {
	view, err := o.viewAPIKey(key, false)
	if err != nil {
		return nil, err
	}
	return &SecretKey{APIKeyView: *view, Secret: text}, nil
}

// RevokeAPIKey ends a key for good, and returns what it was. To revoke it twice is a
// success.
func (d *Directory) RevokeAPIKey(ctx context.Context, caller Caller, id int64, form []roundtable.FieldError) (*roundtable.APIKeyRecord, error) {
	return judging(ctx, d, caller, 1, form, func(o *operation) (*roundtable.APIKeyRecord, error) {
		key, owner, err := o.apiKey(id)
		if err != nil {
			return nil, err
		}
		if err := roundtable.RevokeAPIKey(o.actor, key, owner, form, o.facts); err != nil || key.RevokedAt != nil {
			return key, err
		}
		_, err = o.tx.Exec("UPDATE api_keys SET revoked_at = $2, revoked_by = $3 WHERE id = $1", id, o.now.UnixMicro(), o.actor.User.ID)
		return key, err
	})
}

// APIKey returns a key, or not_found outside of the caller's READ scope. all tells the
// permissions that are listed, not only those that count.
func (d *Directory) APIKey(ctx context.Context, caller Caller, id int64, all bool) (*roundtable.APIKeyView, error) {
	return reading(ctx, d, caller, func(o *operation) (*roundtable.APIKeyView, error) {
		key, owner, err := o.apiKey(id)
		if err != nil {
			return nil, err
		}
		if err := roundtable.ReadAPIKey(o.actor, key, owner, o.facts); err != nil {
			return nil, err
		}
		return o.viewAPIKey(key, all)
	})
}

// Permissions returns what restricted keys can be given.
func (d *Directory) Permissions(ctx context.Context, caller Caller) ([]roundtable.PermissionSection, error) {
	return reading(ctx, d, caller, func(*operation) ([]roundtable.PermissionSection, error) {
		return roundtable.PermissionSections(), nil
	})
}
