package httpd

import (
	"context"
	"net/http"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// Visit is a request while it is served, and what is known of it: for its handler, and
// at its end for logs, metrics and traces. It bears no secret, no address of a person and
// nothing of a body.
type Visit struct {
	ID       string // names the request in logs, events and errors
	Origin   roundtable.Origin
	Method   string // one of the known ones, or "other"
	Draining bool   // the server will stop: it is not ready for more
	Refused  bool   // the server stops: the request came too late

	// What the handler found out:
	Route  string           // the pattern of the path; empty: none fits
	KeyID  int64            // 0: no caller is known
	Body   time.Duration    // what reading the body took
	Course directory.Course // the transactions

	// At the end:
	Began  time.Time
	Took   time.Duration
	Status int // 0: the client was not answered
}

// VisitOf returns the visit of a request. One that came by another way than a Server has
// an empty one.
func VisitOf(r *http.Request) *Visit {
	if v, ok := r.Context().Value(contextKey{}).(*Visit); ok {
		return v
	}
	return new(Visit)
}

// RequestID returns the id that names the request in logs, events and errors.
func RequestID(r *http.Request) string { return VisitOf(r).ID }

// Origin returns where and when the request came in.
func Origin(r *http.Request) roundtable.Origin { return VisitOf(r).Origin }

type contextKey struct{}

// recorder is the response of a visit, whose status it notes.
type recorder struct {
	http.ResponseWriter
	visit Visit
}

// WriteHeader notes the status, unless it only precedes another.
func (r *recorder) WriteHeader(status int) {
	if r.visit.Status == 0 && status >= http.StatusOK {
		r.visit.Status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write notes the status that a body alone means.
func (r *recorder) Write(p []byte) (int, error) {
	if r.visit.Status == 0 {
		r.visit.Status = http.StatusOK
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// wrap gives every request its visit, and tells of it at its end.
func (s *Server) wrap(handler http.Handler) http.Handler {
	loopback := Loopback(s.listener)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now() // runs on when the clock is set
		now := s.options.Now()
		rec := &recorder{ResponseWriter: w, visit: Visit{
			ID: newRequestID(now), Origin: roundtable.Origin{Now: now, Address: s.clientAddress(r), Loopback: loopback},
			Method: knownMethod(r.Method), Began: began, Draining: s.draining.Load(), Refused: s.refusing.Load(),
		}}
		w.Header()["X-Request-Id"] = []string{rec.visit.ID}
		if rec.visit.Draining {
			w.Header()["Connection"] = []string{"close"}
		}
		s.inFlight.Add(1)
		defer s.left(r, &rec.visit)
		handler.ServeHTTP(rec, r.WithContext(context.WithValue(r.Context(), contextKey{}, &rec.visit)))
		if rec.visit.Status == 0 {
			rec.visit.Status = http.StatusOK // as the standard library answers for a handler that does not
		}
	})
}

// left tells of a visit that has ended, by a panic too.
func (s *Server) left(r *http.Request, v *Visit) {
	s.inFlight.Add(-1)
	v.Took = time.Since(v.Began)
	if s.options.SlowRequest > 0 && v.Took >= s.options.SlowRequest {
		s.logSlow(v)
	}
	for _, observe := range s.options.Observe {
		observe(r, v)
	}
}

// logSlow is the one line about a slow request.
func (s *Server) logSlow(v *Visit) {
	var queued, transaction time.Duration
	items := 0
	for _, step := range v.Course.Steps() {
		queued += step.Waited
		transaction += step.Took
		items = max(items, step.Items)
	}
	s.options.Log.Warn("slow request", "method", v.Method, "route", v.Route, "status", v.Status,
		"seconds", v.Took.Seconds(), "body_seconds", v.Body.Seconds(), "queue_seconds", queued.Seconds(),
		"transaction_seconds", transaction.Seconds(), "batch", items, "request_id", v.ID, "api_key_id", v.KeyID)
}

// knownMethod bounds what a client can make us count and log.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
