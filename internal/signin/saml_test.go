package signin

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/signin/signintest"
)

// logresBySAML is a house whose organisation 1 signs in by SAML.
func logresBySAML(t *testing.T) (*house, *signintest.Assertor) {
	t.Helper()
	h := newHouse(t)
	a := signintest.NewAssertor(t, h.server.Client())
	a.Person("arthur", "arthur@example.com")
	h.configure(arthur, 1, "logres", bySAML(a), func(b *browser) { post(a, b) })
	return h, a
}

// bySAML is the configuration that takes the metadata of an identity provider.
func bySAML(a *signintest.Assertor) roundtable.SSOPatch {
	return roundtable.SSOPatch{Type: roundtable.Some("saml"), Metadata: roundtable.Some(a.Metadata())}
}

// post posts the last answer, as the page of the identity provider would.
func post(a *signintest.Assertor, b *browser) *browser {
	b.t.Helper()
	return b.post(a.Answer())
}

// signInBySAML is the whole round trip.
func (h *house) signInBySAML(a *signintest.Assertor, b *browser) *browser {
	h.t.Helper()
	h.signIn(b, "logres")
	return post(a, b)
}

// asked reads the request in an address.
func asked(t *testing.T, address *url.URL) string {
	t.Helper()
	packed, err := base64.StdEncoding.DecodeString(address.Query().Get("SAMLRequest"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func TestSAMLRoundTrip(t *testing.T) {
	t.Parallel()
	h, a := logresBySAML(t)
	b := h.browser().get(h.server.URL + "/sso/logres/login?return_to=/pages/posts")
	if request := asked(t, b.at); !strings.Contains(request, h.server.URL+"/sso/logres/acs") || !strings.Contains(request, h.server.URL+"/sso/logres/metadata") {
		t.Errorf("asked for %s", request)
	}
	post(a, b)
	h.wantSignedIn(b, "by address", arthur)
	if b.at.Path != "/pages/posts" {
		t.Errorf("led to %v", b.at)
	}
	a.Person("arthur", "renamed@example.com")
	h.wantSignedIn(h.signInBySAML(a, h.browser()), "by subject", arthur)
	a.Person("", "perceval@example.com")
	a.NameIDFormat = "" // another name each time
	h.wantSignedIn(h.signInBySAML(a, h.browser()), "by an address alone", perceval)
	h.wantSignedIn(h.signInBySAML(a, h.browser()), "again", perceval)
	a.Person("perceval@example.com", "")
	a.NameIDFormat = string(saml.EmailAddressNameIDFormat)
	h.wantSignedIn(h.signInBySAML(a, h.browser()), "by a name that is an address", perceval)
	metadata := h.browser().get(h.server.URL + "/sso/logres/metadata").body
	if !strings.Contains(metadata, `WantAssertionsSigned="true"`) || strings.Contains(metadata, "Artifact") {
		t.Errorf("metadata: %s", metadata)
	}
}

func TestSAMLPeople(t *testing.T) {
	t.Parallel()
	h, a := logresBySAML(t)
	for what, email := range map[string]string{
		"unknown": "nobody@example.com", "of another organisation": "leodagan@example.com", "PROVIDER": "merlin@example.com",
		"disabled": "lancelot@example.com", "invited": "galessin@example.com",
	} {
		a.Person("somebody", email)
		h.wantProblem(h.signInBySAML(a, h.browser()), what, NoAccount)
	}
	a.Person("somebody", "")
	h.wantProblem(h.signInBySAML(a, h.browser()), "no address", NoEmail)
}

// TestSAMLBentAssertions: what the identity provider signs, and is not for us, or not now.
func TestSAMLBentAssertions(t *testing.T) {
	t.Parallel()
	h, a := logresBySAML(t)
	confirmation := func(r *saml.IdpAuthnRequest) *saml.SubjectConfirmationData {
		return r.Assertion.Subject.SubjectConfirmations[0].SubjectConfirmationData
	}
	for what, bend := range map[string]func(*saml.IdpAuthnRequest){
		"wrong audience": func(r *saml.IdpAuthnRequest) {
			r.Assertion.Conditions.AudienceRestrictions[0].Audience.Value = "https://elsewhere.example"
		},
		"no audience": func(r *saml.IdpAuthnRequest) { r.Assertion.Conditions.AudienceRestrictions = nil },
		"wrong recipient": func(r *saml.IdpAuthnRequest) {
			confirmation(r).Recipient = h.server.URL + "/sso/carmelide/acs"
		},
		"another request": func(r *saml.IdpAuthnRequest) { confirmation(r).InResponseTo = "id-1" },
		"no request":      func(r *saml.IdpAuthnRequest) { confirmation(r).InResponseTo = "" },
		"confirmation over": func(r *saml.IdpAuthnRequest) {
			confirmation(r).NotOnOrAfter = time.Now().Add(-95 * time.Second)
		},
		"conditions over": func(r *saml.IdpAuthnRequest) {
			r.Assertion.Conditions.NotOnOrAfter = time.Now().Add(-95 * time.Second)
		},
		"not yet valid": func(r *saml.IdpAuthnRequest) {
			r.Assertion.Conditions.NotBefore = time.Now().Add(95 * time.Second)
		},
		"issued long ago": func(r *saml.IdpAuthnRequest) { r.Assertion.IssueInstant = time.Now().Add(-95 * time.Second) },
		"another issuer":  func(r *saml.IdpAuthnRequest) { r.Assertion.Issuer.Value = "https://elsewhere.example" },
		"no subject":      func(r *saml.IdpAuthnRequest) { r.Assertion.Subject = &saml.Subject{} },
		"not a bearer": func(r *saml.IdpAuthnRequest) {
			r.Assertion.Subject.SubjectConfirmations[0].Method = "urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"
		},
		"no statement": func(r *saml.IdpAuthnRequest) { r.Assertion.AuthnStatements = nil },
		"two addresses": func(r *saml.IdpAuthnRequest) {
			statement := &r.Assertion.AttributeStatements[0]
			statement.Attributes = append(statement.Attributes, saml.Attribute{Name: "email", Values: []saml.AttributeValue{{Type: "xs:string", Value: "perceval@example.com"}}})
		},
	} {
		a.Person("arthur", "arthur@example.com")
		a.Bend = bend
		h.wantProblem(h.signInBySAML(a, h.browser()), what, NotProved)
	}
	a.Person("arthur", "arthur@example.com")
	a.Bend = func(r *saml.IdpAuthnRequest) { // within the skew of the clocks
		r.Assertion.Conditions.NotOnOrAfter = time.Now().Add(-60 * time.Second)
		r.Assertion.Conditions.NotBefore = time.Now().Add(60 * time.Second)
	}
	h.wantSignedIn(h.signInBySAML(a, h.browser()), "clocks that differ by a minute", arthur)
}

// TestSAMLForgeries: what the identity provider did not sign.
func TestSAMLForgeries(t *testing.T) {
	t.Parallel()
	h, a := logresBySAML(t)
	remove := func(parent *etree.Element) {
		for _, signature := range parent.SelectElements("Signature") {
			parent.RemoveChild(signature)
		}
	}
	assertionOf := func(r *saml.IdpAuthnRequest) *etree.Element { return r.ResponseEl.FindElement("./Assertion") }
	forged := func(assertion *etree.Element) *etree.Element { // says perceval
		copied := assertion.Copy()
		remove(copied)
		copied.CreateAttr("ID", "forged")
		for _, value := range copied.FindElements(".//AttributeValue") {
			value.SetText("perceval@example.com")
		}
		copied.FindElement(".//NameID").SetText("perceval")
		return copied
	}
	for what, rebuild := range map[string]func(*saml.IdpAuthnRequest){
		"unsigned": func(r *saml.IdpAuthnRequest) {
			remove(r.ResponseEl)
			remove(assertionOf(r))
		},
		"address changed": func(r *saml.IdpAuthnRequest) {
			remove(r.ResponseEl)
			assertionOf(r).FindElement(".//AttributeValue").SetText("perceval@example.com")
		},
		"changed within a signed response": func(r *saml.IdpAuthnRequest) {
			assertionOf(r).FindElement(".//AttributeValue").SetText("perceval@example.com")
		},
		"wrapped: a forged assertion first": func(r *saml.IdpAuthnRequest) {
			remove(r.ResponseEl)
			r.ResponseEl.InsertChildAt(0, forged(assertionOf(r)))
		},
		"wrapped: the signed one inside of the forged": func(r *saml.IdpAuthnRequest) {
			remove(r.ResponseEl)
			signed := assertionOf(r)
			evil := forged(signed)
			r.ResponseEl.RemoveChild(signed)
			evil.AddChild(signed)
			r.ResponseEl.AddChild(evil)
		},
		"wrapped: the signed one inside of its signature": func(r *saml.IdpAuthnRequest) {
			remove(r.ResponseEl)
			signed := assertionOf(r)
			signature := signed.SelectElement("Signature").Copy()
			evil := forged(signed)
			r.ResponseEl.RemoveChild(signed)
			object := etree.NewElement("ds:Object")
			object.AddChild(signed)
			signature.AddChild(object)
			evil.AddChild(signature)
			r.ResponseEl.AddChild(evil)
		},
		"wrapped: the same id twice": func(r *saml.IdpAuthnRequest) {
			remove(r.ResponseEl)
			signed := assertionOf(r)
			evil := forged(signed)
			evil.CreateAttr("ID", signed.SelectAttrValue("ID", ""))
			evil.AddChild(signed.SelectElement("Signature").Copy())
			extensions := etree.NewElement("samlp:Extensions")
			r.ResponseEl.RemoveChild(signed)
			extensions.AddChild(signed)
			r.ResponseEl.AddChild(extensions)
			r.ResponseEl.AddChild(evil)
		},
		"wrapped: the signed response inside": func(r *saml.IdpAuthnRequest) {
			signed := r.ResponseEl
			evil := etree.NewElement("samlp:Response")
			for _, attribute := range signed.Attr {
				evil.CreateAttr(attribute.FullKey(), attribute.Value)
			}
			evil.CreateAttr("ID", "forged-response")
			evil.AddChild(signed.SelectElement("Issuer").Copy())
			evil.AddChild(signed.SelectElement("Status").Copy())
			evil.AddChild(forged(assertionOf(r)))
			extensions := etree.NewElement("samlp:Extensions")
			extensions.AddChild(signed)
			evil.AddChild(extensions)
			r.ResponseEl = evil
		},
		"signature of the whole document": func(r *saml.IdpAuthnRequest) {
			remove(r.ResponseEl)
			assertionOf(r).FindElement(".//Reference").CreateAttr("URI", "")
		},
		"SHA-1": func(r *saml.IdpAuthnRequest) {
			r.ResponseEl.FindElement(".//SignatureMethod").CreateAttr("Algorithm", dsig.RSASHA1SignatureMethod)
		},
	} {
		a.Person("arthur", "arthur@example.com")
		a.Rebuild = rebuild
		h.wantProblem(h.signInBySAML(a, h.browser()), what, NotProved)
	}
	for what, rewrite := range map[string]func(string) string{
		"a document type": func(text string) string { return "<!DOCTYPE x>" + text },
		"an XML bomb": func(text string) string {
			return `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">]>` + strings.Replace(text, "arthur@", "&lol2;@", 1)
		},
		"an external entity": func(text string) string {
			return `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + strings.Replace(text, "arthur@", "&e;@", 1)
		},
		"a comment": func(text string) string { return strings.Replace(text, "arthur@", "<!---->arthur@", 1) },
		"depth":     func(string) string { return strings.Repeat("<a>", 20_000) },
		"many elements": func(text string) string {
			return strings.Replace(text, "</saml:Assertion>", strings.Repeat("<b/>", 20_000)+"</saml:Assertion>", 1)
		},
		"length":        func(text string) string { return text + strings.Repeat(" ", 300<<10) },
		"nothing":       func(string) string { return "" },
		"not XML":       func(string) string { return "{}" },
		"another thing": func(string) string { return "<html/>" },
		"an empty shell": func(string) string {
			return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="x"/>`
		},
	} {
		a.Person("arthur", "arthur@example.com")
		a.Rewrite = rewrite
		h.wantProblem(h.signInBySAML(a, h.browser()), what, NotProved)
	}
	a.Person("arthur", "arthur@example.com")
	a.NewKey() // with the certificate that we know
	h.wantProblem(h.signInBySAML(a, h.browser()), "wrongly signed", NotProved)
	a.Renew(time.Now().Add(time.Hour))
	h.wantProblem(h.signInBySAML(a, h.browser()), "signed with a certificate of its own", NotProved)
}

func TestSAMLReplay(t *testing.T) {
	t.Parallel()
	h, a := logresBySAML(t)
	b := h.signInBySAML(a, h.browser())
	h.wantSignedIn(b, "first", arthur)
	h.exec("DELETE FROM sessions")
	h.wantProblem(post(a, b), "the same answer again", Expired)
	// Even if its request could be answered twice, the assertion is noted.
	if n := h.count("SELECT count(*) FROM saml_assertions"); n != 2 { // with the test's
		t.Errorf("%d assertions are noted", n)
	}
	h.exec("DELETE FROM saml_assertions")
	h.wantProblem(post(a, b), "the request is gone", Expired)

	h.signIn(b, "logres")
	to, answer := a.Answer()
	h.wantProblem(h.browser().post(to, answer), "another browser", Expired)
	h.wantProblem(b.post(to, url.Values{"SAMLResponse": answer["SAMLResponse"]}), "no state", Expired)
	h.wantProblem(b.get(h.server.URL+"/sso/logres/callback?code=x&state="+url.QueryEscape(answer.Get("RelayState"))), "by the other door", Expired)
}

// TestOtherTenant: what one organisation's identity provider signs is worth nothing at
// another's, and signs in nobody of another.
func TestOtherTenant(t *testing.T) {
	t.Parallel()
	h, a := logresBySAML(t)
	b := signintest.NewAssertor(t, h.server.Client())
	b.Person("leodagan", "leodagan@example.com")
	h.configure(leodagan, 2, "carmelide", bySAML(b), func(browser *browser) { post(b, browser) })
	b.Person("arthur", "arthur@example.com")
	evil := h.browser()
	h.signIn(evil, "carmelide")
	h.wantProblem(post(b, evil), "says that arthur is its own", NoAccount)

	h.signIn(evil, "logres")
	h.signIn(evil, "carmelide")
	logres, ours := a.Answer()
	_, theirs := b.Answer()
	h.wantProblem(evil.post(logres, url.Values{"SAMLResponse": theirs["SAMLResponse"], "RelayState": ours["RelayState"]}), "posted to another", NotProved)
	h.signIn(evil, "carmelide")
	_, theirs = b.Answer()
	h.wantProblem(evil.post(logres, theirs), "with its own state", Expired)
}

func TestCertificateEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := signintest.NewAssertor(t, h.server.Client())
	a.Renew(time.Now().Add(-time.Hour))
	a.Person("arthur", "arthur@example.com")
	if _, err := h.directory.SetSSO(t.Context(), h.caller(arthur), 1, roundtable.SSOChange{Patch: bySAML(a)}); err != nil {
		t.Fatal(err)
	}
	try, err := h.directory.TrySSO(t.Context(), h.caller(arthur), 1)
	if err != nil {
		t.Fatal(err)
	}
	if b := post(a, h.browser().get(try.URL)); b.body != "The test failed: not_proved" {
		t.Errorf("%d %s", b.status, b.body)
	}
	if b := h.browser().get(try.URL); b.body != "The test failed: expired" {
		t.Errorf("the address of a test, again: %d %s", b.status, b.body)
	}
	view, err := h.directory.SSO(t.Context(), h.caller(arthur), 1)
	if err != nil || view.TestedAt != nil || view.Enabled {
		t.Errorf("%+v %v", view, err)
	}
}
