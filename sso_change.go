package roundtable

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// SSOPatch is the body of a request that sets a configuration. It is the whole: what is
// absent has its default, but for Identifier, Enabled and ClientSecret, which stay.
type SSOPatch struct {
	Identifier            Opt[string]   `json:"identifier"`
	Type                  Opt[string]   `json:"type"`
	Enabled               Opt[bool]     `json:"enabled"`
	Issuer                Opt[string]   `json:"issuer"`
	ClientID              Opt[string]   `json:"client_id"`
	ClientSecret          Opt[string]   `json:"client_secret"`
	AuthorizationEndpoint Opt[string]   `json:"authorization_endpoint"`
	TokenEndpoint         Opt[string]   `json:"token_endpoint"`
	JWKSURI               Opt[string]   `json:"jwks_uri"`
	UserinfoEndpoint      Opt[string]   `json:"userinfo_endpoint"`
	TrustedEmail          Opt[bool]     `json:"trusted_email"`
	EntityID              Opt[string]   `json:"entity_id"`
	SSOURL                Opt[string]   `json:"sso_url"`
	Certificates          Opt[[]string] `json:"certificates"`
	Metadata              Opt[string]   `json:"metadata"`
	ContactEmail          Opt[string]   `json:"contact_email"`
	ExpirationDate        Opt[string]   `json:"expiration_date"`
}

// IgnoredSSOMembers are members of a body that are accepted whatever their type, so that
// what was read can be posted back.
func IgnoredSSOMembers() []string {
	return []string{
		"org_id", "has_client_secret", "login_url", "callback_url", "metadata_url",
		"tested_at", "expires_at", "admin_signed_in_at", "created_at", "updated_at",
	}
}

// SSOChange is a request to set a configuration.
type SSOChange struct {
	Patch SSOPatch
	Form  []FieldError // what is wrong with the form of the request
	Force bool         // even if somebody cannot sign in any more

	// Facts of the rule, from the transaction.
	Fresh           string // an identifier that nobody has, for a new configuration
	IdentifierTaken bool
	SSOOnly         int  // users who could not sign in without it
	Seals           bool // secrets can be kept
	SameSecret      bool // the secret that is kept is the one asked for
	Now             UnixMicros
}

// SSOOutcome is what a change of a configuration does.
type SSOOutcome struct {
	After   *SSO
	Changed bool
	Secret  *string // to be kept instead of the one before; empty: none
	Ends    bool    // sessions that began through it end
	Unlinks bool    // whom it knew by subject, it knows no more
}

// Bounds of what a configuration holds.
const (
	maxSSOText   = 500
	maxSSOURL    = 2_000
	maxSSOSecret = 2_000
)

var ssoIdentifier = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{1,62})[a-z0-9]$`)

// ssoJudgement judges the settings of a change.
type ssoJudgement struct {
	faults
	patch  *SSOPatch
	before *SSO // nil: there is none yet
	after  *SSO
}

// judge says what a change comes to, whoever asks for it.
func (c *SSOChange) judge(before *SSO) (*SSOOutcome, error) {
	after := &SSO{Identifier: c.Fresh, CreatedAt: c.Now, UpdatedAt: c.Now}
	if before != nil {
		copied := *before
		after = &copied
	}
	j := &ssoJudgement{faults: newFaults(c.Form), patch: &c.Patch, before: before, after: after}
	after.Settings = SSOSettings{}
	j.judgeIdentifier(c.IdentifierTaken)
	j.judgeKind()
	j.judgeCommon()
	outcome := &SSOOutcome{After: after, Secret: j.judgeSecret(c)}
	after.ExpiresAt = after.Settings.end()
	if !j.keepsTest(outcome) {
		after.TestedAt = nil
	}
	j.judgeEnabled(c)
	if len(j.wrong) > 0 {
		return nil, Invalid(j.wrong...)
	}
	if before != nil {
		outcome.Ends = before.Enabled && !after.Enabled
		outcome.Unlinks = before.peer() != after.peer()
		if !equalMicros(before.ExpiresAt, after.ExpiresAt) {
			after.WarnedAt = nil
		}
	}
	outcome.Changed = before == nil || outcome.Secret != nil || before.Identifier != after.Identifier || before.Kind != after.Kind ||
		before.Enabled != after.Enabled || !before.Settings.equal(&after.Settings)
	if outcome.Changed {
		after.UpdatedAt = c.Now
	}
	return outcome, nil
}

// peer is whose word a configuration takes.
func (s *SSO) peer() string {
	return string(s.Kind) + " " + s.Settings.Issuer + " " + s.Settings.EntityID
}

func equalMicros(a, b *UnixMicros) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }

func (s *SSOSettings) equal(other *SSOSettings) bool {
	a, b := *s, *other
	a.Certificates, b.Certificates = nil, nil
	return slices.Equal(s.Certificates, other.Certificates) && equalValues(a, b)
}

// keepsTest reports whether what was tested still holds: nothing that a sign-in depends
// on has changed but certificates that were added.
func (j *ssoJudgement) keepsTest(o *SSOOutcome) bool {
	if j.before == nil || o.Secret != nil || j.before.Kind != j.after.Kind || j.before.Identifier != j.after.Identifier {
		return false
	}
	a, b := j.before.Settings, j.after.Settings
	if !containsAll(b.Certificates, a.Certificates) {
		return false
	}
	for _, s := range []*SSOSettings{&a, &b} {
		s.Certificates, s.ContactEmail, s.ExpirationDate = nil, "", ""
	}
	return equalValues(a, b)
}

func (j *ssoJudgement) judgeIdentifier(taken bool) {
	asked := j.patch.Identifier
	if !asked.Set || asked.Null {
		return
	}
	j.after.Identifier = asked.Value
	switch {
	case !ssoIdentifier.MatchString(asked.Value):
		j.note("identifier", &problem{CodeInvalidCharacters, "Must be 3 to 64 lower-case letters, digits and inner hyphens."})
	case taken:
		j.note("identifier", &problem{CodeNameTaken, "This identifier is taken."})
	}
}

func (j *ssoJudgement) judgeKind() {
	j.after.Kind = SSOKind(j.patch.Type.Value)
	switch {
	case !j.patch.Type.Set || j.patch.Type.Null:
		j.note("type", &problem{CodeRequired, "Is required."})
	case j.after.Kind == OIDC:
		j.judgeOIDC()
	case j.after.Kind == SAML:
		j.judgeSAML()
	default:
		j.note("type", notAChoice([]SSOKind{OIDC, SAML}))
	}
}

func (j *ssoJudgement) judgeOIDC() {
	p, s := j.patch, &j.after.Settings
	s.Issuer = j.address("issuer", p.Issuer, true)
	s.ClientID = j.text("client_id", p.ClientID)
	own := p.AuthorizationEndpoint.Value != "" || p.TokenEndpoint.Value != "" || p.JWKSURI.Value != ""
	s.AuthorizationEndpoint = j.address("authorization_endpoint", p.AuthorizationEndpoint, own)
	s.TokenEndpoint = j.address("token_endpoint", p.TokenEndpoint, own)
	s.JWKSURI = j.address("jwks_uri", p.JWKSURI, own)
	s.UserinfoEndpoint = j.address("userinfo_endpoint", p.UserinfoEndpoint, false)
	s.TrustedEmail = p.TrustedEmail.Value
}

func (j *ssoJudgement) judgeSAML() {
	p, s := j.patch, &j.after.Settings
	entityID, ssoURL, certificates := p.EntityID, p.SSOURL, p.Certificates.Value
	if p.Metadata.Set && !p.Metadata.Null {
		entity, at, found, wrong := readSSOMetadata(p.Metadata.Value)
		if wrong != nil {
			j.note("metadata", wrong)
			return
		}
		entityID, ssoURL, certificates = Some(entity), Some(at), found
	}
	s.EntityID = j.text("entity_id", entityID)
	s.SSOURL = j.address("sso_url", ssoURL, true)
	if len(certificates) == 0 {
		j.note("certificates", &problem{CodeRequired, "Is required: the certificate with which the identity provider signs."})
	}
	if len(certificates) > maxCertificates {
		j.note("certificates", &problem{CodeTooManyItems, "Must have at most 10 certificates."})
		return
	}
	for _, text := range certificates {
		der, _, ok := readCertificate(text)
		if !ok {
			j.note("certificates", &problem{CodeInvalidCertificate, "Must be X.509 certificates, in PEM or base64."})
		} else if !slices.Contains(s.Certificates, der) {
			s.Certificates = append(s.Certificates, der)
		}
	}
}

func (j *ssoJudgement) judgeCommon() {
	p, s := j.patch, &j.after.Settings
	if email := strings.TrimSpace(p.ContactEmail.Value); email != "" {
		s.ContactEmail = email
		if _, ok := EmailKey(email); !ok {
			j.note("contact_email", emailProblem(email))
		}
	}
	if day := p.ExpirationDate.Value; day != "" {
		s.ExpirationDate = day
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			j.note("expiration_date", &problem{CodeInvalidDate, "Must be a day, as YYYY-MM-DD, or null."})
		}
	}
}

// judgeSecret returns the secret to keep; nil: the one before stays. It stays with the
// client that it is of.
func (j *ssoJudgement) judgeSecret(c *SSOChange) *string {
	asked, none := j.patch.ClientSecret, ""
	same := j.before != nil && j.before.Kind == j.after.Kind &&
		j.before.Settings.Issuer == j.after.Settings.Issuer && j.before.Settings.ClientID == j.after.Settings.ClientID
	switch {
	case j.after.Kind != OIDC || asked.Null || asked.Set && asked.Value == "" || !asked.Set && !same:
		if j.before == nil || !j.before.HasSecret {
			return nil
		}
		j.after.HasSecret = false
		return &none
	case !asked.Set, same && c.SameSecret:
		return nil
	case len(asked.Value) > maxSSOSecret:
		j.note("client_secret", &problem{CodeTooLong, "Must have at most 2000 bytes."})
	case !c.Seals:
		j.note("client_secret", &problem{
			CodeNoSecretKey, "This server cannot keep secrets: its operator has to start it with --secret-key-file first.",
		})
	}
	j.after.HasSecret = true
	return &asked.Value
}

// judgeEnabled switches on what was tested, and keeps on what somebody depends on.
func (j *ssoJudgement) judgeEnabled(c *SSOChange) {
	if j.patch.Enabled.Null {
		j.note("enabled", nullNotAllowed())
		return
	}
	if j.patch.Enabled.Set {
		j.after.Enabled = j.patch.Enabled.Value
	}
	if j.after.Enabled && j.after.TestedAt == nil {
		j.note("enabled", &problem{
			CodeSSONotTested, "These settings have not been tested. Save them with enabled false, test them, and switch them on then.",
		})
	}
	if j.before != nil && j.before.Enabled && !j.after.Enabled && c.SSOOnly > 0 && !c.Force {
		j.note("enabled", ssoInUse())
	}
}

func ssoInUse() *problem {
	return &problem{CodeSSOInUse, "Some users can sign in through single sign-on only. With force they are locked out until they get another way."}
}

func (j *ssoJudgement) text(field string, asked Opt[string]) string {
	value := strings.TrimSpace(asked.Value)
	switch {
	case value == "":
		j.note(field, &problem{CodeRequired, "Is required."})
	case len(value) > maxSSOText:
		j.note(field, &problem{CodeTooLong, "Must have at most 500 bytes."})
	case strings.ContainsFunc(value, unseen):
		j.note(field, &problem{CodeInvalidCharacters, "Must not hold control, bidirectional or zero-width characters."})
	}
	return value
}

// address takes an https address. Plain http is for this machine only, where servers are
// tried out.
func (j *ssoJudgement) address(field string, asked Opt[string], required bool) string {
	value := strings.TrimSpace(asked.Value)
	if value == "" {
		if required {
			j.note(field, &problem{CodeRequired, "Is required."})
		}
		return ""
	}
	at, err := url.Parse(value)
	local := err == nil && at.Scheme == "http" && isLocalHost(at.Hostname())
	if err != nil || len(value) > maxSSOURL || at.Host == "" || at.User != nil || at.Fragment != "" || at.Scheme != "https" && !local {
		j.note(field, &problem{CodeInvalidAddress, "Must be an https address, without user and fragment, of at most 2000 bytes."})
	}
	return value
}

func isLocalHost(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
