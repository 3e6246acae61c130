package apitest

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Validator holds answers against the contract's document. It may be used by many
// tests at once.
type Validator struct {
	doc *openapi3.T

	mu   sync.Mutex
	seen map[string]error // what was found of answers; a schema is slow to ask
}

// NewValidator reads the contract.
func NewValidator() (*Validator, error) {
	doc, err := Document()
	if err != nil {
		return nil, err
	}
	return &Validator{doc: doc, seen: make(map[string]error)}, nil
}

// Answer is what a server answered to a call.
type Answer struct {
	Method string
	Path   string // as it was called, without query
	Status int
	Header http.Header
	Body   []byte
}

// Validate reports where an answer is not as the contract documents it: its
// status, its headers, its media type to the letter, its body.
func (v *Validator) Validate(a Answer) error {
	method := a.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	path, item := v.find(a.Path)
	response := v.response(item, method, a.Status)
	if response == nil {
		return fmt.Errorf("%s %s: the contract does not document an answer of status %d", a.Method, a.Path, a.Status)
	}
	if want := mediaType(response); want == "application/json" && a.Header.Get("Content-Type") != want {
		return fmt.Errorf("header Content-Type is %q, want %s and no more", a.Header.Get("Content-Type"), want)
	}
	return v.once(fmt.Sprint(path, method, a.Status, a.Method, steady(a.Header), steady(a.Body)), func() error {
		operation := &openapi3.Operation{Responses: openapi3.NewResponses(openapi3.WithStatus(a.Status, response))}
		input := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{
				Request: &http.Request{Method: method},
				Route:   &routers.Route{Spec: v.doc, Path: path, Method: method, Operation: operation},
			},
			Status: a.Status, Header: a.Header,
			Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: a.Method == http.MethodHead},
		}
		return openapi3filter.ValidateResponse(context.Background(), input.SetBodyBytes(a.Body))
	})
}

// once asks check unless the same was asked before.
func (v *Validator) once(key string, check func() error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	err, known := v.seen[key]
	if !known {
		err = check()
		v.seen[key] = err
	}
	return err
}

// find returns the path of the contract that a called path stands for; one
// without parameters wins.
func (v *Validator) find(called string) (string, *openapi3.PathItem) {
	called = strings.TrimSuffix(called, "/")
	if item := v.doc.Paths.Value(called); item != nil {
		return called, item
	}
	for path, item := range v.doc.Paths.Map() {
		if slices.EqualFunc(strings.Split(path, "/"), strings.Split(called, "/"), func(pattern, segment string) bool {
			return pattern == segment || strings.HasPrefix(pattern, "{") && segment != ""
		}) {
			return path, item
		}
	}
	return called, nil
}

// response returns what is documented for a status: that of the operation, or
// what all paths have in common.
func (v *Validator) response(item *openapi3.PathItem, method string, status int) *openapi3.ResponseRef {
	if item != nil && item.GetOperation(method) != nil {
		return item.GetOperation(method).Responses.Status(status)
	}
	shared := map[int]string{401: "Unauthenticated", 404: "NotFound", 405: "MethodNotAllowed"}
	if item != nil {
		delete(shared, 404)
	}
	return v.doc.Components.Responses[shared[status]]
}

// mediaType returns the one media type of a documented answer; empty: it has no body.
func mediaType(response *openapi3.ResponseRef) string {
	for name := range response.Value.Content {
		return name
	}
	return ""
}

var requestID = regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{26}`)

// steady returns a header or body without what differs from call to call and
// needs no second look: request ids, dates, lengths.
func steady(part any) string {
	switch part := part.(type) {
	case http.Header:
		part = part.Clone()
		part.Del("Date")
		part.Del("Content-Length")
		return steady([]byte(fmt.Sprint(part)))
	case []byte:
		return string(requestID.ReplaceAll(part, []byte("ID")))
	}
	return ""
}
