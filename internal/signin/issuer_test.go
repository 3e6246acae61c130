package signin

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// issuer is an OpenID provider that signs in whoever is next, without a question.
type issuer struct {
	t      *testing.T
	server *httptest.Server
	key    *rsa.PrivateKey

	mu       sync.Mutex
	next     map[string]any // claims of the next sign-in; nil values are left out
	userinfo map[string]any // nil: claims are in the token
	bend     func(header, claims map[string]any)
	asked    url.Values // of the last authorization request
	down     bool
	deny     bool
	unsigned bool
	codes    map[string]url.Values
	grants   []url.Values
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &issuer{t: t, key: key, codes: make(map[string]url.Values)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discover)
	mux.HandleFunc("GET /jwks", p.keys)
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.info)
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down := p.down
		p.mu.Unlock()
		if down {
			panic(http.ErrAbortHandler)
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.server.Close)
	return p
}

// patch is the configuration that names the issuer.
func (p *issuer) patch() roundtable.SSOPatch {
	return roundtable.SSOPatch{
		Type: roundtable.Some("oidc"), Issuer: roundtable.Some(p.server.URL), ClientID: roundtable.Some("roundtable"),
		ClientSecret: roundtable.Some("the client's secret"),
	}
}

// person is whom the issuer signs in from now on.
func (p *issuer) person(subject, email string, also ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = map[string]any{"sub": subject, "email": email, "email_verified": true}
	for i := 0; i < len(also); i += 2 {
		p.next[also[i].(string)] = also[i+1]
	}
	p.bend, p.unsigned, p.deny, p.userinfo = nil, false, false, nil
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(body)
}

func (p *issuer) discover(w http.ResponseWriter, _ *http.Request) {
	at := p.server.URL
	reply(w, map[string]any{
		"issuer": at, "authorization_endpoint": at + "/authorize", "token_endpoint": at + "/token", "jwks_uri": at + "/jwks",
		"userinfo_endpoint": at + "/userinfo", "id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"},
	})
}

func (p *issuer) keys(w http.ResponseWriter, _ *http.Request) {
	reply(w, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": encode(p.key.N.Bytes()), "e": encode(big.NewInt(int64(p.key.E)).Bytes()),
	}}})
}

func encode(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

func (p *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = r.URL.Query()
	back := url.Values{"state": {p.asked.Get("state")}, "code": {rand.Text()}}
	if p.deny {
		back = url.Values{"state": {p.asked.Get("state")}, "error": {"access_denied"}}
	}
	p.codes[back.Get("code")] = p.asked
	http.Redirect(w, r, p.asked.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (p *issuer) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.ParseForm()
	asked, known := p.codes[r.PostForm.Get("code")]
	delete(p.codes, r.PostForm.Get("code"))
	p.grants = append(p.grants, r.PostForm)
	challenge := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	user, password, _ := r.BasicAuth()
	if !known || asked.Get("code_challenge_method") != "S256" || encode(challenge[:]) != asked.Get("code_challenge") ||
		user != "roundtable" || password != url.QueryEscape("the client's secret") || r.PostForm.Get("redirect_uri") != asked.Get("redirect_uri") {
		w.WriteHeader(http.StatusBadRequest)
		reply(w, map[string]any{"error": "invalid_grant"})
		return
	}
	now := time.Now()
	claims := map[string]any{
		"iss": p.server.URL, "aud": asked.Get("client_id"), "nonce": asked.Get("nonce"), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for name, value := range p.next {
		if value != nil {
			claims[name] = value
		}
	}
	header := map[string]any{"alg": "RS256", "typ": "JWT", "kid": "1"}
	if p.bend != nil {
		p.bend(header, claims)
	}
	reply(w, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": p.sign(header, claims)})
}

func (p *issuer) sign(header, claims map[string]any) string {
	one, _ := json.Marshal(header)
	two, _ := json.Marshal(claims)
	text := encode(one) + "." + encode(two)
	if p.unsigned {
		return text + "."
	}
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, digest[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + encode(signature)
}

func (p *issuer) info(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") != "access" || p.userinfo == nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	reply(w, p.userinfo)
}
