package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// Any stands in an expected answer for any value but null.
const Any = "*"

// Replay is a call of the contract with the answer it promises, on a fresh demo
// company. The contract's first lines tell its form.
type Replay struct {
	Operation string // operationId
	Name      string // unique within the operation
	Before    []Call // made first, in this order, each answered 2xx
	Call
	Status         int
	ResponseHeader map[string]string
	Response       any // the JSON value of the answer; nil: the body is not looked at
}

// Call is a request, ready to be made.
type Call struct {
	Method string
	Target string // path and query
	Header http.Header
	Body   []byte
}

// Request makes the call a request to the server at base, without a slash at the end.
func (c Call) Request(base string) (*http.Request, error) {
	req, err := http.NewRequest(c.Method, base+c.Target, bytes.NewReader(c.Body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", c.Method, c.Target, err)
	}
	req.Header = c.Header.Clone()
	return req, nil
}

// Replays reads all calls of the contract, in the order of paths and entries.
func Replays() ([]Replay, error) {
	doc, err := Document()
	if err != nil {
		return nil, err
	}
	r := reader{operations: map[string]operation{}}
	var ids []string
	for _, path := range doc.Paths.InMatchingOrder() {
		for method, op := range doc.Paths.Value(path).Operations() {
			r.operations[op.OperationID] = operation{method, path, op}
			ids = append(ids, op.OperationID)
		}
	}
	slices.Sort(ids)
	var replays []Replay
	for _, id := range ids {
		entries, err := decode[[]entry](r.operations[id].Extensions["x-replay"])
		if err != nil {
			return nil, fmt.Errorf("%s: x-replay: %w", id, err)
		}
		for _, e := range entries {
			replay, err := r.replay(id, e)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", id, e.Name, err)
			}
			replays = append(replays, replay)
		}
	}
	return replays, nil
}

// entry is an element of x-replay as it is written.
type entry struct {
	call
	Name            string            `json:"name"`
	Before          []call            `json:"before"`
	Status          int               `json:"status"`
	Example         string            `json:"example"`
	Response        any               `json:"response"`
	Any             []string          `json:"any"`
	ResponseHeaders map[string]string `json:"response_headers"`
}

// call is the part of an entry that says what is sent.
type call struct {
	Operation string            `json:"operation"`
	Key       string            `json:"key"`
	UserID    string            `json:"user_id"`
	Path      string            `json:"path"`
	Method    string            `json:"method"`
	Query     string            `json:"query"`
	Headers   map[string]string `json:"headers"`
	Body      any               `json:"body"`
	Raw       *string           `json:"raw"`
	Request   string            `json:"request"`
}

type operation struct {
	method, path string
	*openapi3.Operation
}

// reader completes entries with what their operations say.
type reader struct {
	operations map[string]operation
}

func (r reader) replay(id string, e entry) (Replay, error) {
	if e.Name == "" || e.Status == 0 {
		return Replay{}, fmt.Errorf("an entry has a name and a status")
	}
	if e.Operation == "" {
		e.Operation = id
	}
	replay := Replay{Operation: id, Name: e.Name, Status: e.Status, ResponseHeader: e.ResponseHeaders}
	var err error
	if replay.Call, err = r.call(e.call, e.Name); err != nil {
		return Replay{}, err
	}
	for _, before := range e.Before {
		if before.Operation == "" {
			before.Operation = "updateUser"
		}
		sent, err := r.call(before, "")
		if err != nil {
			return Replay{}, fmt.Errorf("before: %w", err)
		}
		replay.Before = append(replay.Before, sent)
	}
	replay.Response, err = r.response(id, e)
	return replay, err
}

// call makes of a written call one that can be sent; name is the request example
// to take if the call names none.
func (r reader) call(c call, name string) (Call, error) {
	op, ok := r.operations[c.Operation]
	if !ok {
		return Call{}, fmt.Errorf("no operation %q", c.Operation)
	}
	sent := Call{Method: c.Method, Target: c.Path, Header: http.Header{}}
	if sent.Method == "" {
		sent.Method = op.method
	}
	if sent.Target == "" {
		sent.Target = strings.ReplaceAll(op.path, "{user_id}", c.UserID)
	}
	if c.Query != "" {
		sent.Target += "?" + c.Query
	}
	body, err := op.body(c, name)
	if err != nil {
		return Call{}, err
	}
	if sent.Body = body; body != nil {
		sent.Header.Set("Content-Type", "application/json")
	}
	if c.Key != "" {
		sent.Header.Set("X-Apikey", c.Key)
	}
	for key, value := range c.Headers {
		sent.Header.Set(key, value)
	}
	return sent, nil
}

// body returns what is sent: the call's own body, or a request example.
func (op operation) body(c call, name string) ([]byte, error) {
	switch {
	case c.Raw != nil:
		return expand(*c.Raw)
	case c.Body != nil:
		return json.Marshal(c.Body)
	case op.RequestBody == nil && c.Request == "":
		return nil, nil
	case c.Request != "":
		name = c.Request
	}
	value, ok := example(op.RequestBody.Value.Content, name)
	if !ok {
		return nil, fmt.Errorf("neither body nor raw, and no request example %q", name)
	}
	return json.Marshal(value)
}

// response returns the answer that an entry promises.
func (r reader) response(id string, e entry) (any, error) {
	documented := r.operations[id].Responses.Status(e.Status)
	if documented == nil {
		return nil, fmt.Errorf("status %d is not documented", e.Status)
	}
	if e.Response != nil {
		return e.Response, nil
	}
	if documented.Value.Content["application/json"] == nil {
		return nil, nil
	}
	if e.Example == "" {
		e.Example = e.Name
	}
	value, ok := example(documented.Value.Content, e.Example)
	if !ok {
		return nil, fmt.Errorf("no response, and no example %q of status %d", e.Example, e.Status)
	}
	plain, err := decode[any](value)
	return withAny(plain, append(e.Any, "request_id")), err
}
