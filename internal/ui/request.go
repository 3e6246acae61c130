package ui

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
	"github.com/roundtable-directory/roundtable/internal/words"
)

// request is a request on its way through a page.
type request struct {
	*http.Request
	w     http.ResponseWriter
	pages *Pages
	words *words.Catalog
	form  url.Values // what was posted

	caller directory.Caller
	user   *roundtable.User // who is signed in; nil: nobody
	org    *roundtable.Org  // of user
}

// recognise finds who is signed in. open pages are for everybody.
func (q *request) recognise(open bool) error {
	token := sessionToken(q.Request)
	if token == "" {
		if open {
			return nil
		}
		return &roundtable.Error{Code: roundtable.CodeUnauthenticated}
	}
	err := q.readSession(token)
	if refusal, ok := errors.AsType[*roundtable.Error](err); open && ok && refusal.Code == roundtable.CodeUnauthenticated {
		clearCookie(q.w)
		return nil
	}
	return err
}

func (q *request) readSession(token string) error {
	caller, err := q.pages.directory.AuthenticateSession(q.Context(), token, q.visitor())
	if err != nil {
		return err
	}
	q.caller = caller
	return q.readUser()
}

// readUser reads who is signed in as of now.
func (q *request) readUser() error {
	user, org, err := q.pages.directory.User(q.Context(), q.caller, q.caller.UserID)
	if err != nil {
		return err
	}
	q.user, q.org = user, org
	return q.speak(user.Lang)
}

// visitor is the browser, whoever uses it.
func (q *request) visitor() directory.Visitor {
	visit := httpd.VisitOf(q.Request)
	return directory.Visitor{Origin: visit.Origin, Agent: q.UserAgent(), RequestID: visit.ID, Course: &visit.Course}
}

// speak chooses the language; empty: by what the browser asks for.
func (q *request) speak(lang string) (err error) {
	if lang == "" {
		lang = words.Match(q.Header.Get("Accept-Language"))
	}
	q.words, err = words.Of(lang)
	return err
}

// show answers with a page.
func (q *request) show(status int, name string, v view) error {
	v.Catalog, v.User, v.Path = q.words, q.user, q.URL.Path
	if q.user != nil {
		v.Sidebar = sidebar(q.words, q.user.SidebarPages)
	}
	var page bytes.Buffer
	if err := q.pages.templates[name].ExecuteTemplate(&page, "layout.html", v); err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.w.Header().Set("Content-Language", q.words.Lang())
	q.w.WriteHeader(status)
	_, _ = q.w.Write(page.Bytes()) // nobody is left to tell that the browser has gone
	return nil
}

// goTo answers a form with another page, so that to load it again sends nothing again.
func (q *request) goTo(address string) error {
	q.w.Header().Set("Location", address)
	q.w.WriteHeader(http.StatusSeeOther)
	return nil
}
