package api

import (
	"slices"

	"github.com/roundtable-directory/roundtable"
)

// newUser is the body of a creation.
type newUser struct {
	roundtable.UserPatch
	SendInvitation roundtable.Opt[bool] `json:"send_invitation"`
}

// newUserForm ignores what an update ignores, but for the invitation.
var newUserForm = newForm[newUser](slices.DeleteFunc(roundtable.IgnoredUserMembers(), func(member string) bool {
	return member == "send_invitation"
})...)

// createUser is POST /v2/user (section 3).
func (a *API) createUser(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, ignored := newUserForm.read(req.body)
	created, err := a.directory.CreateUser(req.Context(), req.caller, roundtable.Creation{
		Patch: body.UserPatch, SendInvitation: body.SendInvitation, Form: wrong,
	})
	if err != nil {
		return nil, err
	}
	return &reply{
		body:    []byte(`{"id":"` + created.User.ID + `","status":"success"}`),
		etag:    etag(created.User, created.Org, fullUser),
		ignored: slices.Concat(ignored, created.Ignored),
	}, nil
}
