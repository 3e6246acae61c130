package roundtable

import (
	"encoding/json"
	"time"
)

// Bounds of connection tokens.
const (
	MaxTokenSeconds     = 86_400 // which is the default, too
	MaxConnectionTokens = 10_000 // live ones of a user
)

// TokenRequest is a connection token, or its end, as a request asks for it.
type TokenRequest struct {
	UserID Opt[string] `json:"user_id"`
	TTL    Opt[int64]  `json:"ttl"` // seconds
	Token  Opt[string] `json:"token"`
	Form   []FieldError

	Live int // tokens of the user that are good
}

// Lifetime is how long the token that is asked for is good for.
func (r *TokenRequest) Lifetime() time.Duration {
	if !r.TTL.Set {
		return MaxTokenSeconds * time.Second
	}
	return time.Duration(r.TTL.Value) * time.Second
}

// ConnectionToken is a connection token without its secret.
type ConnectionToken struct {
	UserID     string     `db:"user_id"`
	CreatedBy  string     `db:"created_by"`
	CreatedAt  UnixMicros `db:"created_at"`
	ExpiresAt  UnixMicros `db:"expires_at"`
	ConsumedAt *int64     `db:"consumed_at"`
	RevokedAt  *int64     `db:"revoked_at"`
}

// TokenStatus is what has become of a connection token.
type TokenStatus string

// The statuses of a connection token.
const (
	TokenValid    TokenStatus = "valid"
	TokenConsumed TokenStatus = "consumed"
	TokenRevoked  TokenStatus = "revoked"
	TokenExpired  TokenStatus = "expired"
)

// Status tells what has become of the token.
func (t *ConnectionToken) Status(now time.Time) TokenStatus {
	switch {
	case t.ConsumedAt != nil:
		return TokenConsumed
	case t.RevokedAt != nil:
		return TokenRevoked
	case Micros(now) >= t.ExpiresAt:
		return TokenExpired
	}
	return TokenValid
}

// NewConnectionToken judges whether actor may make a token that signs target in: whoever
// may take it over (sections 1.3 and 1.4), and not with a key narrower than its owner for
// that owner.
func NewConnectionToken(actor Actor, target *User, asked *TokenRequest, facts *Facts) error {
	if err := overToken(actor, target, asked, facts); err != nil {
		return err
	}
	f := newFaults(asked.Form)
	if ttl := asked.TTL; ttl.Null {
		f.note("ttl", nullNotAllowed())
	} else if ttl.Set && (ttl.Value < 1 || ttl.Value > MaxTokenSeconds) {
		f.note("ttl", &problem{CodeOutOfRange, "Must be from 1 to 86400 seconds."})
	}
	f.wrong = append(f.wrong, unconnectable(target)...)
	if asked.Live >= MaxConnectionTokens {
		f.note("user_id", &problem{CodeLimitReached, "The user has 10,000 tokens that are good. Revoke them first."})
	}
	if len(f.wrong) > 0 {
		return Invalid(f.wrong...)
	}
	return nil
}

// RevokeConnectionTokens judges whether actor may end tokens of target: token is the one
// that is named, nil if it is none of its.
func RevokeConnectionTokens(actor Actor, target *User, asked *TokenRequest, token *ConnectionToken, now time.Time, facts *Facts) error {
	if err := overToken(actor, target, asked, facts); err != nil {
		return err
	}
	f := newFaults(asked.Form)
	if asked.Token.Set && !asked.Token.Null && (token == nil || token.Status(now) != TokenValid) {
		f.note("token", &problem{CodeTokenNotValid, "Not a valid token of this user."})
	}
	if len(f.wrong) > 0 {
		return Invalid(f.wrong...)
	}
	return nil
}

// CheckConnectionToken judges whether actor may look at a token, which is nil if the
// target has no such one.
func CheckConnectionToken(actor Actor, target *User, asked *TokenRequest, token *ConnectionToken, facts *Facts) error {
	wrong := newFaults(asked.Form)
	wrong.require("user_id", asked.UserID)
	wrong.require("token", asked.Token)
	switch {
	case !actor.Key.may(PermissionUserRead):
		return formOr(asked.Form, &Error{Code: CodeForbidden})
	case len(wrong.wrong) > 0:
		return Invalid(wrong.wrong...)
	case target == nil || !facts.CanRead(actor.User, target):
		return &Error{Code: CodeNotFound}
	case !facts.mayTakeOver(actor.User, target):
		return &Error{Code: CodeForbidden}
	case token == nil:
		return &Error{Code: CodeNotFound}
	}
	return nil
}

// overToken judges whether actor may make and end tokens of target at all.
func overToken(actor Actor, target *User, asked *TokenRequest, facts *Facts) error {
	wrong := newFaults(asked.Form)
	wrong.require("user_id", asked.UserID)
	switch {
	case !actor.Key.may(PermissionUserEdit):
		return formOr(asked.Form, &Error{Code: CodeForbidden})
	case len(wrong.wrong) > len(asked.Form):
		return Invalid(wrong.wrong...)
	case target == nil || !facts.CanRead(actor.User, target):
		return formOr(asked.Form, &Error{Code: CodeNotFound})
	case !facts.mayTakeOver(actor.User, target):
		return formOr(asked.Form, &Error{Code: CodeForbidden})
	case actor.User.ID == target.ID && actor.Key.limited():
		return formOr(asked.Form, &Error{Code: CodeForbidden, Fields: []FieldError{{
			Field: "user_id", Code: CodeKeyCeiling, Message: refusalText(CodeKeyCeiling),
		}}})
	}
	return nil
}

// unconnectable lists what about a user keeps a token from signing it in.
func unconnectable(target *User) []FieldError {
	var wrong []FieldError
	if target.Status != Active {
		wrong = append(wrong, FieldError{Field: "status", Code: CodeUserInvited, Message: "The user has not accepted the invitation."})
	}
	if target.Disabled {
		wrong = append(wrong, FieldError{Field: "disabled", Code: CodeUserDisabled, Message: "The user is switched off."})
	}
	if target.SSOOnly {
		wrong = append(wrong, FieldError{Field: "sso_only", Code: CodeUserSSOOnly, Message: "The user signs in through single sign-on only."})
	}
	return wrong
}

// TokenTime is an instant in microseconds since 1970, written as connection tokens write
// dates: ISO 8601 with microseconds and offset.
type TokenTime int64

// MarshalJSON writes the instant in UTC.
func (t TokenTime) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.UnixMicro(int64(t)).UTC().Format("2006-01-02T15:04:05.000000-07:00"))
}
