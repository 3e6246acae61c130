package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// errorKind is how a code answers: status, the member of "errors" that holds it,
// and the text that old clients know.
type errorKind struct {
	status  int
	member  string
	message string
}

// errorKinds is the one table from code to status (section 1.2).
var errorKinds = map[roundtable.Code]errorKind{
	roundtable.CodeInvalid:             {400, "json", "Invalid request"},
	roundtable.CodeUnauthenticated:     {401, "authentication", "User not authenticated"},
	roundtable.CodeForbidden:           {403, "authorization", "Operation not allowed"},
	roundtable.CodeLastOrgAdmin:        {403, "authorization", "Operation not allowed"},
	roundtable.CodeNotFound:            {404, "json", "Resource not found"},
	roundtable.CodeMethodNotAllowed:    {405, "json", "Method not allowed"},
	roundtable.CodeChangedSince:        {409, "json", "A later event changed the same field. Revert that event first, or change the field yourself."},
	roundtable.CodeAlreadyCreated:      {409, "json", "Created by an earlier request with this Idempotency-Key. Its secret was shown then and is not kept."},
	roundtable.CodeVersionConflict:     {412, "json", "It has changed since the version that you know. Read it again and repeat your change."},
	roundtable.CodeBodyTooLarge:        {413, "json", "The body is larger than 1 MiB"},
	roundtable.CodeMediaType:           {415, "json", "Unsupported media type. Please use application/json"},
	roundtable.CodeIdempotencyMismatch: {422, "json", "This Idempotency-Key came with another body before. Use a new key for a new request."},
	roundtable.CodeRateLimited:         {429, "rate_limit", "Too many requests"},
	roundtable.CodeInternal:            {500, "server", "Internal error. Tell the operator the request_id."},
	roundtable.CodeOverloaded:          {503, "server", "Overloaded. Please try again."},
	roundtable.CodeUnavailable:         {503, "server", "Unavailable. Please try again."},
}

// errorBody is the one shape of all errors.
type errorBody struct {
	Errors    map[string]any `json:"errors"`
	Details   []errorDetail  `json:"details"`
	RequestID string         `json:"request_id"`
}

type errorDetail struct {
	Field     string          `json:"field"` // empty: the request as a whole
	Code      roundtable.Code `json:"code"`
	Message   string          `json:"message"`
	ID        string          `json:"id,omitempty"`
	ChangedAt *int64          `json:"changed_at,omitempty"` // Unix seconds
	ChangedBy **string        `json:"changed_by,omitempty"` // null: not the reader's to know
}

// writeError is the one writer of errors. What is not a *roundtable.Error is a
// 500, and its text goes to the log only.
func (a *API) writeError(w http.ResponseWriter, r *http.Request, err error) {
	refusal, known := httpd.RefusalOf(err)
	if !known {
		a.log.Error("request failed", "error", err, "method", r.Method, "path", r.URL.Path, "request_id", httpd.RequestID(r))
	}
	kind := errorKinds[refusal.Code]
	if kind.status == http.StatusServiceUnavailable && !httpd.VisitOf(r).Refused { // the log says once that the server stops
		a.log.Error("request not served", "error", err, "request_id", httpd.RequestID(r))
	}
	text, marshalError := errorText(refusal, httpd.RequestID(r))
	if marshalError != nil {
		a.log.Error("error not written", "error", marshalError, "request_id", httpd.RequestID(r))
	}
	header := w.Header()
	header["Content-Type"] = jsonType
	header["Content-Length"] = []string{strconv.Itoa(len(text))}
	httpd.SetRetryAfter(header, refusal)
	if method, ok := errors.AsType[*methodError](err); ok {
		header.Set("Allow", strings.Join(method.allowed, ", "))
	}
	w.WriteHeader(kind.status)
	_, _ = w.Write(text) // nobody is left to tell that the client has gone
}

// errorText is the body of a refusal.
func errorText(refusal *roundtable.Error, requestID string) ([]byte, error) {
	body := describe(refusal, errorKinds[refusal.Code])
	body.RequestID = requestID
	return json.Marshal(body)
}

func describe(refusal *roundtable.Error, kind errorKind) errorBody {
	body := errorBody{Details: []errorDetail{}}
	fields := make(map[string]any, len(refusal.Fields))
	for _, f := range refusal.Fields {
		if _, again := fields[f.Field]; again {
			continue
		}
		// A 400 tells people what is wrong; a 403 has one word for old clients.
		fields[f.Field] = f.Message
		if refusal.Code == roundtable.CodeForbidden {
			fields[f.Field] = string(roundtable.CodeEditNotAllowed)
		}
		detail := errorDetail{Field: f.Field, Code: f.Code, Message: f.Message, ID: f.ID}
		if f.Changed != nil {
			at := f.Changed.At.Unix()
			detail.ChangedAt, detail.ChangedBy = &at, &f.Changed.By
		}
		body.Details = append(body.Details, detail)
	}
	byField := refusal.Code == roundtable.CodeInvalid || refusal.Code == roundtable.CodeForbidden
	if byField && len(fields) > 0 {
		body.Errors = map[string]any{kind.member: fields}
	} else {
		body.Errors = map[string]any{kind.member: kind.message}
	}
	if len(body.Details) == 0 {
		body.Details = append(body.Details, errorDetail{Code: refusal.Code, Message: cmp.Or(refusal.Message, kind.message)})
	}
	return body
}
