package signin

import (
	"net/http"

	"github.com/roundtable-directory/roundtable/internal/directory"
)

// SessionCookie is the cookie of whoever is signed in.
const SessionCookie = "__Host-roundtable"

// Plain are pages of one plain line each, for servers without others.
type Plain struct{}

// SignedIn sets the cookie and leads on.
func (Plain) SignedIn(w http.ResponseWriter, r *http.Request, session *directory.NewSession, returnTo string) {
	http.SetCookie(w, &http.Cookie{
		Name: SessionCookie, Value: session.Token, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	if returnTo == "" {
		returnTo = "/"
	}
	http.Redirect(w, r, returnTo, http.StatusSeeOther)
}

// NotSignedIn names the problem.
func (Plain) NotSignedIn(w http.ResponseWriter, _ *http.Request, status int, problem Problem) {
	http.Error(w, "Not signed in: "+string(problem), status)
}

// Tested names the problem, or says that there is none.
func (Plain) Tested(w http.ResponseWriter, _ *http.Request, problem Problem) {
	if problem == NoProblem {
		_, _ = w.Write([]byte("The test succeeded. The configuration can be switched on.\n")) // nobody is left to tell
		return
	}
	http.Error(w, "The test failed: "+string(problem), http.StatusOK)
}
