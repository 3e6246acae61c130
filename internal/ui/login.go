package ui

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// showLogin is GET /login. A connection token in the address signs in at once.
func (q *request) showLogin() error {
	query := q.URL.Query()
	if token := query.Get("connection_token"); token != "" && q.Method == http.MethodGet {
		return q.loginByToken(token)
	}
	next := safeNext(query.Get("next"))
	if q.user != nil {
		return q.goTo(next)
	}
	done := ""
	switch query.Get("done") {
	case "signed_out":
		done = q.words.Text("page.login.signed_out")
	case "password":
		done = q.words.Text("page.login.password_set")
	}
	return q.showLoginForm(http.StatusOK, loginForm{next: next, done: done})
}

// loginForm is the sign-in form as it comes back.
type loginForm struct {
	next, email, done string
	faults            []fault
}

func (q *request) showLoginForm(status int, f loginForm) error {
	fields := []field{
		{Name: "email", Label: q.words.Text("page.login.email"), Kind: "email", Complete: "username", Value: f.email, Required: true},
		{Name: "password", Label: q.words.Text("page.login.password"), Kind: "password", Complete: "current-password", Required: true},
	}
	for _, wrong := range f.faults {
		if at := find(fields, wrong.Field); at != nil {
			at.Error = wrong.Text
		}
	}
	return q.show(status, "login.html", view{
		Title: q.words.Text("page.login.title"), Done: f.done, Faults: f.faults, SingleSign: q.pages.options.SingleSignOn != nil,
		Hidden: []field{{Name: "next", Value: f.next}}, Fields: fields,
	})
}

// login is POST /login.
func (q *request) login() error {
	f := loginForm{next: safeNext(q.form.Get("next")), email: q.form.Get("email")}
	if q.form.Get("way") == "sso" && q.pages.options.SingleSignOn != nil {
		return q.loginElsewhere(f)
	}
	session, err := q.pages.directory.SignIn(q.Context(), f.email, q.form.Get("password"), q.visitor())
	if err != nil {
		return q.refuseLogin(f, err)
	}
	return q.admit(session, f.next)
}

// loginByToken signs in with a token that a page of an integrator led here with. Where it
// is no good, the form is there.
func (q *request) loginByToken(token string) error {
	next := safeNext(q.URL.Query().Get("next"))
	session, err := q.pages.directory.SignInByConnectionToken(q.Context(), token, q.visitor())
	switch {
	case isCode(err, roundtable.CodeUnauthenticated):
		text := fault{Text: q.words.Text("page.login.token_not_valid")}
		return q.showLoginForm(http.StatusBadRequest, loginForm{next: next, faults: []fault{text}})
	case err != nil:
		return err
	}
	return q.admit(session, next)
}

// loginElsewhere leads to the identity provider of an address. It answers with a page and
// a link, not with a redirect: the policy of pages keeps forms from leading elsewhere.
func (q *request) loginElsewhere(f loginForm) error {
	address, err := q.pages.options.SingleSignOn(q.Context(), f.email)
	if err != nil {
		return err
	}
	if address == "" {
		f.faults = []fault{{Field: "email", Text: q.words.Text("page.login.no_sso")}}
		return q.showLoginForm(http.StatusBadRequest, f)
	}
	return q.show(http.StatusOK, "elsewhere.html", view{
		Title: q.words.Text("page.elsewhere.title"), Elsewhere: address + "?" + url.Values{"return_to": {f.next}}.Encode(),
	})
}

// refuseLogin shows the form again. What it says is the same for a wrong password and for
// an address that nobody has.
func (q *request) refuseLogin(f loginForm, err error) error {
	refusal, known := errors.AsType[*roundtable.Error](err)
	if !known {
		return err
	}
	switch refusal.Code {
	case roundtable.CodeUnauthenticated:
		f.faults = []fault{{Field: "email", Text: q.words.Text("page.login.wrong")}}
		return q.showLoginForm(http.StatusBadRequest, f)
	case roundtable.CodeUserSSOOnly:
		f.faults = []fault{{Field: "email", Text: q.words.Text("page.login.sso_only")}}
		return q.showLoginForm(http.StatusBadRequest, f)
	case roundtable.CodeRateLimited:
		httpd.SetRetryAfter(q.w.Header(), refusal)
		f.faults = []fault{{Text: q.words.Text("page.login.often", "count", minutes(refusal))}}
		return q.showLoginForm(http.StatusTooManyRequests, f)
	}
	return err
}

// admit hands the browser a new session. One that it had before ends, so that nobody's
// token outlives a sign-in.
func (q *request) admit(session *directory.NewSession, next string) error {
	if q.user != nil {
		if err := q.pages.directory.SignOut(q.Context(), q.caller); err != nil {
			return err
		}
	}
	setCookie(q.w, session.Token)
	return q.goTo(next)
}

// logout is POST /logout.
func (q *request) logout() error {
	if q.user != nil {
		if err := q.pages.directory.SignOut(q.Context(), q.caller); err != nil {
			return err
		}
	}
	clearCookie(q.w)
	return q.goTo("/login?done=signed_out")
}

func isCode(err error, code roundtable.Code) bool {
	refusal, known := errors.AsType[*roundtable.Error](err)
	return known && refusal.Code == code
}
