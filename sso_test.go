package roundtable

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
)

// certificateUntil makes a certificate, as PEM and as DER in base64.
func certificateUntil(t *testing.T, until time.Time) (text, der string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: until.Add(-1000 * time.Hour), NotAfter: until}
	bytes, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: bytes})), base64.StdEncoding.EncodeToString(bytes)
}

// changed judges a change of before by a provider's own side.
func changed(t *testing.T, before *SSO, patch SSOPatch) (*SSOOutcome, string) {
	t.Helper()
	outcome, err := SetProviderSSO(1, before, &SSOChange{Patch: patch, Fresh: "fresh", Seals: true, Now: 1})
	refusal, refused := errors.AsType[*Error](err)
	if !refused {
		return outcome, ""
	}
	return outcome, refusal.Error()
}

func metadata(sso, certificates string) string {
	return `<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="idp">` +
		`<md:IDPSSODescriptor>` + certificates + `<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/post"/>` +
		sso + `</md:IDPSSODescriptor></md:EntityDescriptor>`
}

func TestSSOMetadata(t *testing.T) {
	end := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	_, der := certificateUntil(t, end)
	keyed := func(use string) string {
		return `<md:KeyDescriptor` + use + `><ds:KeyInfo><ds:X509Data><ds:X509Certificate>` + der[:20] + "\n  " + der[20:] +
			`</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`
	}
	redirect := `<md:SingleSignOnService Binding="` + samlRedirect + `" Location="https://idp.example/sso"/>`
	for _, use := range []string{"", ` use="signing"`} {
		outcome, refusal := changed(t, nil, SSOPatch{Type: Some("saml"), Metadata: Some(metadata(redirect, keyed(use)))})
		if refusal != "" {
			t.Fatal(refusal)
		}
		s := outcome.After
		if s.Settings.EntityID != "idp" || s.Settings.SSOURL != "https://idp.example/sso" || len(s.Settings.Certificates) != 1 || s.Settings.Certificates[0] != der ||
			*s.ExpiresAt != Micros(end) || s.Identifier != "fresh" || s.ProviderID != 1 {
			t.Errorf("%+v", s)
		}
	}
	for what, text := range map[string]string{
		"nothing": "", "no XML": "{}", "unclosed": "<a>", "another thing": "<a/>", "a document type": "<!DOCTYPE x>" + metadata(redirect, keyed("")),
		"a bomb": `<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>`, "depth": strings.Repeat("<a>", 100) + strings.Repeat("</a>", 100),
		"length": metadata(redirect, keyed("")) + strings.Repeat(" ", MaxSSOMetadata), "no redirect binding": metadata("", keyed("")),
	} {
		if _, refusal := changed(t, nil, SSOPatch{Type: Some("saml"), Metadata: Some(text)}); refusal != "invalid (metadata: invalid_metadata)" {
			t.Errorf("%s: %s", what, refusal)
		}
	}
	for what, patch := range map[string]SSOPatch{
		"keys for encryption only": {Type: Some("saml"), Metadata: Some(metadata(redirect, keyed(` use="encryption"`)))},
		"no keys":                  {Type: Some("saml"), Metadata: Some(metadata(redirect, ""))},
	} {
		if _, refusal := changed(t, nil, patch); refusal != "invalid (certificates: required)" {
			t.Errorf("%s: %s", what, refusal)
		}
	}
}

// TestSSOCertificatesAreAdded: a certificate may come beside what was tested, and not go.
func TestSSOCertificatesAreAdded(t *testing.T) {
	old, _ := certificateUntil(t, time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC))
	fresh, _ := certificateUntil(t, time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC))
	patch := SSOPatch{Type: Some("saml"), EntityID: Some("idp"), SSOURL: Some("https://idp.example/sso"), Certificates: Some([]string{old})}
	first, refusal := changed(t, nil, patch)
	if refusal != "" {
		t.Fatal(refusal)
	}
	tested, warned := UnixMicros(5), UnixMicros(6)
	before := first.After
	before.TestedAt, before.WarnedAt, before.Enabled = &tested, &warned, true
	patch.Certificates = Some([]string{fresh, old, fresh})
	both, refusal := changed(t, before, patch)
	if refusal != "" || both.After.TestedAt == nil || !both.After.Enabled || both.After.WarnedAt != nil || len(both.After.Settings.Certificates) != 2 || both.Unlinks {
		t.Errorf("%+v %s", both, refusal)
	}
	patch.Certificates = Some([]string{fresh})
	if _, refusal := changed(t, both.After, patch); refusal != "invalid (enabled: sso_not_tested)" {
		t.Errorf("the tested one goes: %s", refusal)
	}
	patch.Enabled = Some(false)
	alone, refusal := changed(t, both.After, patch)
	if refusal != "" || alone.After.TestedAt != nil || !alone.Ends {
		t.Errorf("%+v %s", alone, refusal)
	}
	same, refusal := changed(t, alone.After, patch)
	if refusal != "" || same.Changed {
		t.Errorf("the same again: %+v %s", same, refusal)
	}
	patch.EntityID = Some("another")
	if other, refusal := changed(t, alone.After, patch); refusal != "" || !other.Unlinks {
		t.Errorf("another identity provider: %+v %s", other, refusal)
	}
}

func TestSSOAddressesAreChecked(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://login.example": true, "https://login.example/tenant/v2.0": true, "http://localhost:9000": true, "http://127.0.0.1:9000/x": true, "http://[::1]:1": true,
		"http://login.example": false, "ftp://login.example": false, "https://": false, "login.example": false, "https://user@login.example": false,
		"https://login.example/#x": false, "http://localhost.example": false, "javascript:alert(1)": false, "https://x\x00": false,
		"https://login.example/" + strings.Repeat("x", 2_000): false,
	} {
		_, refusal := changed(t, nil, SSOPatch{Type: Some("oidc"), Issuer: Some(address), ClientID: Some("roundtable")})
		if (refusal == "") != ok {
			t.Errorf("%.60q: %s", address, refusal)
		}
	}
}

func TestSSOWarningDue(t *testing.T) {
	end := time.Date(2030, 3, 1, 0, 0, 0, 0, time.UTC)
	day := func(before int) time.Time { return end.AddDate(0, 0, -before) }
	at := func(moment time.Time) *UnixMicros {
		micros := Micros(moment)
		return &micros
	}
	for _, tt := range []struct {
		now    time.Time
		warned *UnixMicros
		want   bool
	}{
		{day(31), nil, false}, {day(30), nil, true}, {day(30), at(day(30)), false}, {day(8), at(day(30)), false}, {day(7), at(day(30)), true},
		{day(6), at(day(7)), false}, {day(1), nil, true}, {day(0), nil, false}, {day(-5), nil, false}, {day(10), at(day(100)), true},
	} {
		s := &SSO{Enabled: true, ExpiresAt: at(end), WarnedAt: tt.warned}
		if got := s.WarningDue(tt.now); got != tt.want {
			t.Errorf("%v, warned %v: %v", tt.now, tt.warned, got)
		}
		s.Enabled = false
		if s.WarningDue(tt.now) {
			t.Error("what is switched off ends unnoticed")
		}
	}
}
