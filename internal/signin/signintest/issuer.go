package signintest

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// What an Issuer knows its client by.
const (
	ClientID     = "roundtable"
	ClientSecret = "the client's secret"
)

// Issuer is an OpenID provider. What it is told to do may be changed only while nobody signs
// in; Person takes all of it back.
type Issuer struct {
	URL      string
	UserInfo map[string]any // nil: claims are in the token
	Bend     func(header, claims map[string]any)
	Deny     bool // says that the user did not want to
	Unsigned bool // leaves the signature out

	t   *testing.T
	key *rsa.PrivateKey

	mu    sync.Mutex
	next  map[string]any // claims of the next sign-in; nil: who is there is asked
	asked url.Values     // of the last authorization request
	down  bool
	codes map[string]grant
}

// grant is what a code stands for.
type grant struct {
	asked  url.Values
	claims map[string]any
}

// NewIssuer starts one that asks who is there, until the end of the test.
func NewIssuer(t *testing.T) *Issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &Issuer{t: t, key: key, codes: make(map[string]grant)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discover)
	mux.HandleFunc("GET /jwks", p.keys)
	mux.HandleFunc("/authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", p.info)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		down := p.down
		p.mu.Unlock()
		if down {
			panic(http.ErrAbortHandler)
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.URL = anotherSite(server.URL)
	return p
}

// anotherSite names a server so that browsers hold it for another site than 127.0.0.1, as
// an identity provider is.
func anotherSite(address string) string {
	return strings.Replace(address, "127.0.0.1", "localhost", 1)
}

// Person is whom the issuer signs in from now on, without a question. Further claims follow
// as name and value; those of value nil are left out.
func (p *Issuer) Person(subject, email string, also ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next = verified(subject, email)
	for i := 0; i < len(also); i += 2 {
		p.next[also[i].(string)] = also[i+1]
	}
	p.Bend, p.Unsigned, p.Deny, p.UserInfo = nil, false, false, nil
}

func verified(subject, email string) map[string]any {
	return map[string]any{"sub": subject, "email": email, "email_verified": true}
}

// Down lets it answer nobody any more.
func (p *Issuer) Down() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = true
}

// Asked is the last request to sign somebody in.
func (p *Issuer) Asked() url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

func (p *Issuer) reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		p.t.Errorf("identity provider: %v", err)
	}
}

func (p *Issuer) discover(w http.ResponseWriter, _ *http.Request) {
	p.reply(w, http.StatusOK, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/jwks",
		"userinfo_endpoint": p.URL + "/userinfo", "id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"},
	})
}

func (p *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	p.reply(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": encode(p.key.N.Bytes()), "e": encode(big.NewInt(int64(p.key.E)).Bytes()),
	}}})
}

func encode(bytes []byte) string { return base64.RawURLEncoding.EncodeToString(bytes) }

func (p *Issuer) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = r.URL.Query()
	claims := p.next
	if claims == nil {
		email := r.PostFormValue("email")
		if email == "" {
			if err := askWhoIsThere(w, r); err != nil {
				p.t.Errorf("identity provider: %v", err)
			}
			return
		}
		claims = verified(email, email)
	}
	back := url.Values{"state": {p.asked.Get("state")}, "code": {rand.Text()}}
	if p.Deny {
		back = url.Values{"state": {p.asked.Get("state")}, "error": {"access_denied"}}
	}
	p.codes[back.Get("code")] = grant{p.asked, claims}
	http.Redirect(w, r, p.asked.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
}

func (p *Issuer) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	granted, known := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	challenge := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	user, password, _ := r.BasicAuth()
	if !known || granted.asked.Get("code_challenge_method") != "S256" || encode(challenge[:]) != granted.asked.Get("code_challenge") ||
		user != ClientID || password != url.QueryEscape(ClientSecret) || r.PostFormValue("redirect_uri") != granted.asked.Get("redirect_uri") {
		p.reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	now := time.Now()
	claims := map[string]any{
		"iss": p.URL, "aud": granted.asked.Get("client_id"), "nonce": granted.asked.Get("nonce"), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	maps.Copy(claims, granted.claims)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	header := map[string]any{"alg": "RS256", "typ": "JWT", "kid": "1"}
	if p.Bend != nil {
		p.Bend(header, claims)
	}
	p.reply(w, http.StatusOK, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 60, "id_token": p.sign(header, claims)})
}

func (p *Issuer) sign(header, claims map[string]any) string {
	one, err := json.Marshal(header)
	if err != nil {
		p.t.Errorf("identity provider: %v", err)
	}
	two, err := json.Marshal(claims)
	if err != nil {
		p.t.Errorf("identity provider: %v", err)
	}
	text := encode(one) + "." + encode(two)
	if p.Unsigned {
		return text + "."
	}
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, digest[:])
	if err != nil {
		p.t.Errorf("identity provider: %v", err)
	}
	return text + "." + encode(signature)
}

func (p *Issuer) info(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") != "access" || p.UserInfo == nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	p.reply(w, http.StatusOK, p.UserInfo)
}
