package signin

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// How long what an identity provider said about itself is believed, and of how many.
const (
	providerLife = 10 * time.Minute
	maxProviders = 1_000
)

// signatures are how an ID token may be signed: with a key of the issuer that only it has.
func signatures() []string {
	return []string{
		oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
	}
}

// providers remembers what identity providers said about themselves.
type providers struct {
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	known map[providerKey]knownProvider
}

type providerKey struct {
	configuration int64
	version       roundtable.UnixMicros
}

type knownProvider struct {
	*oidc.Provider
	until time.Time
}

// of returns the provider of a configuration, discovered unless its addresses were told.
func (p *providers) of(ctx context.Context, c *directory.SSOConfiguration) (*oidc.Provider, error) {
	key := providerKey{c.ID, c.UpdatedAt}
	p.mu.Lock()
	known, found := p.known[key]
	p.mu.Unlock()
	if found && p.now().Before(known.until) {
		return known.Provider, nil
	}
	ctx = oidc.ClientContext(ctx, p.client)
	var provider *oidc.Provider
	if set := &c.Settings; set.TokenEndpoint != "" {
		config := oidc.ProviderConfig{
			IssuerURL: set.Issuer, AuthURL: set.AuthorizationEndpoint, TokenURL: set.TokenEndpoint,
			UserInfoURL: set.UserinfoEndpoint, JWKSURL: set.JWKSURI, Algorithms: signatures(),
		}
		provider = config.NewProvider(ctx)
	} else {
		var err error
		if provider, err = oidc.NewProvider(ctx, set.Issuer); err != nil {
			return nil, fmt.Errorf("%w: %w", errUnavailable, err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || len(p.known) >= maxProviders {
		p.known = make(map[providerKey]knownProvider)
	}
	p.known[key] = knownProvider{provider, p.now().Add(providerLife)}
	return provider, nil
}

// relyingParty is this side of a configuration.
func relyingParty(c *directory.SSOConfiguration, provider *oidc.Provider) *oauth2.Config {
	endpoint := provider.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInParams
	var said struct {
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	discovered := provider.Claims(&said) == nil
	post := slices.Contains(said.Methods, "client_secret_post") && !slices.Contains(said.Methods, "client_secret_basic")
	if c.ClientSecret != "" && (!discovered || !post) {
		endpoint.AuthStyle = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID: c.Settings.ClientID, ClientSecret: c.ClientSecret, Endpoint: endpoint,
		RedirectURL: c.Addresses.Callback, Scopes: []string{oidc.ScopeOpenID, oidc.ScopeEmail},
	}
}

// beginOIDC returns where a browser is sent.
func (s *Service) beginOIDC(ctx context.Context, request *directory.SSORequest, state string) (string, error) {
	provider, err := s.providers.of(ctx, request.Configuration)
	if err != nil {
		return "", err
	}
	request.Verifier = oauth2.GenerateVerifier()
	return relyingParty(request.Configuration, provider).AuthCodeURL(state, oidc.Nonce(request.Nonce), oauth2.S256ChallengeOption(request.Verifier)), nil
}

// finishOIDC exchanges a code for a proof.
func (s *Service) finishOIDC(ctx context.Context, request *directory.SSORequest, code string) (*roundtable.SSOProof, error) {
	c := request.Configuration
	provider, err := s.providers.of(ctx, c)
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, s.providers.client)
	token, err := relyingParty(c, provider).Exchange(ctx, code, oauth2.VerifierOption(request.Verifier))
	if err != nil {
		if _, answered := errors.AsType[*oauth2.RetrieveError](err); answered {
			return nil, fmt.Errorf("%w: %w", errNotProved, err)
		}
		return nil, fmt.Errorf("%w: %w", errUnavailable, err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, fmt.Errorf("%w: the answer holds no ID token", errNotProved)
	}
	verified, err := provider.Verifier(&oidc.Config{ClientID: c.Settings.ClientID, Now: s.now}).Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotProved, err)
	}
	claims, err := checkIDToken(verified, request, token.AccessToken)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNotProved, err)
	}
	if err := claims.complete(ctx, provider, token); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotProved, err)
	}
	return &roundtable.SSOProof{
		Issuer: verified.Issuer, Subject: verified.Subject, Email: claims.Email, EmailVerified: roundtable.Opt[bool](claims.Verified),
	}, nil
}

// claims are what is read of an ID token, and of what is told about its subject.
type claims struct {
	Subject  string        `json:"sub"`
	Email    string        `json:"email"`
	Verified verifiedClaim `json:"email_verified"`
	Party    string        `json:"azp"`
}

// checkIDToken checks what the library leaves to its caller.
func checkIDToken(token *oidc.IDToken, request *directory.SSORequest, access string) (*claims, error) {
	said := new(claims)
	if err := token.Claims(said); err != nil {
		return nil, err
	}
	own := request.Configuration.Settings.ClientID
	switch {
	case request.Nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(request.Nonce)) != 1:
		return nil, errors.New("the nonce is another")
	case said.Party != "" && said.Party != own || said.Party == "" && len(token.Audience) > 1:
		return nil, errors.New("the token was issued to another party")
	case token.AccessTokenHash != "":
		return said, token.VerifyAccessToken(access)
	}
	return said, nil
}

// complete asks for what the ID token does not tell of the address.
func (c *claims) complete(ctx context.Context, provider *oidc.Provider, token *oauth2.Token) error {
	if c.Email != "" && c.Verified.Set || provider.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil && c.Email != "" {
		return nil // nobody vouches for the address then, and that is judged elsewhere
	}
	if err != nil {
		return err
	}
	var told claims
	if err := info.Claims(&told); err != nil {
		return err
	}
	switch {
	case info.Subject != c.Subject:
		return errors.New("the user information is about another subject")
	case c.Email == "":
		c.Email, c.Verified = told.Email, told.Verified
	case c.Email == told.Email:
		c.Verified = told.Verified
	}
	return nil
}

// verifiedClaim is a boolean that some issuers write as a string.
type verifiedClaim roundtable.Opt[bool]

// UnmarshalJSON reads either; anything else is false.
func (v *verifiedClaim) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) != nil {
		word = string(text)
	}
	*v = verifiedClaim(roundtable.Some(word == "true"))
	return nil
}
