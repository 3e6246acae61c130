package signin

import (
	"errors"
	"net/http"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

var (
	errCancelled = errors.New("the identity provider did not sign anybody in")
	errTooMany   = errors.New("too many sign-ins from this address")
)

// failures is what people are told of an error, and with which status.
var failures = []struct {
	err     error
	problem Problem
	status  int
}{
	{directory.ErrNoSSO, NotThere, http.StatusNotFound},
	{directory.ErrNoSSORequest, Expired, http.StatusBadRequest},
	{directory.ErrReplayed, Expired, http.StatusBadRequest},
	{errCancelled, Cancelled, http.StatusForbidden},
	{errTooMany, TooMany, http.StatusTooManyRequests},
	{errNotProved, NotProved, http.StatusForbidden},
	{errUnavailable, Unavailable, http.StatusBadGateway},
}

// maxLogged bounds what is logged of an identity provider's words.
const maxLogged = 500

// fail tells of a sign-in or a test that came to nothing.
func (s *Service) fail(w http.ResponseWriter, r *http.Request, purpose directory.SSOPurpose, err error) {
	problem, status := told(err)
	if refusal, known := errors.AsType[*directory.SSORefused](err); known {
		problem, status = refused(refusal.Reason), http.StatusForbidden
	}
	text := err.Error()
	if len(text) > maxLogged {
		text = text[:maxLogged]
	}
	log := s.log.Warn
	if problem == Broken {
		log = s.log.Error
	}
	log("single sign-on failed", "problem", string(problem), "error", text, "configuration", r.PathValue("identifier"),
		"purpose", string(purpose), "request_id", s.visitor(r).RequestID)
	if purpose == directory.SSOTest {
		s.pages.Tested(w, r, problem)
		return
	}
	s.pages.NotSignedIn(w, r, status, problem)
}

func told(err error) (Problem, int) {
	for _, f := range failures {
		if errors.Is(err, f.err) {
			return f.problem, f.status
		}
	}
	if refusal, ok := errors.AsType[*roundtable.Error](err); ok && refusal.RetryAfter > 0 {
		return Unavailable, http.StatusServiceUnavailable
	}
	return Broken, http.StatusInternalServerError
}

// refused says little: whoever was refused is told no more than that.
func refused(reason roundtable.SSORefusal) Problem {
	switch reason {
	case roundtable.SSONoEmail, roundtable.SSOUnverified, roundtable.SSONoSubject:
		return NoEmail
	case roundtable.SSOOff:
		return NotThere
	}
	return NoAccount
}
