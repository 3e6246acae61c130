package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

const (
	idempotencyKey    = "Idempotency-Key"
	maxIdempotencyKey = 255 // printable ASCII characters
)

// readRetry reads the Idempotency-Key (section 1.8). A preview changes nothing and may
// be repeated anyway.
func (r *request) readRetry(route *Route) error {
	keys := r.Header.Values(idempotencyKey)
	if len(keys) == 0 || r.URL.Query().Get("dry_run") == "true" {
		return nil
	}
	key := keys[0]
	printable := !strings.ContainsFunc(key, func(c rune) bool { return c < ' ' || c > '~' })
	if len(keys) > 1 || key == "" || len(key) > maxIdempotencyKey || !printable {
		return roundtable.Invalid(roundtable.FieldError{
			Field: idempotencyKey, Code: roundtable.CodeInvalidParameter, Message: "Must be given once, with 1 to 255 printable ASCII characters.",
		})
	}
	r.retry = &directory.Retry{
		Scope:   r.mac("scope", r.Method, strings.TrimSuffix(r.URL.EscapedPath(), "/"), r.URL.RawQuery, key),
		Body:    r.mac("body", string(r.body)),
		Deletes: route.Method == http.MethodDelete,
	}
	return nil
}

// mac authenticates texts under the caller's API key, which is stored nowhere: who
// reads the database cannot try out what the texts were.
func (r *request) mac(texts ...string) (sum [32]byte) {
	mac := hmac.New(sha256.New, []byte(r.Header.Get("x-APIKey")))
	for _, text := range texts {
		digest := sha256.Sum256([]byte(text))
		mac.Write(digest[:])
	}
	mac.Sum(sum[:0])
	return sum
}

// writing carries out a change and renders its result. Where the request may be sent
// again, the answer is rendered within the change, to be stored with it.
func writing[T any](req *request, render func(T) (*reply, error), do func(directory.Caller) (T, error)) (*reply, error) {
	return writingSecret(req, render, nil, do)
}

// writingSecret is writing for a result that holds a secret. idOf names the result: a
// replay tells that, and not the secret.
func writingSecret[T any](req *request, render func(T) (*reply, error), idOf func(T) string, do func(directory.Caller) (T, error)) (*reply, error) {
	caller := req.caller
	if req.retry != nil {
		retry := *req.retry
		retry.Answer = func(result any, refusal error) (directory.Answer, error) {
			known, refused := errors.AsType[*roundtable.Error](refusal)
			switch {
			case refused:
				return req.refusalAnswer(known)
			case idOf != nil:
				return req.refusalAnswer(&roundtable.Error{Code: roundtable.CodeAlreadyCreated, Fields: []roundtable.FieldError{{
					Code: roundtable.CodeAlreadyCreated, Message: errorKinds[roundtable.CodeAlreadyCreated].message, ID: idOf(result.(T)),
				}}})
			}
			reply, err := render(result.(T))
			if err != nil {
				return directory.Answer{}, err
			}
			return reply.answer(), nil
		}
		caller.Retry = &retry
	}
	result, err := do(caller)
	if replayed, ok := errors.AsType[*directory.Replayed](err); ok {
		return replay(replayed.Answer), nil
	}
	if err != nil {
		return nil, err
	}
	return render(result)
}

// refusalAnswer is a refusal as it goes over the wire.
func (r *request) refusalAnswer(refusal *roundtable.Error) (directory.Answer, error) {
	text, err := errorText(refusal, httpd.RequestID(r.Request))
	return directory.Answer{Status: errorKinds[refusal.Code].status, Body: string(text)}, err
}

// answer is the reply to be stored.
func (p *reply) answer() directory.Answer {
	answer := directory.Answer{Status: max(p.status, http.StatusOK), Header: make(map[string]string), Body: string(p.body)}
	for name, value := range p.header {
		answer.Header[name] = value
	}
	if p.etag != "" {
		answer.Header["Etag"] = p.etag
	}
	if len(p.ignored) > 0 {
		answer.Header["Roundtable-Ignored"] = strings.Join(p.ignored, ", ")
	}
	return answer
}

func replay(answer directory.Answer) *reply {
	header := map[string]string{"Idempotent-Replayed": "true"}
	for name, value := range answer.Header {
		header[name] = value
	}
	return &reply{status: answer.Status, header: header, body: []byte(answer.Body)}
}
