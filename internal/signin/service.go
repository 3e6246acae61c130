package signin

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/roundtable-directory/roundtable/internal/directory"
)

// Errors of proofs. What lies below them is for the log.
var (
	errUnavailable = errors.New("the identity provider does not answer")
	errNotProved   = errors.New("the identity provider's word does not hold")
)

// Problem is why somebody is not signed in, as far as people are told.
type Problem string

// The problems; pages have a text for each.
const (
	NoProblem   Problem = ""
	NotThere    Problem = "not_there"   // no such configuration, or it is switched off
	Expired     Problem = "expired"     // too late, used, or another browser
	Cancelled   Problem = "cancelled"   // the identity provider says that it was not done
	Unavailable Problem = "unavailable" // it does not answer
	NotProved   Problem = "not_proved"  // its word does not hold
	NoEmail     Problem = "no_email"    // it tells no verified address
	NoAccount   Problem = "no_account"  // nobody here, or nobody who may come in this way
	TooMany     Problem = "too_many"    // attempts
	Broken      Problem = "broken"      // on this side
)

// Pages are what a browser sees at the end of a sign-in.
type Pages interface {
	// SignedIn gives the browser its session and leads on to a path of this server.
	SignedIn(w http.ResponseWriter, r *http.Request, session *directory.NewSession, returnTo string)
	// NotSignedIn says why not.
	NotSignedIn(w http.ResponseWriter, r *http.Request, status int, problem Problem)
	// Tested says what came of a test.
	Tested(w http.ResponseWriter, r *http.Request, problem Problem)
}

// Options say how the service works.
type Options struct {
	Directory *directory.Directory
	Pages     Pages
	Visitor   func(*http.Request) directory.Visitor
	Log       *slog.Logger
	Now       func() time.Time // nil: the clock of the machine
	Private   bool             // identity providers may have private addresses
	Client    *http.Client     // asks them; nil: a bounded one
}

// Service signs people in by the identity providers of their organisations.
type Service struct {
	directory *directory.Directory
	pages     Pages
	visitor   func(*http.Request) directory.Visitor
	log       *slog.Logger
	now       func() time.Time
	providers providers
	arrivals  arrivals
	mux       *http.ServeMux
}

// New makes the service. It answers everything under /sso/. Answers of SAML identity
// providers are posted by their pages, so that it must not lie behind protection against
// cross-origin requests: each answer is bound to a request of the same browser instead.
func New(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Client == nil {
		o.Client = newClient(o.Private)
	}
	s := &Service{directory: o.Directory, pages: o.Pages, visitor: o.Visitor, log: o.Log, now: o.Now}
	s.providers = providers{client: o.Client, now: o.Now}
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("GET /sso/{identifier}/login", s.login)
	s.mux.HandleFunc("GET /sso/{identifier}/test", s.test)
	s.mux.HandleFunc("GET /sso/{identifier}/callback", s.callback)
	s.mux.HandleFunc("POST /sso/{identifier}/acs", s.acs)
	s.mux.HandleFunc("GET /sso/{identifier}/metadata", s.metadata)
	return s
}

// ServeHTTP answers a request under /sso/.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	s.mux.ServeHTTP(w, r)
}

// Route is the pattern that a request is answered by, for whoever counts; empty: none.
func (s *Service) Route(r *http.Request) string {
	_, pattern := s.mux.Handler(r)
	return pattern
}
