package api

import (
	"net/url"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// updateUser is POST /v2/user/{user_id} (section 1).
func (a *API) updateUser(req *request) (*reply, error) {
	dryRun, err := dryRun(req.URL)
	if err != nil {
		return nil, a.confirmed(req, err)
	}
	var update roundtable.Update
	var ignored []string
	update.Patch, update.Form, ignored = a.patches.read(req.body)
	update.IfMatch = parseIfMatch(req.Header["If-Match"])
	if dryRun {
		return a.previewUser(req, update, ignored)
	}
	updated, err := a.directory.UpdateUser(req.Context(), req.caller, req.parameter, update)
	if err != nil {
		return nil, err
	}
	return &reply{
		body:    []byte(`{"id":"` + updated.User.ID + `","status":"success"}`),
		etag:    etag(updated.User, updated.Org, fullUser),
		ignored: slices.Concat(ignored, updated.Ignored),
	}, nil
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
	found, err := a.directory.PreviewUser(req.Context(), req.caller, req.parameter, update)
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

// dryRun reads the query of an update, which knows one parameter.
func dryRun(from *url.URL) (bool, error) {
	if from.RawQuery == "" {
		return false, nil
	}
	query, err := url.ParseQuery(from.RawQuery)
	if err != nil {
		return false, roundtable.Invalid(roundtable.FieldError{Field: roundtable.BodyField, Code: roundtable.CodeInvalidParameter, Message: "The query cannot be read."})
	}
	var wrong []roundtable.FieldError
	dry := false
	for _, name := range sortedNames(query) {
		values := query[name]
		switch {
		case name != "dry_run":
			wrong = append(wrong, roundtable.FieldError{Field: abbreviate(name), Code: roundtable.CodeUnknownParameter, Message: "Unknown query parameter."})
		case len(values) != 1 || values[0] != "true" && values[0] != "false":
			wrong = append(wrong, roundtable.FieldError{Field: name, Code: roundtable.CodeInvalidParameter, Message: "Must be true or false."})
		default:
			dry = values[0] == "true"
		}
	}
	if len(wrong) > 0 {
		return false, roundtable.Invalid(wrong...)
	}
	return dry, nil
}

// getUser is GET /v2/user/{user_id}.
func (a *API) getUser(req *request) (*reply, error) { return a.readUser(req, req.parameter) }

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
