package api

import (
	"context"
	"fmt"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// groupBody is the body that makes or updates a group.
type groupBody struct {
	Name       roundtable.Opt[string]   `json:"name"`
	BusinessIn roundtable.Opt[[]string] `json:"business__in"`
}

// groupBusinesses is the body that adds businesses to a group or takes them out.
type groupBusinesses struct {
	BusinessIDs roundtable.Opt[[]string] `json:"business_ids"`
}

// The forms of groups. An update may send back what it read.
var (
	newGroupForm        = newForm[groupBody]("org_id") // connectors send that of the section
	groupForm           = newForm[groupBody]("id", "has_puller", "business_ids")
	groupBusinessesForm = newForm[groupBusinesses]()
)

func (b *groupBody) edit(wrong []roundtable.FieldError) roundtable.GroupEdit {
	return roundtable.GroupEdit{Form: wrong, Name: b.Name, Businesses: b.BusinessIn, Field: "business__in"}
}

// groupPath is the group that the path of a request names.
func (r *request) groupPath() directory.GroupPath {
	return directory.GroupPath{Section: roundtable.Some(r.id(0)), Group: r.id(1)}
}

// createGroup is POST /v2/sections/{section_id}/groups.
func (a *API) createGroup(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, ignored := newGroupForm.read(req.body)
	return req.written(ignored, func(caller directory.Caller) (*directory.Labelled, error) {
		return a.directory.CreateGroup(req.Context(), caller, req.id(0), body.edit(wrong))
	})
}

// getGroup is GET /v2/sections/{section_id}/groups/{group_id}.
func (a *API) getGroup(req *request) (*reply, error) {
	group, err := a.directory.Group(req.Context(), req.caller, req.groupPath())
	if err != nil {
		return nil, err
	}
	return newReply(group)
}

// updateGroup is POST /v2/sections/{section_id}/groups/{group_id}.
func (a *API) updateGroup(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, ignored := groupForm.read(req.body)
	return req.written(ignored, func(caller directory.Caller) (*directory.Labelled, error) {
		return a.directory.UpdateGroup(req.Context(), caller, req.groupPath(), body.edit(wrong))
	})
}

// deleteGroup is DELETE /v2/sections/{section_id}/groups/{group_id}.
func (a *API) deleteGroup(req *request) (*reply, error) {
	if err := req.bare(); err != nil {
		return nil, a.confirmed(req, err)
	}
	return req.written(nil, func(caller directory.Caller) (*directory.Labelled, error) {
		return a.directory.DeleteGroup(req.Context(), caller, req.groupPath())
	})
}

// addToGroup is POST /v2/sections/{section_id}/groups/{group_id}/businesses.
func (a *API) addToGroup(req *request) (*reply, error) {
	return a.changeGroup(req, "added", a.directory.AddToGroup)
}

// removeFromGroup is DELETE /v2/sections/{section_id}/groups/{group_id}/businesses.
func (a *API) removeFromGroup(req *request) (*reply, error) {
	return a.changeGroup(req, "removed", a.directory.RemoveFromGroup)
}

func (a *API) changeGroup(
	req *request, counted string,
	change func(context.Context, directory.Caller, directory.GroupPath, roundtable.GroupEdit) (*directory.Labelled, error),
) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, _ := groupBusinessesForm.read(req.body)
	edit := roundtable.GroupEdit{Form: wrong, Businesses: body.BusinessIDs, Field: "business_ids", Required: true}
	return writing(req, func(done *directory.Labelled) (*reply, error) {
		return &reply{body: fmt.Appendf(nil, `{"id":%d,"status":"success","%s":%d}`, done.ID, counted, done.Count)}, nil
	}, func(caller directory.Caller) (*directory.Labelled, error) {
		return change(req.Context(), caller, req.groupPath(), edit)
	})
}
