package directory

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// What bounds the sign-ins under way at identity providers.
const (
	ssoRequestLife = 10 * time.Minute
	maxSSORequests = 20_000 // of one configuration
	maxReturnTo    = 500
)

// SSOPurpose is what somebody is sent to an identity provider for.
type SSOPurpose string

// Purposes of requests.
const (
	SSOSignIn  SSOPurpose = "sign_in"
	SSOTest    SSOPurpose = "test"
	ssoTestURL SSOPurpose = "test_url" // a test that nobody has begun yet
)

// Errors of requests.
var (
	ErrNoSSO         = errors.New("no such single sign-on configuration")
	ErrNoSSORequest  = errors.New("no such request, or it is over, was answered, or began in another browser")
	ErrSSOSecretLost = errors.New("the secret of the configuration cannot be read")
)

// SSOConfiguration is a configuration with its secret in clear, for whoever speaks with
// its identity provider.
type SSOConfiguration struct {
	roundtable.SSO
	ClientSecret string
	Addresses    roundtable.SSOAddresses
}

// SSORequest is a sign-in under way at an identity provider.
type SSORequest struct {
	Configuration *SSOConfiguration
	Purpose       SSOPurpose
	UserID        string // who tests
	Nonce         string // of OIDC, or the id of the SAML request
	Verifier      string // of PKCE
	ReturnTo      string
}

// SSOByIdentifier returns a configuration by what stands in its addresses: ErrNoSSO if
// there is none, or it is switched off and not to be tested.
func (d *Directory) SSOByIdentifier(ctx context.Context, identifier string) (*SSOConfiguration, error) {
	var stored *storedSSO
	err := d.db.Get(ctx, func(tx *db.Tx) (err error) {
		stored, err = ssoWhere(tx, "identifier = $1", identifier)
		return err
	})
	if err != nil {
		return nil, translate(err)
	}
	return d.usableSSO(stored)
}

func (d *Directory) usableSSO(stored *storedSSO) (*SSOConfiguration, error) {
	if stored == nil {
		return nil, ErrNoSSO
	}
	text, err := d.openSSO(stored)
	if err != nil {
		return nil, errors.Join(ErrSSOSecretLost, err)
	}
	return &SSOConfiguration{SSO: stored.SSO, ClientSecret: text, Addresses: stored.Addresses(d.publicURL)}, nil
}

// BeginSSO notes that a browser is sent to the identity provider of a configuration. state
// and browser are secrets of which hashes are kept: the one comes back with the answer, the
// other lies in a cookie.
func (d *Directory) BeginSSO(ctx context.Context, v Visitor, state, browser string, request SSORequest) error {
	s := &request.Configuration.SSO
	if len(request.ReturnTo) > maxReturnTo {
		request.ReturnTo = ""
	}
	_, err := admitting(ctx, d, v, s.OrgID, func(o *operation) (struct{}, error) {
		if err := o.clearSSORequests(s.ID); err != nil {
			return struct{}{}, err
		}
		present, err := ssoWhere(o.tx, "id = $1", s.ID)
		switch {
		case err != nil:
			return struct{}{}, err
		case present == nil || present.UpdatedAt != s.UpdatedAt:
			return struct{}{}, ErrNoSSO
		}
		return struct{}{}, o.insertSSORequest(secret.HashToken(state), secret.HashToken(browser), &request)
	})
	return err
}

// clearSSORequests drops what is over, and refuses more than a configuration may have.
func (o *operation) clearSSORequests(configuration int64) error {
	if _, err := o.tx.Exec("DELETE FROM sso_requests WHERE expires_at <= $1", o.now.UnixMicro()); err != nil {
		return err
	}
	var full bool
	_, err := o.tx.One("SELECT count(*) >= $2 FROM sso_requests WHERE configuration_id = $1", []any{configuration, maxSSORequests}, &full)
	if err == nil && full {
		err = &roundtable.Error{Code: roundtable.CodeOverloaded, RetryAfter: time.Minute}
	}
	return err
}

func (o *operation) insertSSORequest(state, browser [32]byte, request *SSORequest) error {
	var user *string
	if request.UserID != "" {
		user = &request.UserID
	}
	_, err := o.tx.Exec("INSERT INTO sso_requests (state_hash, configuration_id, browser_hash, purpose, user_id, nonce, verifier, return_to, created_at, expires_at)"+
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
		state[:], request.Configuration.ID, browser[:], string(request.Purpose), user, request.Nonce, request.Verifier, request.ReturnTo,
		o.now.UnixMicro(), o.now.Add(ssoRequestLife).UnixMicro())
	return err
}

// EndSSO finds the request that an answer of an identity provider belongs to, once, and
// only for the browser that began it; else it is ErrNoSSORequest.
func (d *Directory) EndSSO(ctx context.Context, v Visitor, identifier, state, browser string) (*SSORequest, error) {
	return admitting(ctx, d, v, 0, func(o *operation) (*SSORequest, error) {
		return o.takeSSORequest(identifier, state, secret.HashToken(browser))
	})
}

// takeSSORequest takes a request, and its configuration as it is now.
func (o *operation) takeSSORequest(identifier, state string, browser [32]byte) (*SSORequest, error) {
	hash := secret.HashToken(state)
	var request SSORequest
	var configuration, expires int64
	var begunBy []byte
	var user *string
	found, err := o.tx.One("SELECT configuration_id, browser_hash, purpose, user_id, nonce, verifier, return_to, expires_at FROM sso_requests WHERE state_hash = $1",
		[]any{hash[:]}, &configuration, &begunBy, &request.Purpose, &user, &request.Nonce, &request.Verifier, &request.ReturnTo, &expires)
	if err != nil {
		return nil, err
	}
	if !found || expires <= o.now.UnixMicro() || subtle.ConstantTimeCompare(begunBy, browser[:]) != 1 {
		return nil, ErrNoSSORequest
	}
	stored, err := ssoWhere(o.tx, "id = $1 AND identifier = $2", configuration, identifier)
	if err != nil {
		return nil, err
	}
	if stored == nil {
		return nil, ErrNoSSORequest
	}
	if user != nil {
		request.UserID = *user
	}
	if request.Configuration, err = o.d.usableSSO(stored); err != nil {
		return nil, err
	}
	_, err = o.tx.Exec("DELETE FROM sso_requests WHERE state_hash = $1", hash[:])
	return &request, err
}
