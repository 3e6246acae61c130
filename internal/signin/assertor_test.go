package signin

import (
	"bytes"
	"compress/flate"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/xml"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/roundtable-directory/roundtable"
)

// assertor is a SAML identity provider that signs in whoever is next, without a question.
type assertor struct {
	t      *testing.T
	idp    *saml.IdentityProvider
	server *httptest.Server

	mu      sync.Mutex
	session saml.Session
	last    string // the last response, in base64
	relay   string
	acs     string

	bend    func(*saml.IdpAuthnRequest) // the assertion, before it is signed
	rebuild func(*saml.IdpAuthnRequest) // the response, after it is signed
	rewrite func(text string) string    // its text
}

// newAssertor makes one whose metadata stand at their own address.
func newAssertor(t *testing.T, h *house) *assertor {
	t.Helper()
	a := &assertor{t: t}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sso", a.sso)
	a.server = httptest.NewServer(mux)
	t.Cleanup(a.server.Close)
	key, certificate := selfSigned(t, time.Now().Add(24*time.Hour))
	address := func(path string) url.URL {
		at, err := url.Parse(a.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		return *at
	}
	a.idp = &saml.IdentityProvider{Key: key, Certificate: certificate, MetadataURL: address("/metadata"), SSOURL: address("/sso")}
	a.idp.ServiceProviderProvider, a.idp.SignatureMethod = parties{h}, dsig.RSASHA256SignatureMethod
	return a
}

func selfSigned(t *testing.T, until time.Time) (*rsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, certificate
}

// parties reads the metadata of the other side where they stand.
type parties struct{ h *house }

func (p parties) GetServiceProvider(_ *http.Request, id string) (*saml.EntityDescriptor, error) {
	response, err := p.h.server.Client().Get(id)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	entity := new(saml.EntityDescriptor)
	return entity, xml.Unmarshal(text, entity)
}

// patch is the configuration that takes the metadata of the identity provider.
func (a *assertor) patch() roundtable.SSOPatch {
	text, err := xml.Marshal(a.idp.Metadata())
	if err != nil {
		a.t.Fatal(err)
	}
	return roundtable.SSOPatch{Type: roundtable.Some("saml"), Metadata: roundtable.Some(string(text))}
}

// person is whom it signs in from now on.
func (a *assertor) person(name, email string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.session = saml.Session{
		ID: rand.Text(), CreateTime: time.Now(), ExpireTime: time.Now().Add(time.Hour), Index: "1",
		NameID: name, NameIDFormat: string(saml.PersistentNameIDFormat), UserEmail: email,
	}
	a.bend, a.rebuild, a.rewrite = nil, nil, nil
}

// sso answers a request at once, and shows where the answer has to be posted.
func (a *assertor) sso(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	request, err := saml.NewIdpAuthnRequest(a.idp, r)
	if err == nil {
		err = request.Validate()
	}
	if err == nil {
		err = saml.DefaultAssertionMaker{}.MakeAssertion(request, &a.session)
	}
	if err == nil && a.bend != nil {
		a.bend(request)
	}
	if err == nil {
		err = request.MakeResponse()
	}
	if err != nil {
		a.t.Errorf("identity provider: %v", err)
		return
	}
	if a.rebuild != nil {
		a.rebuild(request)
	}
	document := etree.NewDocument()
	document.SetRoot(request.ResponseEl)
	text, err := document.WriteToString()
	if err != nil {
		a.t.Error(err)
	}
	if a.rewrite != nil {
		text = a.rewrite(text)
	}
	a.last, a.relay, a.acs = base64.StdEncoding.EncodeToString([]byte(text)), request.RelayState, request.ACSEndpoint.Location
}

// post posts the last answer, as the page of the identity provider would.
func (a *assertor) post(b *browser) *browser {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	return b.post(a.acs, url.Values{"SAMLResponse": {a.last}, "RelayState": {a.relay}})
}

// signIn is the whole round trip.
func (a *assertor) signIn(h *house, b *browser) *browser {
	a.t.Helper()
	h.signIn(b, "logres")
	return a.post(b)
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
