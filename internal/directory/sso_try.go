package directory

import (
	"context"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// SSOTry is an address under which a configuration is tested, in any browser and once.
type SSOTry struct {
	URL       string
	ExpiresAt time.Time
}

// TrySSO makes such an address for the configuration of an organisation.
func (d *Directory) TrySSO(ctx context.Context, caller Caller, org int64) (*SSOTry, error) {
	return changing(ctx, d, caller, 1, func(o *operation) (*SSOTry, error) {
		found, err := o.org(org)
		if err != nil {
			return nil, err
		}
		if err := roundtable.EditSSO(o.actor, found, o.facts); err != nil {
			return nil, err
		}
		s, err := ssoOfOrg(o.tx, org)
		if err != nil {
			return nil, err
		}
		return o.trySSO(s, o.actor.User.ID)
	})
}

// trySSO makes a request that nobody has begun yet.
func (o *operation) trySSO(s *storedSSO, user string) (*SSOTry, error) {
	if s == nil {
		return nil, &roundtable.Error{Code: roundtable.CodeNotFound}
	}
	if err := o.clearSSORequests(s.ID); err != nil {
		return nil, err
	}
	token, hash, err := secret.NewToken(o.d.random)
	if err != nil {
		return nil, err
	}
	request := &SSORequest{Configuration: &SSOConfiguration{SSO: s.SSO}, Purpose: ssoTestURL, UserID: user}
	if err := o.insertSSORequest(hash, [32]byte{}, request); err != nil {
		return nil, err
	}
	at := s.Addresses(o.d.publicURL).Login
	return &SSOTry{URL: at[:len(at)-len("login")] + "test?token=" + token, ExpiresAt: o.now.Add(ssoRequestLife)}, nil
}

// OpenSSOTry finds the configuration that a test address is for, once; else it is
// ErrNoSSORequest. It is told whoever made it.
func (d *Directory) OpenSSOTry(ctx context.Context, v Visitor, identifier, token string) (*SSORequest, error) {
	return admitting(ctx, d, v, 0, func(o *operation) (*SSORequest, error) {
		request, err := o.takeSSORequest(identifier, token, [32]byte{})
		if err != nil {
			return nil, err
		}
		if request.Purpose != ssoTestURL {
			return nil, ErrNoSSORequest
		}
		request.Purpose = SSOTest
		return request, nil
	})
}
