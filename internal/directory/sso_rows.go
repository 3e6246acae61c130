package directory

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// storedSSO is a configuration with its secret, sealed.
type storedSSO struct {
	roundtable.SSO
	secret []byte
}

const ssoColumns = "SELECT id, identifier, COALESCE(org_id, 0), COALESCE(provider_id, 0), kind, settings, secret, enabled, tested_at, expires_at," +
	" warned_at, admin_signed_in_at, created_at, updated_at FROM sso_configurations"

func scanSSO(rows *db.Rows) (*storedSSO, error) {
	s, settings := new(storedSSO), ""
	err := rows.Scan(&s.ID, &s.Identifier, &s.OrgID, &s.ProviderID, &s.Kind, &settings, &s.secret, &s.Enabled, &s.TestedAt, &s.ExpiresAt,
		&s.WarnedAt, &s.AdminSignedInAt, &s.CreatedAt, &s.UpdatedAt)
	if err != nil {
		return nil, err
	}
	s.HasSecret = s.secret != nil
	return s, json.Unmarshal([]byte(settings), &s.Settings)
}

// ssoWhere reads the configuration that a condition is true of; nil: there is none.
func ssoWhere(tx *db.Tx, condition string, args ...any) (found *storedSSO, err error) {
	err = tx.Each(ssoColumns+" WHERE "+condition, args, func(rows *db.Rows) error {
		found, err = scanSSO(rows)
		return err
	})
	return found, err
}

func ssoOfOrg(tx *db.Tx, org int64) (*storedSSO, error) { return ssoWhere(tx, "org_id = $1", org) }

// ssoOf returns the configuration itself; nil: there is none.
func ssoOf(s *storedSSO) *roundtable.SSO {
	if s == nil {
		return nil
	}
	return &s.SSO
}

// writeSSO stores what a change comes to. The end of sessions and links goes with it.
func (o *operation) writeSSO(before *storedSSO, change *roundtable.SSOOutcome) error {
	s := change.After
	if before == nil {
		ids, err := o.tx.NextIDs("sso_configurations", 1)
		if err != nil {
			return err
		}
		s.ID = ids[0]
	}
	sealed, err := o.sealSSO(before, change)
	if err != nil {
		return err
	}
	settings, err := json.Marshal(s.Settings)
	if err != nil {
		return err
	}
	_, err = o.tx.Exec("INSERT INTO sso_configurations (id, identifier, org_id, provider_id, kind, settings, secret, enabled, tested_at, expires_at,"+
		" warned_at, admin_signed_in_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"+
		" ON CONFLICT (id) DO UPDATE SET identifier = excluded.identifier, kind = excluded.kind, settings = excluded.settings,"+
		" secret = excluded.secret, enabled = excluded.enabled, tested_at = excluded.tested_at, expires_at = excluded.expires_at,"+
		" warned_at = excluded.warned_at, updated_at = excluded.updated_at",
		s.ID, s.Identifier, orNull(s.OrgID), orNull(s.ProviderID), string(s.Kind), string(settings), sealed, s.Enabled, s.TestedAt, s.ExpiresAt,
		s.WarnedAt, s.AdminSignedInAt, s.CreatedAt, s.UpdatedAt)
	if err != nil {
		return err
	}
	if change.Unlinks {
		if _, err := o.tx.Exec("DELETE FROM sso_links WHERE configuration_id = $1", s.ID); err != nil {
			return err
		}
	}
	if change.Changed { // what is under way was begun with other settings
		if _, err := o.tx.Exec("DELETE FROM sso_requests WHERE configuration_id = $1", s.ID); err != nil {
			return err
		}
	}
	if change.Ends {
		return o.endSSOSessions(s)
	}
	return nil
}

func orNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// endSSOSessions ends the sessions that began through a configuration: of its users, as
// they cannot have begun through another.
func (o *operation) endSSOSessions(s *roundtable.SSO) error {
	users := "SELECT id FROM users WHERE org_id = $1 AND role <> 'PROVIDER'"
	owner := s.OrgID
	if owner == 0 {
		users, owner = "SELECT u.id FROM users u JOIN orgs o ON o.id = u.org_id WHERE o.provider_id = $1 AND u.role = 'PROVIDER'", s.ProviderID
	}
	_, err := o.tx.Exec("DELETE FROM sessions WHERE kind = $2 AND user_id IN ("+users+")", owner, string(roundtable.SSOSession))
	return err
}

// deleteSSO takes a configuration away with all that refers to it.
func (o *operation) deleteSSO(s *roundtable.SSO) error {
	for _, statement := range []string{
		"DELETE FROM saml_assertions WHERE configuration_id = $1",
		"DELETE FROM sso_requests WHERE configuration_id = $1",
		"DELETE FROM sso_links WHERE configuration_id = $1",
		"DELETE FROM sso_configurations WHERE id = $1",
	} {
		if _, err := o.tx.Exec(statement, s.ID); err != nil {
			return err
		}
	}
	return o.endSSOSessions(s)
}

// ssoOnlyUsers counts who could not sign in without a configuration; nil: there is none.
func (o *operation) ssoOnlyUsers(s *storedSSO) (count int, err error) {
	if s == nil || !s.Enabled || s.OrgID == 0 {
		return 0, nil
	}
	_, err = o.tx.One("SELECT count(*) FROM users WHERE org_id = $1 AND sso_only AND NOT disabled", []any{s.OrgID}, &count)
	return count, err
}

var errNoSealer = errors.New("a secret is stored, and the server runs without --secret-key-file")

// sealPurpose binds a secret to its configuration.
func sealPurpose(s *roundtable.SSO) string {
	return "sso_configurations/" + strconv.FormatInt(s.ID, 10)
}

// sealSSO returns the secret as it is to be stored.
func (o *operation) sealSSO(before *storedSSO, change *roundtable.SSOOutcome) ([]byte, error) {
	switch {
	case change.Secret == nil && before != nil:
		return before.secret, nil
	case change.Secret == nil || *change.Secret == "":
		return nil, nil
	case o.d.sealer == nil:
		return nil, errNoSealer
	}
	return o.d.sealer.Seal(*change.Secret, sealPurpose(change.After))
}

// openSSO returns the secret of a configuration in clear; empty: it has none.
func (d *Directory) openSSO(s *storedSSO) (string, error) {
	switch {
	case s.secret == nil:
		return "", nil
	case d.sealer == nil:
		return "", errNoSealer
	}
	return d.sealer.Open(s.secret, sealPurpose(&s.SSO))
}
