package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// IssuedToken is a connection token with its secret, which is shown this once.
type IssuedToken struct {
	Token          string               `json:"token"`
	ExpirationDate roundtable.TokenTime `json:"expiration_date"`
}

// TokenView is what has become of a connection token.
type TokenView struct {
	Token           string                 `json:"token"`
	ExpirationDate  roundtable.TokenTime   `json:"expiration_date"`
	GeneratedBy     roundtable.NullText    `json:"generated_by"` // null: outside of the reader's READ scope, or gone
	CreationDate    roundtable.TokenTime   `json:"creation_date"`
	ConsumptionDate *roundtable.TokenTime  `json:"consumption_date"`
	Status          roundtable.TokenStatus `json:"status"`
}

// GenerateToken makes a token that signs a user in, once (api-facts 8.1).
func (d *Directory) GenerateToken(ctx context.Context, caller Caller, asked roundtable.TokenRequest) (*IssuedToken, error) {
	text, hash, err := secret.NewConnectionToken(d.random)
	if err != nil {
		return nil, err
	}
	return judging(ctx, d, caller, 1, asked.Form, func(o *operation) (*IssuedToken, error) {
		id, asked, now := asked.UserID.Value, asked, o.now.UnixMicro()
		target, err := o.about(id, roundtable.ReadNeeds)
		if err == nil {
			_, err = o.tx.One("SELECT count(*) FROM connection_tokens WHERE user_id = $1 AND consumed_at IS NULL AND revoked_at IS NULL AND expires_at > $2",
				[]any{id, now}, &asked.Live)
		}
		if err == nil {
			err = roundtable.NewConnectionToken(o.actor, target, &asked, o.facts)
		}
		if err == nil {
			err = o.tx.Later("DELETE FROM connection_tokens WHERE user_id = $1 AND expires_at <= $2", id, o.now.Add(-roundtable.KeptConnectionTokens).UnixMicro())
		}
		if err != nil {
			return nil, err
		}
		expires := o.now.Add(asked.Lifetime()).UnixMicro()
		return &IssuedToken{text, roundtable.TokenTime(expires)}, o.tx.Later(
			"INSERT INTO connection_tokens (token_hash, user_id, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
			hash[:], id, caller.UserID, now, expires)
	})
}

// CheckToken tells what has become of a connection token of a user.
func (d *Directory) CheckToken(ctx context.Context, caller Caller, asked roundtable.TokenRequest) (*TokenView, error) {
	return reading(ctx, d, caller, func(o *operation) (*TokenView, error) {
		id, text := asked.UserID.Value, asked.Token.Value
		target, err := o.about(id, roundtable.ReadNeeds)
		if err != nil {
			return nil, err
		}
		token, err := o.connectionToken(id, text)
		if err == nil {
			err = roundtable.CheckConnectionToken(o.actor, target, &asked, token, o.facts)
		}
		if err != nil {
			return nil, err
		}
		view := &TokenView{
			Token: text, ExpirationDate: roundtable.TokenTime(token.ExpiresAt), CreationDate: roundtable.TokenTime(token.CreatedAt),
			ConsumptionDate: (*roundtable.TokenTime)(token.ConsumedAt), Status: token.Status(o.now),
		}
		readable, err := o.readableUsers(&token.CreatedBy)
		if err == nil && readable[token.CreatedBy] != nil {
			view.GeneratedBy = roundtable.NullText(token.CreatedBy)
		}
		return view, err
	})
}

// RevokeTokens ends a connection token of a user, or all of them if none is named.
func (d *Directory) RevokeTokens(ctx context.Context, caller Caller, asked roundtable.TokenRequest) error {
	_, err := judging(ctx, d, caller, 1, asked.Form, func(o *operation) (struct{}, error) {
		var none struct{}
		id := asked.UserID.Value
		target, err := o.about(id, roundtable.ReadNeeds)
		if err != nil {
			return none, err
		}
		token, err := o.connectionToken(id, asked.Token.Value)
		if err == nil {
			err = roundtable.RevokeConnectionTokens(o.actor, target, &asked, token, o.now, o.facts)
		}
		if err != nil {
			return none, err
		}
		text, args := "UPDATE connection_tokens SET revoked_at = $2 WHERE user_id = $1 AND consumed_at IS NULL AND revoked_at IS NULL AND expires_at > $2",
			[]any{id, o.now.UnixMicro()}
		if asked.Token.Set && !asked.Token.Null {
			hash := secret.HashToken(asked.Token.Value)
			text, args = text+" AND token_hash = $3", append(args, hash[:])
		}
		return none, o.tx.Later(text, args...)
	})
	return err
}

// connectionToken reads a token of a user; nil: it has no such one.
func (o *operation) connectionToken(user, text string) (*roundtable.ConnectionToken, error) {
	hash, token := secret.HashToken(text), new(roundtable.ConnectionToken)
	found, err := o.tx.One("SELECT "+o.d.tokens.list+" FROM connection_tokens WHERE token_hash = $1", []any{hash[:]}, o.d.tokens.into(token)...)
	if err != nil || !found || user != "" && token.UserID != user {
		return nil, err
	}
	return token, nil
}
