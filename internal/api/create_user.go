package api

import (
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
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
	creation := roundtable.Creation{Patch: body.UserPatch, SendInvitation: body.SendInvitation, Form: wrong}
	return writing(req, writtenUser(ignored), func(caller directory.Caller) (*directory.Updated, error) {
		return a.directory.CreateUser(req.Context(), caller, creation)
	})
}
