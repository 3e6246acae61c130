package signin

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/crewjam/saml"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// clockSkew is by how much the clocks of both sides may differ.
const clockSkew = 90 * time.Second

// takenFor is how long beyond its own end the library takes an assertion at most.
const takenFor = 5 * time.Minute

// metadataLife is how long our metadata may be believed; nothing in it ages.
const metadataLife = 365 * 24 * time.Hour

// samlParty is this side of a configuration.
func samlParty(c *directory.SSOConfiguration) (*saml.ServiceProvider, error) {
	acs, err := url.Parse(c.Addresses.Callback)
	if err != nil {
		return nil, err
	}
	metadata, err := url.Parse(c.Addresses.Metadata)
	if err != nil {
		return nil, err
	}
	idp := saml.IDPSSODescriptor{SingleSignOnServices: []saml.Endpoint{{Binding: saml.HTTPRedirectBinding, Location: c.Settings.SSOURL}}}
	for _, certificate := range c.Settings.Certificates {
		idp.KeyDescriptors = append(idp.KeyDescriptors, saml.KeyDescriptor{
			Use: "signing", KeyInfo: saml.KeyInfo{X509Data: saml.X509Data{X509Certificates: []saml.X509Certificate{{Data: certificate}}}},
		})
	}
	party := &saml.ServiceProvider{
		EntityID: c.Addresses.Metadata, MetadataURL: *metadata, AcsURL: *acs, MetadataValidDuration: metadataLife,
		AuthnNameIDFormat: saml.UnspecifiedNameIDFormat,
		IDPMetadata:       &saml.EntityDescriptor{EntityID: c.Settings.EntityID, IDPSSODescriptors: []saml.IDPSSODescriptor{idp}},
	}
	party.ValidateAudienceRestriction = func(a *saml.Assertion) error { return checkAudience(a, c.Addresses.Metadata) }
	return party, nil
}

// checkAudience wants the assertion to be for this side, and every restriction to say so.
func checkAudience(a *saml.Assertion, audience string) error {
	if len(a.Conditions.AudienceRestrictions) == 0 {
		return errors.New("the assertion names no audience")
	}
	for _, restriction := range a.Conditions.AudienceRestrictions {
		if restriction.Audience.Value != audience {
			return errors.New("the assertion is for another audience")
		}
	}
	return nil
}

// beginSAML returns where a browser is sent.
func beginSAML(request *directory.SSORequest, state string) (string, error) {
	party, err := samlParty(request.Configuration)
	if err != nil {
		return "", err
	}
	asked, err := party.MakeAuthenticationRequest(request.Configuration.Settings.SSOURL, saml.HTTPRedirectBinding, saml.HTTPPostBinding)
	if err != nil {
		return "", err
	}
	request.Nonce = asked.ID
	to, err := asked.Redirect(state, party)
	if err != nil {
		return "", err
	}
	return to.String(), nil
}

// finishSAML makes a proof of a response, in base64 as it is posted.
func finishSAML(request *directory.SSORequest, response string, now time.Time) (*roundtable.SSOProof, *directory.SSOAssertion, error) {
	text, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: not base64", errNotProved)
	}
	if err := checkResponse(text); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errNotProved, err)
	}
	party, err := samlParty(request.Configuration)
	if err != nil {
		return nil, nil, err
	}
	assertion, err := parseResponse(party, text, request.Nonce)
	if err == nil {
		err = checkAssertion(assertion, now)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errNotProved, err)
	}
	proof, err := proofOf(assertion)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", errNotProved, err)
	}
	taken := &directory.SSOAssertion{Hash: sha256.Sum256([]byte(proof.Issuer + "\x00" + assertion.ID))}
	for _, confirmation := range assertion.Subject.SubjectConfirmations {
		if end := confirmation.SubjectConfirmationData.NotOnOrAfter.Add(takenFor); end.After(taken.Until) {
			taken.Until = end
		}
	}
	return proof, taken, nil
}

// parseResponse has the library verify a response. It takes for granted what the schema
// demands, so that a response without that ends it: which is no proof either.
func parseResponse(party *saml.ServiceProvider, text []byte, requestID string) (assertion *saml.Assertion, err error) {
	defer func() {
		if p := recover(); p != nil {
			assertion, err = nil, fmt.Errorf("the response lacks what it must have: %v", p)
		}
	}()
	assertion, err = party.ParseXMLResponse(text, []string{requestID}, party.AcsURL)
	if invalid, ok := errors.AsType[*saml.InvalidResponseError](err); ok {
		err = invalid.PrivateErr
	}
	return assertion, err
}

// checkAssertion checks what the library leaves out, or takes more lightly.
func checkAssertion(a *saml.Assertion, now time.Time) error {
	if requested := a.Subject; requested == nil || len(requested.SubjectConfirmations) == 0 {
		return errors.New("the assertion does not say for whom it was made")
	}
	early, late := now.Add(clockSkew), now.Add(-clockSkew)
	for _, confirmation := range a.Subject.SubjectConfirmations {
		data := confirmation.SubjectConfirmationData
		if confirmation.Method != "urn:oasis:names:tc:SAML:2.0:cm:bearer" || !data.NotOnOrAfter.After(late) || data.NotBefore.After(early) {
			return errors.New("the assertion is not confirmed now")
		}
	}
	if a.Conditions.NotBefore.After(early) || !a.Conditions.NotOnOrAfter.After(late) {
		return errors.New("the assertion is not valid now")
	}
	for _, statement := range a.AuthnStatements {
		if end := statement.SessionNotOnOrAfter; end != nil && !end.After(late) {
			return errors.New("the session at the identity provider is over")
		}
	}
	if len(a.AuthnStatements) == 0 {
		return errors.New("the assertion does not say that somebody signed in")
	}
	return nil
}

// emailAttributes are the names under which identity providers tell an address.
func emailAttributes() []string {
	return []string{
		"email", "urn:oid:0.9.2342.19200300.100.1.3", "mail",
		"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
	}
}

// proofOf reads who signed in. A name that is another each time is no subject: the address
// is then.
func proofOf(a *saml.Assertion) (*roundtable.SSOProof, error) {
	proof := &roundtable.SSOProof{Issuer: a.Issuer.Value, EmailVerified: roundtable.Some(true)}
	for _, statement := range a.AttributeStatements {
		for _, attribute := range statement.Attributes {
			if !slices.Contains(emailAttributes(), attribute.Name) {
				continue
			}
			for _, value := range attribute.Values {
				if proof.Email != "" && proof.Email != value.Value {
					return nil, errors.New("the assertion tells more than one e-mail address")
				}
				proof.Email = value.Value
			}
		}
	}
	name := a.Subject.NameID
	if name != nil && name.Format == string(saml.EmailAddressNameIDFormat) && proof.Email == "" {
		proof.Email = name.Value
	}
	if name != nil && name.Format != string(saml.TransientNameIDFormat) {
		proof.Subject = name.Value
	} else if key, ok := roundtable.EmailKey(proof.Email); ok {
		proof.Subject = key
	}
	return proof, nil
}

// samlMetadata is what an identity provider is told about this side of a configuration.
func samlMetadata(c *directory.SSOConfiguration) ([]byte, error) {
	party, err := samlParty(c)
	if err != nil {
		return nil, err
	}
	metadata := party.Metadata()
	descriptor := &metadata.SPSSODescriptors[0]
	descriptor.AssertionConsumerServices = slices.DeleteFunc(descriptor.AssertionConsumerServices, func(at saml.IndexedEndpoint) bool {
		return at.Binding != saml.HTTPPostBinding
	})
	text, err := xml.MarshalIndent(metadata, "", "  ")
	return append([]byte(xml.Header), text...), err
}
