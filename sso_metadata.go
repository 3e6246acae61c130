package roundtable

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"time"
	"unicode"
)

// MaxSSOMetadata bounds the metadata of an identity provider, in bytes.
const MaxSSOMetadata = 256 << 10

// Bounds of what metadata brings.
const (
	maxCertificates    = 10
	maxCertificateText = 16 << 10
	maxMetadataDepth   = 32
)

const samlRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"

// entityDescriptor is what is read of the metadata of an identity provider.
type entityDescriptor struct {
	XMLName  xml.Name `xml:"urn:oasis:names:tc:SAML:2.0:metadata EntityDescriptor"`
	EntityID string   `xml:"entityID,attr"`
	IDP      []struct {
		Keys []struct {
			Use          string   `xml:"use,attr"`
			Certificates []string `xml:"KeyInfo>X509Data>X509Certificate"`
		} `xml:"KeyDescriptor"`
		Services []struct {
			Binding  string `xml:"Binding,attr"`
			Location string `xml:"Location,attr"`
		} `xml:"SingleSignOnService"`
	} `xml:"IDPSSODescriptor"`
}

// readSSOMetadata reads the metadata of one identity provider: entity id, address for
// the redirect binding, signing certificates.
func readSSOMetadata(text string) (entityID, ssoURL string, certificates []string, wrong *problem) {
	unreadable := func(why string) (string, string, []string, *problem) {
		return "", "", nil, &problem{CodeInvalidMetadata, why}
	}
	if len(text) > MaxSSOMetadata {
		return unreadable("Must have at most 262144 bytes.")
	}
	if !plainXML(text) {
		return unreadable("Must be well-formed XML without a document type.")
	}
	var entity entityDescriptor
	if err := xml.Unmarshal([]byte(text), &entity); err != nil || len(entity.IDP) != 1 {
		return unreadable("Must be the SAML 2.0 metadata of one identity provider.")
	}
	for _, service := range entity.IDP[0].Services {
		if service.Binding == samlRedirect && ssoURL == "" {
			ssoURL = service.Location
		}
	}
	if ssoURL == "" {
		return unreadable("Names no SingleSignOnService for the binding HTTP-Redirect.")
	}
	for _, key := range entity.IDP[0].Keys {
		if key.Use == "" || key.Use == "signing" {
			certificates = append(certificates, key.Certificates...)
		}
	}
	return entity.EntityID, ssoURL, certificates, nil
}

// plainXML reports whether a text is XML of modest depth, without anything that makes
// more of it than is written there.
func plainXML(text string) bool {
	decoder, depth := xml.NewDecoder(strings.NewReader(text)), 0
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return depth == 0
		}
		if err != nil {
			return false
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.Directive:
			return false
		}
		if depth > maxMetadataDepth {
			return false
		}
	}
}

// readCertificate takes PEM or base64 and returns DER in base64.
func readCertificate(text string) (der string, certificate *x509.Certificate, ok bool) {
	if len(text) > maxCertificateText {
		return "", nil, false
	}
	var bytes []byte
	if block, _ := pem.Decode([]byte(strings.TrimSpace(text))); block != nil {
		bytes = block.Bytes
	} else {
		var err error
		if bytes, err = base64.StdEncoding.DecodeString(withoutSpace(text)); err != nil {
			return "", nil, false
		}
	}
	certificate, err := x509.ParseCertificate(bytes)
	if err != nil {
		return "", nil, false
	}
	return base64.StdEncoding.EncodeToString(bytes), certificate, true
}

func withoutSpace(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
}

// end is when the settings stop working: with the last certificate, or on the day that
// was told if that comes first; nil: it is not known.
func (s *SSOSettings) end() *UnixMicros {
	var end time.Time
	for _, text := range s.Certificates {
		if _, certificate, ok := readCertificate(text); ok && certificate.NotAfter.After(end) {
			end = certificate.NotAfter
		}
	}
	if day, err := time.Parse(time.DateOnly, s.ExpirationDate); err == nil && (end.IsZero() || day.Before(end)) {
		end = day
	}
	if end.IsZero() {
		return nil
	}
	at := Micros(end)
	return &at
}
