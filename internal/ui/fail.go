package ui

import (
	"net/http"
	"net/url"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// failure is how a refusal looks as a page.
type failure struct {
	status      int
	title, text string // keys
}

// failures is the one table from code to page.
var failures = map[roundtable.Code]failure{
	roundtable.CodeInvalid:          {400, "page.failed.invalid", "page.failed.invalid_text"},
	roundtable.CodeForbidden:        {403, "page.failed.forbidden", "page.failed.forbidden_text"},
	roundtable.CodeNotFound:         {404, "page.failed.not_found", "page.failed.not_found_text"},
	roundtable.CodeMethodNotAllowed: {405, "page.failed.not_found", "page.failed.not_found_text"},
	roundtable.CodeVersionConflict:  {412, "page.failed.changed", "page.failed.changed_text"},
	roundtable.CodeBodyTooLarge:     {413, "page.failed.invalid", "page.failed.invalid_text"},
	roundtable.CodeMediaType:        {415, "page.failed.invalid", "page.failed.invalid_text"},
	roundtable.CodeRateLimited:      {429, "page.failed.often", "page.failed.often_text"},
	roundtable.CodeInternal:         {500, "page.failed.internal", "page.failed.internal_text"},
	roundtable.CodeOverloaded:       {503, "page.failed.busy", "page.failed.busy_text"},
	roundtable.CodeUnavailable:      {503, "page.failed.busy", "page.failed.busy_text"},
}

// crossOriginError is a form that a page of somebody else sent here.
type crossOriginError struct{ error }

func (e *crossOriginError) Unwrap() error { return &roundtable.Error{Code: roundtable.CodeForbidden} }

// fail answers with a refusal. What is none is a 500, and its text goes to the log only.
func (q *request) fail(err error) {
	refusal, _ := httpd.RefusalOf(err)
	if refusal.Code == roundtable.CodeUnauthenticated {
		q.sendToLogin()
		return
	}
	page, told := failures[refusal.Code]
	if !told {
		page = failures[roundtable.CodeInternal]
	}
	if page.status >= http.StatusInternalServerError && !httpd.VisitOf(q.Request).Refused {
		q.pages.options.Log.Error("page failed", "error", err, "path", httpd.VisitOf(q.Request).Route, "request_id", httpd.RequestID(q.Request))
	}
	httpd.SetRetryAfter(q.w.Header(), refusal)
	v := view{Title: q.words.Text(page.title), Message: q.words.Text(page.text)}
	if page.status == http.StatusInternalServerError {
		v.RequestID = httpd.RequestID(q.Request)
	}
	if err := q.show(page.status, "failed.html", v); err != nil {
		q.pages.options.Log.Error("page of a failure not written", "error", err, "request_id", httpd.RequestID(q.Request))
		http.Error(q.w, http.StatusText(page.status), page.status)
	}
}

// sendToLogin leads somebody who is not signed in to where that can be changed, and back.
func (q *request) sendToLogin() {
	clearCookie(q.w)
	address := "/login"
	if q.Method == http.MethodGet && q.URL.Path != "/" {
		address += "?" + url.Values{"next": {q.URL.EscapedPath()}}.Encode()
	}
	_ = q.goTo(address) // never fails
}
