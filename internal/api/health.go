package api

import (
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

type health struct {
	Status string `json:"status"`
}

// live is GET /health/live: the process serves.
func (a *API) live(*request) (*reply, error) { return newReply(health{"ok"}) }

// ready is GET /health/ready: the database answers and takes writes, and the server is
// not about to stop.
func (a *API) ready(req *request) (*reply, error) {
	if httpd.VisitOf(req.Request).Draining {
		return nil, &roundtable.Error{Code: roundtable.CodeUnavailable, RetryAfter: time.Second}
	}
	if err := a.directory.Ready(req.Context()); err != nil {
		return nil, err
	}
	return newReply(health{"ok"})
}
