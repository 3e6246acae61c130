package roundtable

import "time"

// SSOKind is how a single sign-on configuration speaks with its identity provider.
type SSOKind string

// The kinds of configurations.
const (
	OIDC SSOKind = "oidc"
	SAML SSOKind = "saml"
)

// SSO is a single sign-on configuration: of an organisation, whose users it signs in but
// for PROVIDER users, or of a provider, whose PROVIDER users it signs in.
type SSO struct {
	ID         int64
	Identifier string // in the addresses that the identity provider knows
	OrgID      int64  // 0: it is a provider's
	ProviderID int64  // 0: it is an organisation's
	Kind       SSOKind
	Settings   SSOSettings
	HasSecret  bool
	Enabled    bool

	TestedAt        *UnixMicros // when a test of these settings succeeded
	ExpiresAt       *UnixMicros // end of the certificates or of what was told
	WarnedAt        *UnixMicros // when its end was announced
	AdminSignedInAt *UnixMicros // when an ORG_ADMIN first came in this way
	CreatedAt       UnixMicros
	UpdatedAt       UnixMicros
}

// SSOSettings are what is no secret, as stored and on the wire.
type SSOSettings struct {
	Issuer                string `json:"issuer,omitempty"`
	ClientID              string `json:"client_id,omitempty"`
	AuthorizationEndpoint string `json:"authorization_endpoint,omitempty"` // empty, with the next two: discovered
	TokenEndpoint         string `json:"token_endpoint,omitempty"`
	JWKSURI               string `json:"jwks_uri,omitempty"`
	UserinfoEndpoint      string `json:"userinfo_endpoint,omitempty"`

	// TrustedEmail: the issuer only tells addresses that it knows to be the person's, and
	// need not say so of each.
	TrustedEmail bool `json:"trusted_email,omitempty"`

	EntityID     string   `json:"entity_id,omitempty"`
	SSOURL       string   `json:"sso_url,omitempty"`
	Certificates []string `json:"certificates,omitempty"` // DER in base64, each one signs

	ContactEmail   string `json:"contact_email,omitempty"`
	ExpirationDate string `json:"expiration_date,omitempty"` // YYYY-MM-DD, the first day on which it does not work
}

// SSOWarnings are how long before its end a configuration's end is announced.
func SSOWarnings() []time.Duration { return []time.Duration{30 * 24 * time.Hour, 7 * 24 * time.Hour} }

// WarningDue reports whether the end of a configuration is to be announced now: once in
// each of the last spans of its life.
func (s *SSO) WarningDue(now time.Time) bool {
	if !s.Enabled || s.ExpiresAt == nil {
		return false
	}
	end := time.UnixMicro(int64(*s.ExpiresAt))
	if !now.Before(end) {
		return false
	}
	for _, before := range SSOWarnings() {
		since := end.Add(-before)
		if !now.Before(since) && (s.WarnedAt == nil || time.UnixMicro(int64(*s.WarnedAt)).Before(since)) {
			return true
		}
	}
	return false
}

// TellsContact reports whether a mail to contact, about an end, still says what is so: it is
// who looks after the configuration, which ends then.
func (s *SSO) TellsContact(contact string, end time.Time) bool {
	return s.Enabled && s.ExpiresAt != nil && s.Settings.ContactEmail == contact &&
		time.UnixMicro(int64(*s.ExpiresAt)).Unix() == end.Unix()
}

// SSOAddresses are what an identity provider is told about this side.
type SSOAddresses struct {
	Login    string // where a sign-in begins
	Callback string // OIDC: redirect URI; SAML: assertion consumer service
	Metadata string // SAML: metadata, and entity id
}

// Addresses returns the addresses of a configuration under the server's public one.
func (s *SSO) Addresses(public string) SSOAddresses {
	base := public + "/sso/" + s.Identifier
	if s.Kind == SAML {
		return SSOAddresses{Login: base + "/login", Callback: base + "/acs", Metadata: base + "/metadata"}
	}
	return SSOAddresses{Login: base + "/login", Callback: base + "/callback"}
}

// SSOView is a configuration on the wire. No secret is in it.
type SSOView struct {
	OrgID      int64    `json:"org_id"`
	Identifier string   `json:"identifier"`
	Type       SSOKind  `json:"type"`
	Enabled    bool     `json:"enabled"`
	Issuer     NullText `json:"issuer"`
	ClientID   NullText `json:"client_id"`
	HasSecret  bool     `json:"has_client_secret"`

	AuthorizationEndpoint NullText `json:"authorization_endpoint"`
	TokenEndpoint         NullText `json:"token_endpoint"`
	JWKSURI               NullText `json:"jwks_uri"`
	UserinfoEndpoint      NullText `json:"userinfo_endpoint"`
	TrustedEmail          bool     `json:"trusted_email"`

	EntityID       NullText `json:"entity_id"`
	SSOURL         NullText `json:"sso_url"`
	Certificates   []string `json:"certificates"`
	ContactEmail   NullText `json:"contact_email"`
	ExpirationDate NullText `json:"expiration_date"`

	LoginURL    string   `json:"login_url"`
	CallbackURL string   `json:"callback_url"`
	MetadataURL NullText `json:"metadata_url"`

	TestedAt        *UnixMicros `json:"tested_at"`
	ExpiresAt       *UnixMicros `json:"expires_at"`
	AdminSignedInAt *UnixMicros `json:"admin_signed_in_at"`
	CreatedAt       UnixMicros  `json:"created_at"`
	UpdatedAt       UnixMicros  `json:"updated_at"`
}

// View returns the configuration as a reader sees it.
func (s *SSO) View(public string) *SSOView {
	at, set := s.Addresses(public), &s.Settings
	return &SSOView{
		OrgID: s.OrgID, Identifier: s.Identifier, Type: s.Kind, Enabled: s.Enabled,
		Issuer: NullText(set.Issuer), ClientID: NullText(set.ClientID), HasSecret: s.HasSecret,
		AuthorizationEndpoint: NullText(set.AuthorizationEndpoint), TokenEndpoint: NullText(set.TokenEndpoint),
		JWKSURI: NullText(set.JWKSURI), UserinfoEndpoint: NullText(set.UserinfoEndpoint), TrustedEmail: set.TrustedEmail,
		EntityID: NullText(set.EntityID), SSOURL: NullText(set.SSOURL), Certificates: append([]string{}, set.Certificates...),
		ContactEmail: NullText(set.ContactEmail), ExpirationDate: NullText(set.ExpirationDate),
		LoginURL: at.Login, CallbackURL: at.Callback, MetadataURL: NullText(at.Metadata),
		TestedAt: s.TestedAt, ExpiresAt: s.ExpiresAt, AdminSignedInAt: s.AdminSignedInAt,
		CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
}
