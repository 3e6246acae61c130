package api

import (
	"strconv"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// listSessions is GET /v2/user/{user_id}/sessions.
func (a *API) listSessions(req *request) (*reply, error) {
	q := readQuery(req.URL)
	page := q.page()
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	sessions, err := a.directory.ListSessions(req.Context(), req.caller, req.parameter())
	if err != nil {
		return nil, err
	}
	from, to := page.Window(len(sessions))
	return newPage(page, len(sessions), "sessions", sessions[from:to])
}

// endSession is DELETE /v2/user/{user_id}/sessions/{session_id}.
func (a *API) endSession(req *request) (*reply, error) {
	if err := req.bare(); err != nil {
		return nil, a.confirmed(req, err)
	}
	id := req.id(1)
	ended := func(struct{}) (*reply, error) {
		return &reply{body: []byte(`{"id":` + strconv.FormatInt(id, 10) + `,"status":"success"}`)}, nil
	}
	return writing(req, ended, func(caller directory.Caller) (struct{}, error) {
		return struct{}{}, a.directory.EndSession(req.Context(), caller, req.parameter(), id)
	})
}

// endSessions is DELETE /v2/user/{user_id}/sessions.
func (a *API) endSessions(req *request) (*reply, error) {
	if err := req.bare(); err != nil {
		return nil, a.confirmed(req, err)
	}
	ended := func(count int64) (*reply, error) {
		return &reply{body: []byte(`{"status":"success","count":` + strconv.FormatInt(count, 10) + `}`)}, nil
	}
	return writing(req, ended, func(caller directory.Caller) (int64, error) {
		return a.directory.EndSessions(req.Context(), caller, req.parameter())
	})
}

// getInvitation is GET /v2/user/{user_id}/invitation.
func (a *API) getInvitation(req *request) (*reply, error) {
	invitation, err := a.directory.Invitation(req.Context(), req.caller, req.parameter())
	if err != nil {
		return nil, err
	}
	return newReply(invitation)
}

// handoverCheck is the body that asks whom a token hands over.
type handoverCheck struct {
	Token roundtable.Opt[string] `json:"token"`
}

var handoverCheckForm = newForm[handoverCheck]()

// checkHandover is POST /v2/handover/check.
func (a *API) checkHandover(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, _ := handoverCheckForm.read(req.body)
	render := func(checked *directory.CheckedHandover) (*reply, error) { return newReply(checked) }
	return writing(req, render, func(caller directory.Caller) (*directory.CheckedHandover, error) {
		return a.directory.CheckHandover(req.Context(), caller, roundtable.HandoverCheck{Token: body.Token, Form: wrong})
	})
}
