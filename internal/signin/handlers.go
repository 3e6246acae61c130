package signin

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// maxForm bounds what is posted: a response in base64, and its state.
const maxForm = 2*maxResponse + 4<<10

// maxParameter bounds what identity providers give back.
const maxParameter = 4 << 10

// login sends a browser to an identity provider.
func (s *Service) login(w http.ResponseWriter, r *http.Request) {
	c, err := s.directory.SSOByIdentifier(r.Context(), r.PathValue("identifier"))
	if err == nil && !c.Enabled {
		err = directory.ErrNoSSO
	}
	if err != nil {
		s.fail(w, r, directory.SSOSignIn, err)
		return
	}
	request := &directory.SSORequest{Configuration: c, Purpose: directory.SSOSignIn, ReturnTo: localPath(r.URL.Query().Get("return_to"))}
	s.send(w, r, request)
}

// test does the same for whoever has the address of a test.
func (s *Service) test(w http.ResponseWriter, r *http.Request) {
	request, err := s.directory.OpenSSOTry(r.Context(), s.visitor(r), r.PathValue("identifier"), r.URL.Query().Get("token"))
	if err != nil {
		s.fail(w, r, directory.SSOTest, err)
		return
	}
	s.send(w, r, request)
}

// send begins a request and redirects to the identity provider.
func (s *Service) send(w http.ResponseWriter, r *http.Request, request *directory.SSORequest) {
	visitor := s.visitor(r)
	if !s.arrivals.admit(visitor.Origin.Address, s.now()) {
		s.fail(w, r, request.Purpose, errTooMany)
		return
	}
	to, err := s.begin(w, r, visitor, request)
	if err != nil {
		s.fail(w, r, request.Purpose, err)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (s *Service) begin(w http.ResponseWriter, r *http.Request, v directory.Visitor, request *directory.SSORequest) (to string, err error) {
	state, _, err := secret.NewToken(rand.Reader)
	if err != nil {
		return "", err
	}
	if request.Configuration.Kind == roundtable.SAML {
		to, err = beginSAML(request, state)
	} else {
		if request.Nonce, _, err = secret.NewToken(rand.Reader); err != nil {
			return "", err
		}
		to, err = s.beginOIDC(r.Context(), request, state)
	}
	if err != nil {
		return "", err
	}
	browser, err := markBrowser(w, r, request.Configuration.Kind)
	if err != nil {
		return "", err
	}
	return to, s.directory.BeginSSO(r.Context(), v, state, browser, *request)
}

// callback takes the answer of an OIDC identity provider.
func (s *Service) callback(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	for _, name := range []string{"state", "code", "error", "iss"} {
		if len(query.Get(name)) > maxParameter {
			s.fail(w, r, directory.SSOSignIn, directory.ErrNoSSORequest)
			return
		}
	}
	s.finish(w, r, roundtable.OIDC, query.Get("state"), func(ctx context.Context, request *directory.SSORequest) (*roundtable.SSOProof, *directory.SSOAssertion, error) {
		issuer := query.Get("iss")
		switch {
		case query.Get("error") != "":
			return nil, nil, errCancelled
		case issuer != "" && issuer != request.Configuration.Settings.Issuer:
			return nil, nil, errors.Join(errNotProved, errors.New("the answer is of another issuer"))
		}
		proof, err := s.finishOIDC(ctx, request, query.Get("code"))
		return proof, nil, err
	})
}

// acs takes the answer of a SAML identity provider.
func (s *Service) acs(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		s.fail(w, r, directory.SSOSignIn, errors.Join(errNotProved, err))
		return
	}
	s.finish(w, r, roundtable.SAML, r.PostForm.Get("RelayState"), func(_ context.Context, request *directory.SSORequest) (*roundtable.SSOProof, *directory.SSOAssertion, error) {
		return finishSAML(request, r.PostForm.Get("SAMLResponse"), s.now())
	})
}

// proving makes a proof of what an identity provider answered to a request.
type proving func(context.Context, *directory.SSORequest) (*roundtable.SSOProof, *directory.SSOAssertion, error)

// finish takes the request that an answer is to, once, and signs in whom it proves.
func (s *Service) finish(w http.ResponseWriter, r *http.Request, kind roundtable.SSOKind, state string, prove proving) {
	visitor := s.visitor(r)
	request, err := s.directory.EndSSO(r.Context(), visitor, r.PathValue("identifier"), state, browserOf(r, kind))
	if err == nil && request.Configuration.Kind != kind {
		err = directory.ErrNoSSORequest
	}
	if err != nil {
		s.fail(w, r, directory.SSOSignIn, err)
		return
	}
	proof, assertion, err := prove(r.Context(), request)
	if err != nil {
		s.fail(w, r, request.Purpose, err)
		return
	}
	session, err := s.directory.SignInBySSO(r.Context(), visitor, request, proof, assertion)
	switch {
	case err != nil:
		s.fail(w, r, request.Purpose, err)
	case request.Purpose == directory.SSOTest:
		s.pages.Tested(w, r, NoProblem)
	default:
		s.pages.SignedIn(w, r, session, request.ReturnTo)
	}
}

// metadata tells an identity provider about this side.
func (s *Service) metadata(w http.ResponseWriter, r *http.Request) {
	c, err := s.directory.SSOByIdentifier(r.Context(), r.PathValue("identifier"))
	if err == nil && c.Kind != roundtable.SAML {
		err = directory.ErrNoSSO
	}
	var text []byte
	if err == nil {
		text, err = samlMetadata(c)
	}
	if err != nil {
		s.fail(w, r, directory.SSOSignIn, err)
		return
	}
	w.Header().Set("Content-Type", "application/samlmetadata+xml")
	_, _ = w.Write(text) // nobody is left to tell that the client has gone
}

// localPath is a path of this server, or empty: nobody is led elsewhere.
func localPath(path string) string {
	ok := strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsFunc(path, func(c rune) bool {
		return c <= ' ' || c == '\\' || c == 0x7f
	})
	if !ok {
		return ""
	}
	return path
}
