package httpd

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/roundtable-directory/roundtable"
)

// RefusalOf is what an error is answered with. One that is no refusal is not known: it
// answers internal, and its text is for the log only. It panics with
// http.ErrAbortHandler where the client has gone, because to return would answer 200.
func RefusalOf(err error) (refusal *roundtable.Error, known bool) {
	if refusal, known = errors.AsType[*roundtable.Error](err); known {
		return refusal, true
	}
	if errors.Is(err, context.Canceled) {
		panic(http.ErrAbortHandler)
	}
	return &roundtable.Error{Code: roundtable.CodeInternal}, false
}

// SetRetryAfter tells when to come back, if the refusal does.
func SetRetryAfter(header http.Header, refusal *roundtable.Error) {
	if refusal.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(refusal.RetryAfter.Seconds()))))
	}
}
