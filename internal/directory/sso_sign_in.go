package directory

import (
	"context"
	"errors"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// SSOAssertion names what a proof was told in, so that it is taken once.
type SSOAssertion struct {
	Hash  [32]byte
	Until time.Time // after which nobody would take it anyway
}

// ErrReplayed is an assertion that was taken before.
var ErrReplayed = errors.New("the assertion was taken before")

// SSORefused is somebody whom an identity provider knows and who is not let in.
type SSORefused struct{ Reason roundtable.SSORefusal }

// Error tells the reason, for the log.
func (e *SSORefused) Error() string { return "not let in: " + string(e.Reason) }

// SignInBySSO begins a session for whoever a proof is of, or notes that a test succeeded.
// It is judged by the configuration as it is now, which has to be the one that the proof
// was verified with. assertion may be nil.
func (d *Directory) SignInBySSO(
	ctx context.Context, v Visitor, request *SSORequest, proof *roundtable.SSOProof, assertion *SSOAssertion,
) (*NewSession, error) {
	verifiedWith := &request.Configuration.SSO
	session, err := admitting(ctx, d, v, verifiedWith.OrgID, func(o *operation) (*NewSession, error) {
		s, err := ssoWhere(o.tx, "id = $1", verifiedWith.ID)
		if err != nil {
			return nil, err
		}
		if s == nil || s.UpdatedAt != verifiedWith.UpdatedAt {
			return nil, ErrNoSSORequest
		}
		if err := o.takeAssertion(s.ID, assertion); err != nil {
			return nil, err
		}
		user, err := o.admitBySSO(&s.SSO, proof)
		if err != nil {
			return nil, err
		}
		if request.Purpose == SSOTest {
			return nil, o.noteSSOTest(&s.SSO)
		}
		if !s.Enabled {
			return nil, &SSORefused{roundtable.SSOOff}
		}
		return o.enterBySSO(&s.SSO, user, proof, v)
	})
	refused, known := errors.AsType[*SSORefused](err)
	if known {
		d.log.Warn("not signed in", "reason", string(refused.Reason), "configuration", verifiedWith.Identifier,
			"purpose", string(request.Purpose), "request_id", v.RequestID)
	}
	return session, err
}

// takeAssertion notes an assertion; ErrReplayed: it is noted already.
func (o *operation) takeAssertion(configuration int64, assertion *SSOAssertion) error {
	if assertion == nil {
		return nil
	}
	if _, err := o.tx.Exec("DELETE FROM saml_assertions WHERE expires_at <= $1", o.now.UnixMicro()); err != nil {
		return err
	}
	taken, err := o.tx.Exec("INSERT INTO saml_assertions (configuration_id, assertion_hash, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		configuration, assertion.Hash[:], assertion.Until.UnixMicro())
	if err == nil && taken == 0 {
		err = ErrReplayed
	}
	return err
}

// admitBySSO finds whom a proof is of: by issuer and subject or, for the first time, by
// the e-mail address.
func (o *operation) admitBySSO(s *roundtable.SSO, proof *roundtable.SSOProof) (*roundtable.User, error) {
	var id string
	linked, err := o.tx.One("SELECT user_id FROM sso_links WHERE configuration_id = $1 AND issuer = $2 AND subject = $3",
		[]any{s.ID, proof.Issuer, proof.Subject}, &id)
	if err != nil {
		return nil, err
	}
	if !linked {
		key, refusal := s.EmailToMatch(proof)
		if refusal != roundtable.SSOAccepted {
			return nil, &SSORefused{refusal}
		}
		if _, err := o.tx.One("SELECT id FROM users WHERE email_key = $1", []any{key}, &id); err != nil {
			return nil, err
		}
	}
	if err := o.loadUsersByID(o.tx, []string{id}); err != nil {
		return nil, err
	}
	user, other := o.users[id], false
	if user != nil {
		if err := o.loadOrgs(o.tx, []int64{user.OrgID}); err != nil {
			return nil, err
		}
		_, err := o.tx.One("SELECT EXISTS (SELECT user_id FROM sso_links WHERE user_id = $1 AND configuration_id = $2)", []any{id, s.ID}, &other)
		if err != nil {
			return nil, err
		}
	}
	if refusal := s.Admit(proof, user, other && !linked, o.facts); refusal != roundtable.SSOAccepted {
		return nil, &SSORefused{refusal}
	}
	return user, nil
}

func (o *operation) noteSSOTest(s *roundtable.SSO) error {
	_, err := o.tx.Exec("UPDATE sso_configurations SET tested_at = $2 WHERE id = $1", s.ID, o.now.UnixMicro())
	return err
}

// enterBySSO lets a user in: linked from now on, active, with a session.
func (o *operation) enterBySSO(s *roundtable.SSO, user *roundtable.User, proof *roundtable.SSOProof, v Visitor) (*NewSession, error) {
	_, err := o.tx.Exec("INSERT INTO sso_links (user_id, configuration_id, issuer, subject, created_at) VALUES ($1, $2, $3, $4, $5)"+
		" ON CONFLICT (user_id) DO UPDATE SET configuration_id = excluded.configuration_id, issuer = excluded.issuer,"+
		" subject = excluded.subject, created_at = excluded.created_at WHERE sso_links.configuration_id <> excluded.configuration_id",
		user.ID, s.ID, proof.Issuer, proof.Subject, o.now.UnixMicro())
	if err != nil {
		return nil, err
	}
	if user.Status == roundtable.Invited {
		if user, err = o.activateBySSO(user, v); err != nil {
			return nil, err
		}
	}
	if user.Role == roundtable.OrgAdmin && s.AdminSignedInAt == nil {
		if _, err := o.tx.Exec("UPDATE sso_configurations SET admin_signed_in_at = $2 WHERE id = $1", s.ID, o.now.UnixMicro()); err != nil {
			return nil, err
		}
	}
	return o.beginSession(user, roundtable.SSOSession, v)
}

// activateBySSO makes an invited, sso_only user active. It is the user's own doing.
func (o *operation) activateBySSO(user *roundtable.User, v Visitor) (*roundtable.User, error) {
	wanted := &wantedFacts{credentials: map[string]bool{user.ID: true}}
	if err := arrived(o.tx, o.askCredentials(o.tx, wanted)); err != nil {
		return nil, err
	}
	by := *o.item
	by.caller.UserID, by.caller.RequestID = user.ID, v.RequestID
	outcome := roundtable.SignInBySSO(user, o.facts)
	o.apply(&by, outcome)
	return outcome.After, o.writeUsers()
}

// SSOLogin is where somebody with an e-mail address signs in by single sign-on; empty:
// nowhere, or nobody has that address.
func (d *Directory) SSOLogin(ctx context.Context, email string) (login string, err error) {
	key, ok := roundtable.EmailKey(email)
	if !ok {
		return "", nil
	}
	err = d.db.Get(ctx, func(tx *db.Tx) error {
		s, err := ssoWhere(tx, "enabled AND (org_id = (SELECT org_id FROM users WHERE email_key = $1 AND role <> 'PROVIDER')"+
			" OR provider_id = (SELECT o.provider_id FROM users u JOIN orgs o ON o.id = u.org_id WHERE u.email_key = $1 AND u.role = 'PROVIDER'))", key)
		if s != nil {
			login = s.Addresses(d.publicURL).Login
		}
		return err
	})
	return login, translate(err)
}
