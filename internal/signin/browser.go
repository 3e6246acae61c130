package signin

import (
	"crypto/rand"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// The cookies by which an answer is known to come from the browser that was sent. An OIDC
// answer comes with a link, a SAML answer is posted by a page of the identity provider,
// which only a cookie for all sites goes along with.
const (
	linkCookie = "__Host-roundtable-sso"
	postCookie = "__Host-roundtable-saml"
)

// cookieLife is how long a browser may take at the identity provider.
const cookieLife = 10 * time.Minute

func cookieName(kind roundtable.SSOKind) (string, http.SameSite) {
	if kind == roundtable.SAML {
		return postCookie, http.SameSiteNoneMode
	}
	return linkCookie, http.SameSiteLaxMode
}

// browserOf is the secret that a browser was marked with; empty: it was not.
func browserOf(r *http.Request, kind roundtable.SSOKind) string {
	name, _ := cookieName(kind)
	cookie, err := r.Cookie(name)
	if err != nil || len(cookie.Value) != tokenLength {
		return ""
	}
	return cookie.Value
}

const tokenLength = 43 // of a secret token

// markBrowser gives a browser a secret, or keeps the one it has, for windows that sign in
// side by side.
func markBrowser(w http.ResponseWriter, r *http.Request, kind roundtable.SSOKind) (string, error) {
	browser := browserOf(r, kind)
	if browser == "" {
		var err error
		if browser, _, err = secret.NewToken(rand.Reader); err != nil {
			return "", err
		}
	}
	name, site := cookieName(kind)
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: browser, Path: "/", MaxAge: int(cookieLife.Seconds()), Secure: true, HttpOnly: true, SameSite: site,
	})
	return browser, nil
}

// What one address may begin, so that nobody fills the table of requests.
const (
	arrivalsAtOnce  = 30
	arrivalsEvery   = 2 * time.Second
	maxArrivalsKept = 50_000
)

// arrivals counts who begins. It forgets all when it has met too many.
type arrivals struct {
	mu    sync.Mutex
	until map[netip.Addr]time.Time // when an address has used up what it may
}

func (a *arrivals) admit(from netip.Addr, now time.Time) bool {
	from = from.Unmap().WithZone("")
	if from.Is6() {
		if network, err := from.Prefix(64); err == nil {
			from = network.Addr()
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.until == nil || len(a.until) >= maxArrivalsKept {
		a.until = make(map[netip.Addr]time.Time)
	}
	next := a.until[from]
	if next.Before(now) {
		next = now
	}
	if next.Sub(now) >= arrivalsAtOnce*arrivalsEvery {
		return false
	}
	a.until[from] = next.Add(arrivalsEvery)
	return true
}
