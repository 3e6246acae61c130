package api

import (
	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// tokenOrder is the body that asks for a connection token.
type tokenOrder struct {
	UserID roundtable.Opt[string] `json:"user_id"`
	TTL    roundtable.Opt[int64]  `json:"ttl"`
}

// tokenEnd is the body that ends connection tokens.
type tokenEnd struct {
	UserID roundtable.Opt[string] `json:"user_id"`
	Token  roundtable.Opt[string] `json:"token"`
}

var (
	tokenOrderForm = newForm[tokenOrder]()
	tokenEndForm   = newForm[tokenEnd]()
)

// generateToken is POST /v2/connection/generate_token. Its answer is the only one that
// holds the token.
func (a *API) generateToken(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, _ := tokenOrderForm.read(req.body)
	asked := roundtable.TokenRequest{UserID: body.UserID, TTL: body.TTL, Form: wrong}
	render := func(issued *directory.IssuedToken) (*reply, error) { return newReply(issued) }
	idOf := func(*directory.IssuedToken) string { return body.UserID.Value }
	return writingSecret(req, render, idOf, func(caller directory.Caller) (*directory.IssuedToken, error) {
		return a.directory.GenerateToken(req.Context(), caller, asked)
	})
}

// checkToken is GET /v2/connection/check_token.
func (a *API) checkToken(req *request) (*reply, error) {
	q := readQuery(req.URL)
	asked := roundtable.TokenRequest{UserID: q.text("user_id"), Token: q.text("token")}
	asked.Form = q.wrong
	view, err := a.directory.CheckToken(req.Context(), req.caller, asked)
	if err != nil {
		return nil, err
	}
	return newReply(view)
}

// revokeToken is POST /v2/connection/revoke_token.
func (a *API) revokeToken(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, _ := tokenEndForm.read(req.body)
	asked := roundtable.TokenRequest{UserID: body.UserID, Token: body.Token, Form: wrong}
	done := func(struct{}) (*reply, error) { return &reply{body: []byte("{}")}, nil }
	return writing(req, done, func(caller directory.Caller) (struct{}, error) {
		return struct{}{}, a.directory.RevokeTokens(req.Context(), caller, asked)
	})
}
