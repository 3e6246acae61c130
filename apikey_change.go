package roundtable

import (
	"fmt"
	"slices"
	"time"
)

// Limits of API keys (section 4).
const (
	maxAPIKeys = 100 // of a user, neither revoked nor expired

	maxKeyOverlap     = 7 * 24 * time.Hour // how long a secret may outlive its rotation
	defaultKeyOverlap = 24 * time.Hour
)

// APIKeyChange is a new key, or the update of one, as a request asks for it.
type APIKeyChange struct {
	Patch APIKeyPatch
	Type  Opt[string]  // of a new key: user, bot
	Form  []FieldError // what is wrong with the form of the request

	Now      time.Time
	LiveKeys int // of the caller, for a new key: neither revoked nor expired
}

// APIKeyOutcome is a key as it will be.
type APIKeyOutcome struct {
	After   *APIKeyRecord
	Changed bool
	Ignored []string // fields that the request named and that are not used
}

// CreateAPIKey judges a new key of actor for itself: permission, key ceiling (section
// 1.4) and values. Its secret is not the rules' to know.
func CreateAPIKey(actor Actor, change *APIKeyChange) (*APIKeyOutcome, error) {
	if !actor.Key.may(PermissionAPIKeyEdit) {
		return nil, formOr(change.Form, &Error{Code: CodeForbidden})
	}
	now := change.Now.UnixMicro()
	j := newKeyJudgement(actor, actor.User, &APIKeyRecord{
		APIKey: APIKey{UserID: actor.User.ID, IPWhitelist: []string{}, Permissions: []string{}},
		Kind:   UserKey, CreatedAt: now, CreatedBy: &actor.User.ID,
	}, change)
	j.judgeKind()
	if !change.Patch.Label.Set {
		j.note("label", &problem{CodeRequired, "Is required."})
	}
	j.judgeValues()
	j.keepBelow(&j.after)
	if change.LiveKeys >= maxAPIKeys {
		j.note(BodyField, &problem{CodeLimitReached, fmt.Sprintf("You have %d keys in use. Revoke one that you no longer need.", maxAPIKeys)})
	}
	return j.outcome()
}

// UpdateAPIKey judges an update of a key, which is nil if it does not exist. A key that
// was revoked stays as it is.
func UpdateAPIKey(actor Actor, key *APIKeyRecord, owner *User, change *APIKeyChange, facts *Facts) (*APIKeyOutcome, error) {
	if refusal := changeAPIKey(actor, key, owner, facts); refusal != nil {
		return nil, formOr(change.Form, refusal)
	}
	j := newKeyJudgement(actor, owner, key, change)
	j.judgeValues()
	if j.changed() || len(j.wrong) > 0 {
		j.keepBelow(key)
		j.keepBelow(&j.after)
	}
	if j.changed() && key.RevokedAt != nil {
		j.note(BodyField, keyRevoked())
	}
	return j.outcome()
}

// Rotation is a new secret for a key, as a request asks for it.
type Rotation struct {
	OverlapSeconds Opt[int64]   // how long the secret before stays good; default: a day
	Form           []FieldError // what is wrong with the form of the request
	Now            time.Time
}

// RotateAPIKey judges a rotation of a key, which is nil if it does not exist.
func RotateAPIKey(actor Actor, key *APIKeyRecord, owner *User, rotation *Rotation, facts *Facts) (*APIKeyRecord, error) {
	if refusal := changeAPIKey(actor, key, owner, facts); refusal != nil {
		return nil, formOr(rotation.Form, refusal)
	}
	j := newKeyJudgement(actor, owner, key, &APIKeyChange{Form: rotation.Form})
	j.keepBelow(key)
	overlap := j.overlap(rotation.OverlapSeconds)
	switch {
	case key.RevokedAt != nil:
		j.note(BodyField, keyRevoked())
	case key.expired(rotation.Now):
		j.note(BodyField, &problem{CodeKeyExpired, "This key has expired. Give it a later expiration_date first."})
	}
	j.after.PreviousExpiresAt = nil
	if overlap > 0 {
		ends := rotation.Now.Add(overlap).UnixMicro()
		j.after.PreviousExpiresAt = &ends
	}
	outcome, err := j.outcome()
	if err != nil {
		return nil, err
	}
	return outcome.After, nil
}

func (j *keyJudgement) overlap(asked Opt[int64]) time.Duration {
	const field, most = "overlap_seconds", int64(maxKeyOverlap / time.Second)
	switch {
	case !asked.Set:
		return defaultKeyOverlap
	case asked.Null:
		j.note(field, nullNotAllowed())
	case asked.Value < 0 || asked.Value > most:
		j.note(field, &problem{CodeOutOfRange, fmt.Sprintf("Must be from 0 to %d.", most)})
		return 0
	}
	return time.Duration(asked.Value) * time.Second
}

func keyRevoked() *problem {
	return &problem{CodeKeyRevoked, "This key was revoked and cannot be used again. Make a new one."}
}

// keyJudgement is a key under judgement. after is changed field by field.
type keyJudgement struct {
	actor   Actor
	owner   *User
	before  *APIKeyRecord
	after   APIKeyRecord
	change  *APIKeyChange
	wrong   []FieldError
	refused []FieldError
	ignored []string
}

func newKeyJudgement(actor Actor, owner *User, key *APIKeyRecord, change *APIKeyChange) *keyJudgement {
	return &keyJudgement{actor: actor, owner: owner, before: key, after: *key, change: change, wrong: slices.Clone(change.Form)}
}

// note records what is wrong with a field, once for each path.
func (j *keyJudgement) note(path string, p *problem) {
	if !j.isWrong(path) && len(j.wrong) < MaxErrors {
		j.wrong = append(j.wrong, p.in(path))
	}
}

func (j *keyJudgement) isWrong(path string) bool {
	return slices.ContainsFunc(j.wrong, func(f FieldError) bool { return f.Field == path })
}

func (j *keyJudgement) refuse(path string, code Code, message string) {
	if !slices.ContainsFunc(j.refused, func(f FieldError) bool { return f.Field == path }) {
		j.refused = append(j.refused, FieldError{Field: path, Code: code, Message: message})
	}
}

func (j *keyJudgement) changed() bool {
	a, b := j.before, &j.after
	return a.Label != b.Label || a.Description != b.Description || a.expires() != b.expires() ||
		a.HasRestrictedPermissions != b.HasRestrictedPermissions ||
		!slices.Equal(a.IPWhitelist, b.IPWhitelist) || !slices.Equal(a.Permissions, b.Permissions)
}

// expires is the first day on which the key refuses; empty: there is none.
func (k *APIKey) expires() string {
	if k.ExpirationDate == nil {
		return ""
	}
	return *k.ExpirationDate
}

func (j *keyJudgement) outcome() (*APIKeyOutcome, error) {
	switch {
	case len(j.refused) > 0:
		return nil, formOr(j.change.Form, &Error{Code: CodeForbidden, Fields: j.refused})
	case len(j.wrong) > 0:
		return nil, Invalid(j.wrong...)
	}
	return &APIKeyOutcome{After: &j.after, Changed: j.changed(), Ignored: j.ignored}, nil
}
