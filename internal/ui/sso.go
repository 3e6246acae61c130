package ui

import (
	"errors"
	"net/http"

	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
	"github.com/roundtable-directory/roundtable/internal/signin"
)

// This file is what browsers see at the end of single sign-on.

// problems are what people are told; what is missing is our fault.
var problems = map[signin.Problem]string{
	signin.NotThere:    "page.sso.not_there",
	signin.Expired:     "page.sso.expired",
	signin.Cancelled:   "page.sso.cancelled",
	signin.Unavailable: "page.sso.unavailable",
	signin.NotProved:   "page.sso.not_proved",
	signin.NoEmail:     "page.sso.no_email",
	signin.NoAccount:   "page.sso.no_account",
	signin.TooMany:     "page.failed.often_text",
	signin.Broken:      "page.failed.internal_text",
}

// SignedIn hands the browser its session, and leads on to a page.
func (p *Pages) SignedIn(w http.ResponseWriter, r *http.Request, session *directory.NewSession, returnTo string) {
	p.afterwards(w, r, func(q *request) error { return q.admit(session, safeNext(returnTo)) })
}

// NotSignedIn says why nobody was signed in.
func (p *Pages) NotSignedIn(w http.ResponseWriter, r *http.Request, status int, problem signin.Problem) {
	p.afterwards(w, r, func(q *request) error { return q.showProblem(status, "page.sso.failed", problem) })
}

// Tested says what came of a test.
func (p *Pages) Tested(w http.ResponseWriter, r *http.Request, problem signin.Problem) {
	p.afterwards(w, r, func(q *request) error {
		if problem != signin.NoProblem {
			return q.showProblem(http.StatusOK, "page.sso.test_failed", problem)
		}
		return q.show(http.StatusOK, "failed.html", view{Title: q.words.Text("page.sso.tested"), Message: q.words.Text("page.sso.tested_text")})
	})
}

// afterwards answers with a page to what was no request for one.
func (p *Pages) afterwards(w http.ResponseWriter, r *http.Request, show func(*request) error) {
	secure(w.Header())
	q := &request{Request: r, pages: p, w: w}
	err := errors.Join(q.speak(""), q.recognise(true))
	if err == nil {
		err = show(q)
	}
	if err != nil {
		q.fail(err)
	}
}

func (q *request) showProblem(status int, title string, problem signin.Problem) error {
	text, told := problems[problem]
	v := view{Title: q.words.Text(title), Message: q.words.Text(text)}
	if !told || problem == signin.Broken {
		v.Message, v.RequestID = q.words.Text("page.failed.internal_text"), httpd.RequestID(q.Request)
	}
	return q.show(status, "failed.html", v)
}
