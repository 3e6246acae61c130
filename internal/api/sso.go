package api

import (
	"strconv"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// ssoForm is the body of a configuration.
var ssoForm = newForm[roundtable.SSOPatch](roundtable.IgnoredSSOMembers()...)

// getSSO is GET /v2/org/{org_id}/sso.
func (a *API) getSSO(req *request) (*reply, error) {
	found, err := a.directory.SSO(req.Context(), req.caller, req.id(0))
	if err != nil {
		return nil, err
	}
	return newReply(found)
}

// setSSO is PUT /v2/org/{org_id}/sso. It answers the configuration as GET does.
func (a *API) setSSO(req *request) (*reply, error) {
	force, err := readForce(req)
	if err != nil {
		return nil, a.confirmed(req, err)
	}
	change := roundtable.SSOChange{Force: force}
	var ignored []string
	change.Patch, change.Form, ignored = ssoForm.read(req.body)
	changed := func(view *roundtable.SSOView) (*reply, error) {
		reply, err := newReply(view)
		if err == nil {
			reply.ignored = ignored
		}
		return reply, err
	}
	return writing(req, changed, func(caller directory.Caller) (*roundtable.SSOView, error) {
		return a.directory.SetSSO(req.Context(), caller, req.id(0), change)
	})
}

// deleteSSO is DELETE /v2/org/{org_id}/sso.
func (a *API) deleteSSO(req *request) (*reply, error) {
	force, err := readForce(req)
	if err != nil {
		return nil, a.confirmed(req, err)
	}
	deletion := roundtable.SSODeletion{Force: force}
	return writing(req, ssoSuccess, func(caller directory.Caller) (int64, error) {
		return req.id(0), a.directory.DeleteSSO(req.Context(), caller, req.id(0), deletion)
	})
}

func ssoSuccess(org int64) (*reply, error) {
	return &reply{body: []byte(`{"org_id":` + strconv.FormatInt(org, 10) + `,"status":"success"}`)}, nil
}

// testSSO is POST /v2/org/{org_id}/sso/test. Its answer is the only one that holds the
// address.
func (a *API) testSSO(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	made := func(try *directory.SSOTry) (*reply, error) {
		return newReply(struct {
			OrgID     int64  `json:"org_id"`
			URL       string `json:"test_url"`
			ExpiresAt int64  `json:"expires_at"`
		}{req.id(0), try.URL, try.ExpiresAt.Unix()})
	}
	id := func(*directory.SSOTry) string { return strconv.FormatInt(req.id(0), 10) }
	return writingSecret(req, made, id, func(caller directory.Caller) (*directory.SSOTry, error) {
		return a.directory.TrySSO(req.Context(), caller, req.id(0))
	})
}

// readForce reads the one parameter that setting and deleting take.
func readForce(req *request) (bool, error) {
	q := strictQuery(req.URL, "force")
	force := q.boolean("force")
	return force.Value, q.err()
}
