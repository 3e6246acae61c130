// Package api is the wire: the route table, the reading of bodies and the writing
// of replies and errors. It must not know SQL, pages or any rule of the directory.
package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// API answers requests by the operations of a directory.
type API struct {
	directory *directory.Directory
	log       *slog.Logger
	openAPI   http.Handler
	docs      http.Handler
}

// New returns the handler of everything under /v2, of the health routes, the
// contract file and its reference page.
func New(d *directory.Directory, log *slog.Logger) *API {
	return &API{directory: d, log: log, openAPI: openAPIHandler(), docs: docsHandler()}
}

// ServeHTTP answers a request, or refuses it in the one shape of all errors.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	reply, err := a.serve(w, r)
	if err != nil {
		dropBody(w, r)
		a.writeError(w, r, err)
		return
	}
	reply.write(w, r)
}

// serve keeps the order of checks of section 1.1: key, route, method, media type,
// size; the rest is the handlers'.
func (a *API) serve(w http.ResponseWriter, r *http.Request) (answer *reply, err error) {
	defer func() {
		if p := recover(); p != nil {
			answer, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	req := &request{Request: r}
	visit := httpd.VisitOf(r)
	route, parameters, unmatched := match(r.Method, r.URL)
	if route != nil {
		visit.Route = route.Path
	}
	if strings.HasPrefix(r.URL.Path, "/v2/") || r.URL.Path == "/v2" {
		w.Header()["Cache-Control"] = []string{"no-store"}
		if visit.Refused {
			return nil, &roundtable.Error{Code: roundtable.CodeUnavailable, RetryAfter: time.Second}
		}
		req.caller, err = a.directory.Authenticate(r.Context(), r.Header.Get("x-APIKey"), httpd.Origin(r), httpd.RequestID(r))
		if err != nil {
			return nil, err
		}
		req.caller.Course, visit.KeyID = &visit.Course, req.caller.KeyID
		if err := a.limit(w, req); err != nil {
			return nil, a.confirmed(req, err)
		}
	}
	err = unmatched
	if err == nil && route.Method != http.MethodGet {
		began := time.Now()
		req.body, err = readBody(r, route.NoBody)
		visit.Body = time.Since(began)
		if err == nil {
			err = req.readRetry(route)
		}
	}
	if err != nil {
		return nil, a.confirmed(req, err)
	}
	req.parameters = parameters
	return route.handle(a, req)
}

// confirmed returns err, or the 401 that comes before it: no operation has judged
// the caller yet.
func (a *API) confirmed(req *request, err error) error {
	if refusal := a.directory.Confirm(req.Context(), req.caller); refusal != nil {
		return refusal
	}
	return err
}

// request is a request on its way to its handler.
type request struct {
	*http.Request
	caller     directory.Caller
	parameters []string // what the placeholders of the path stand for
	body       []byte
	retry      *directory.Retry // what the Idempotency-Key stands for; nil: there is none
}

// parameter is what the first placeholder of the path stands for; empty: it has none.
func (r *request) parameter() string {
	if len(r.parameters) == 0 {
		return ""
	}
	return r.parameters[0]
}

// id is what a placeholder of the path stands for, as a number; 0, which nothing has,
// where it is none.
func (r *request) id(i int) int64 {
	id, ok := parseInteger(r.parameters[i])
	if !ok {
		return 0
	}
	return id
}

func notFound() error { return &roundtable.Error{Code: roundtable.CodeNotFound} }
