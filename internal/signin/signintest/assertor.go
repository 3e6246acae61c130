package signintest

import (
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
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"
	"github.com/crewjam/saml"
	dsig "github.com/russellhaering/goxmldsig"
)

// Assertor is a SAML identity provider. Its answer is a page with a form, which a browser
// posts. What it is told to do may be changed only while nobody signs in; Person takes all
// of it back.
type Assertor struct {
	URL          string
	NameIDFormat string // of whom Person named

	Bend    func(*saml.IdpAuthnRequest) // the assertion, before it is signed
	Rebuild func(*saml.IdpAuthnRequest) // the response, after it is signed
	Rewrite func(text string) string    // its text

	t   *testing.T
	idp *saml.IdentityProvider

	mu      sync.Mutex
	session *saml.Session // whom it signs in; nil: who is there is asked
	to      string        // where the last answer has to be posted
	answer  url.Values
}

// NewAssertor starts one that asks who is there, until the end of the test. The metadata of
// whoever sends people to it are read by the client.
func NewAssertor(t *testing.T, client *http.Client) *Assertor {
	t.Helper()
	a := &Assertor{t: t}
	mux := http.NewServeMux()
	mux.HandleFunc("/sso", a.sso)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	a.URL = anotherSite(server.URL)
	address := func(path string) url.URL {
		at, err := url.Parse(a.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		return *at
	}
	a.idp = &saml.IdentityProvider{
		MetadataURL: address("/metadata"), SSOURL: address("/sso"),
		ServiceProviderProvider: parties{client}, SignatureMethod: dsig.RSASHA256SignatureMethod,
	}
	a.Renew(time.Now().Add(24 * time.Hour))
	return a
}

// Renew gives it another key, and a certificate of it.
func (a *Assertor) Renew(until time.Time) {
	a.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "idp"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
	}
	key := a.NewKey()
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.idp.Certificate, err = x509.ParseCertificate(der); err != nil {
		a.t.Fatal(err)
	}
}

// NewKey gives it another key, which is not that of its certificate any more.
func (a *Assertor) NewKey() *rsa.PrivateKey {
	a.t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		a.t.Fatal(err)
	}
	a.idp.Key = key
	return key
}

// parties reads the metadata of the other side where they stand.
type parties struct{ client *http.Client }

// GetServiceProvider reads those at an address.
func (p parties) GetServiceProvider(_ *http.Request, id string) (*saml.EntityDescriptor, error) {
	response, err := p.client.Get(id)
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

// Metadata tell about it.
func (a *Assertor) Metadata() string {
	a.t.Helper()
	text, err := xml.Marshal(a.idp.Metadata())
	if err != nil {
		a.t.Fatal(err)
	}
	return string(text)
}

// Person is whom it signs in from now on, without a question.
func (a *Assertor) Person(name, email string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.session = &saml.Session{NameID: name, UserEmail: email}
	a.NameIDFormat = string(saml.PersistentNameIDFormat)
	a.Bend, a.Rebuild, a.Rewrite = nil, nil, nil
}

// sso takes a request to sign somebody in.
func (a *Assertor) sso(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	session := saml.Session{NameIDFormat: string(saml.PersistentNameIDFormat)}
	if a.session != nil {
		session.NameID, session.UserEmail, session.NameIDFormat = a.session.NameID, a.session.UserEmail, a.NameIDFormat
	} else if email := r.PostFormValue("email"); email != "" {
		session.NameID, session.UserEmail = email, email
		r.Method = http.MethodGet // the request is in the address
	} else {
		if err := askWhoIsThere(w, r); err != nil {
			a.t.Errorf("identity provider: %v", err)
		}
		return
	}
	session.ID, session.Index = rand.Text(), "1"
	session.CreateTime, session.ExpireTime = time.Now(), time.Now().Add(time.Hour)
	err := a.assert(r, &session)
	if err == nil {
		err = letPost(w, a.to, a.answer)
	}
	if err != nil {
		a.t.Errorf("identity provider: %v", err)
	}
}

// assert answers a request.
func (a *Assertor) assert(r *http.Request, session *saml.Session) error {
	request, err := saml.NewIdpAuthnRequest(a.idp, r)
	if err == nil {
		err = request.Validate()
	}
	if err == nil {
		err = saml.DefaultAssertionMaker{}.MakeAssertion(request, session)
	}
	if err == nil && a.Bend != nil {
		a.Bend(request)
	}
	if err == nil {
		err = request.MakeResponse()
	}
	if err != nil {
		return err
	}
	if a.Rebuild != nil {
		a.Rebuild(request)
	}
	document := etree.NewDocument()
	document.SetRoot(request.ResponseEl)
	text, err := document.WriteToString()
	if a.Rewrite != nil {
		text = a.Rewrite(text)
	}
	a.to = request.ACSEndpoint.Location
	a.answer = url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString([]byte(text))}, "RelayState": {request.RelayState}}
	return err
}

// Answer is its last answer, and where that has to be posted.
func (a *Assertor) Answer() (to string, form url.Values) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.to, a.answer
}
