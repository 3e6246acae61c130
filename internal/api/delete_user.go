package api

import "github.com/roundtable-directory/roundtable/internal/directory"

// deleteUser is DELETE /v2/user/{user_id} (section 3).
func (a *API) deleteUser(req *request) (*reply, error) {
	dryRun, err := dryRun(req.URL)
	if err == nil {
		err = req.noMembers()
	}
	if err != nil {
		return nil, a.confirmed(req, err)
	}
	match := parseIfMatch(req.Header["If-Match"])
	if dryRun {
		return previewReply(nil)(a.directory.PreviewDeletion(req.Context(), req.caller, req.parameter(), match))
	}
	return writing(req, success, func(caller directory.Caller) (string, error) {
		return a.directory.DeleteUser(req.Context(), caller, req.parameter(), match)
	})
}

func success(id string) (*reply, error) { return newReply(successBody{ID: id, Status: "success"}) }

type successBody struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}

// inviteUser is POST /v2/user/{user_id}/invite (section 3).
func (a *API) inviteUser(req *request) (*reply, error) {
	if err := req.bare(); err != nil {
		return nil, a.confirmed(req, err)
	}
	invited := func(struct{}) (*reply, error) { return &reply{body: []byte(`{"status":"success"}`)}, nil }
	return writing(req, invited, func(caller directory.Caller) (struct{}, error) {
		return struct{}{}, a.directory.InviteUser(req.Context(), caller, req.parameter())
	})
}
