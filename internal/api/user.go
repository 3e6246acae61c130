package api

import (
	"net/url"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// userForm is the body of an update.
var userForm = newForm[roundtable.UserPatch](roundtable.IgnoredUserMembers()...)

// updateUser is POST /v2/user/{user_id} (section 1).
func (a *API) updateUser(req *request) (*reply, error) {
	dryRun, err := dryRun(req.URL)
	if err != nil {
		return nil, a.confirmed(req, err)
	}
	var update roundtable.Update
	var ignored []string
	update.Patch, update.Form, ignored = userForm.read(req.body)
	update.IfMatch = parseIfMatch(req.Header["If-Match"])
	if dryRun {
		return a.previewUser(req, update, ignored)
	}
	return writing(req, writtenUser(ignored), func(caller directory.Caller) (*directory.Updated, error) {
		return a.directory.UpdateUser(req.Context(), caller, req.parameter(), update)
	})
}

// writtenUser renders a user that was created or updated. ignored are the members of
// the body that are not fields.
func writtenUser(ignored []string) func(*directory.Updated) (*reply, error) {
	return func(written *directory.Updated) (*reply, error) {
		return &reply{
			body:    []byte(`{"id":"` + written.User.ID + `","status":"success"}`),
			etag:    etag(written.User, written.Org, fullUser),
			ignored: slices.Concat(ignored, written.Ignored),
		}, nil
	}
}

// preview is the answer to a dry run (section 1.8).
type preview struct {
	ID      string                     `json:"id"`
	Status  string                     `json:"status"`
	Changes []roundtable.Change        `json:"changes"`
	Access  directory.AccessDifference `json:"access"`
	Effects []roundtable.Effect        `json:"effects"`
}

func (a *API) previewUser(req *request, update roundtable.Update, ignored []string) (*reply, error) {
	return previewReply(ignored)(a.directory.PreviewUser(req.Context(), req.caller, req.parameter(), update))
}

// previewReply renders a preview. ignored are the members of the body that are not
// fields.
func previewReply(ignored []string) func(*directory.Preview, error) (*reply, error) {
	return func(found *directory.Preview, err error) (*reply, error) {
		if err != nil {
			return nil, err
		}
		reply, err := newReply(preview{
			ID: found.Current.ID, Status: "preview", Access: found.Access,
			Changes: append([]roundtable.Change{}, found.Changes...),
			Effects: append([]roundtable.Effect{}, found.Effects...),
		})
		if err != nil {
			return nil, err
		}
		reply.etag = etag(found.Current, found.CurrentOrg, fullUser)
		reply.ignored = slices.Concat(ignored, found.Ignored)
		return reply, nil
	}
}

// dryRun reads the query of an update, which knows one parameter.
func dryRun(from *url.URL) (bool, error) {
	q := strictQuery(from, "dry_run")
	dry := false
	switch values := q.values["dry_run"]; {
	case len(values) == 0:
	case len(values) == 1 && (values[0] == "true" || values[0] == "false"):
		dry = values[0] == "true"
	case len(values) == 1:
		q.invalid("dry_run", "Must be true or false.")
	}
	return dry, q.err()
}

// getUser is GET /v2/user/{user_id}.
func (a *API) getUser(req *request) (*reply, error) { return a.readUser(req, req.parameter()) }

// getMe is GET /v2/user/me.
func (a *API) getMe(req *request) (*reply, error) { return a.readUser(req, req.caller.UserID) }

func (a *API) readUser(req *request, id string) (*reply, error) {
	brief := false
	if value := req.URL.Query().Get("display_business_ids"); value != "" {
		display, ok := parseBoolean(value)
		if !ok {
			return nil, a.confirmed(req, roundtable.Invalid(roundtable.FieldError{
				Field: "display_business_ids", Code: roundtable.CodeInvalidParameter, Message: "Must be true or false.",
			}))
		}
		brief = !display
	}
	user, org, err := a.directory.User(req.Context(), req.caller, id)
	if err != nil {
		return nil, err
	}
	representation := fullUser
	if brief {
		user.BusinessIDs, representation = nil, briefUser
	}
	reply, err := newReply(user)
	if err != nil {
		return nil, err
	}
	reply.etag = etag(user, org, representation)
	return reply, nil
}
