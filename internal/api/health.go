package api

import (
	"time"

	"github.com/roundtable-directory/roundtable"
)

type health struct {
	Status string `json:"status"`
}

// live is GET /health/live: the process serves.
func (a *API) live(*request) (*reply, error) { return newReply(health{"ok"}) }

// ready is GET /health/ready: the database answers, too.
func (a *API) ready(req *request) (*reply, error) {
	if err := a.directory.Ready(req.Context()); err != nil {
		a.log.Error("not ready", "error", err)
		return nil, &roundtable.Error{Code: roundtable.CodeUnavailable, RetryAfter: time.Second}
	}
	return newReply(health{"ok"})
}
