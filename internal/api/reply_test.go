package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/apitest"
)

// checkReply holds a reply against the contract file and against what section 1.2
// says of every reply.
func checkReply(t *testing.T, method, path string, got answer) {
	t.Helper()
	validator, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	err = validator.Validate(apitest.Answer{Method: method, Path: path, Status: got.status, Header: got.header, Body: got.body})
	if err != nil {
		t.Errorf("%s %.100s: %d is not as the contract documents it: %v\n%.600s", method, path, got.status, err, got.body)
	}
	if id := got.header.Get("X-Request-Id"); len(id) != 26 {
		t.Errorf("X-Request-Id is %q", id)
	}
	if cache := got.header.Get("Cache-Control"); strings.HasPrefix(path, "/v2") && cache != "no-store" {
		t.Errorf("Cache-Control is %q under /v2", cache)
	}
	if got.status >= http.StatusInternalServerError {
		t.Errorf("%s %.100s: %d %s", method, path, got.status, got.body)
	}
	if got.status >= http.StatusBadRequest && method != http.MethodHead {
		checkError(t, got)
	}
}

// errorReply is the one shape of all errors.
type errorReply struct {
	Errors  map[string]json.RawMessage `json:"errors"`
	Details []struct {
		Field, Code, Message string
	} `json:"details"`
	RequestID string `json:"request_id"`
}

// checkError holds the two halves of an error against each other: what old
// clients read and what new ones do.
func checkError(t *testing.T, got answer) {
	t.Helper()
	if contentType := got.header["Content-Type"]; !slices.Equal(contentType, []string{"application/json"}) {
		t.Errorf("an error of Content-Type %q", contentType)
	}
	var reply errorReply
	if err := json.Unmarshal(got.body, &reply); err != nil {
		t.Errorf("an error that is not JSON: %v\n%.200s", err, got.body)
		return
	}
	if reply.RequestID != got.header.Get("X-Request-Id") && !replayed(got) { // a replay names the request that was answered
		t.Errorf("request_id is %q, the header %q", reply.RequestID, got.header.Get("X-Request-Id"))
	}
	if len(reply.Errors) != 1 || len(reply.Details) == 0 {
		t.Errorf("one member of errors and some details are missing: %.1000s", got.body)
	}
	for member, classic := range reply.Errors {
		var byField map[string]string
		if json.Unmarshal(classic, &byField) != nil {
			continue
		}
		if len(byField) != len(reply.Details) {
			t.Errorf("errors name %d fields, details %d: %.1000s", len(byField), len(reply.Details), got.body)
		}
		for _, detail := range reply.Details {
			told, named := byField[detail.Field]
			if !named || member == "json" && told != detail.Message {
				t.Errorf("errors and details differ about %q: %.1000s", detail.Field, got.body)
			}
		}
	}
}

// wantAnswer compares a reply: status, body where "*" stands for anything but
// null, and the headers named; Roundtable-Ignored counts always.
func wantAnswer(t *testing.T, got answer, status int, header map[string]string, body any) {
	t.Helper()
	if got.status != status {
		t.Errorf("answered %d %.600s\nwant %d", got.status, got.body, status)
		return
	}
	want := apitest.Replay{Status: status, ResponseHeader: header, Response: body}
	if err := want.Check(got.status, got.header, got.body); err != nil {
		t.Errorf("%v\nanswered %d %.2000s", err, got.status, got.body)
	}
}

// fieldCode is a field at fault with its code.
type fieldCode struct{ field, code string }

// wantError compares an error reply with the body that section 1.2 gives its
// status; for 400 and 403 the fields are named.
func wantError(t *testing.T, got answer, status int, header map[string]string, fields ...fieldCode) {
	t.Helper()
	kinds := map[int]struct{ member, text, code string }{
		http.StatusBadRequest:            {"json", "", ""},
		http.StatusUnauthorized:          {"authentication", "User not authenticated", "unauthenticated"},
		http.StatusForbidden:             {"authorization", "Operation not allowed", "operation_not_allowed"},
		http.StatusNotFound:              {"json", "Resource not found", "not_found"},
		http.StatusMethodNotAllowed:      {"json", apitest.Any, "method_not_allowed"},
		http.StatusPreconditionFailed:    {"json", apitest.Any, "version_conflict"},
		http.StatusRequestEntityTooLarge: {"json", apitest.Any, "body_too_large"},
		http.StatusUnsupportedMediaType:  {"json", "Unsupported media type. Please use application/json", "unsupported_media_type"},
		http.StatusTooManyRequests:       {"rate_limit", "Too many requests", "rate_limited"},
	}
	kind := kinds[status]
	errors, details := map[string]any{kind.member: kind.text}, []any{}
	if len(fields) == 0 {
		details = append(details, map[string]any{"field": "", "code": kind.code, "message": apitest.Any})
	}
	byField := map[string]any{}
	for _, f := range fields {
		detail := map[string]any{"field": f.field, "code": f.code, "message": apitest.Any}
		byField[f.field] = apitest.Any
		switch status {
		case http.StatusForbidden:
			byField[f.field] = "edit_not_allowed"
		case http.StatusPreconditionFailed: // the code is who changed the field
			detail["code"], detail["changed_at"], detail["changed_by"] = kind.code, apitest.Any, any(f.code)
			if f.code == "null" {
				detail["changed_by"] = nil
			}
		}
		details = append(details, detail)
	}
	if len(fields) > 0 && status != http.StatusPreconditionFailed {
		errors[kind.member] = byField
	}
	wantAnswer(t, got, status, header, map[string]any{"errors": errors, "details": details, "request_id": apitest.Any})
}

// wantInvalid is wantError for a 400 whose fields are written field:code.
func wantInvalid(t *testing.T, got answer, fields ...string) {
	t.Helper()
	codes := make([]fieldCode, len(fields))
	for i, f := range fields {
		codes[i].field, codes[i].code, _ = strings.Cut(f, ":")
	}
	wantError(t, got, http.StatusBadRequest, nil, codes...)
}
