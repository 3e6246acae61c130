package api

import (
	"encoding/json"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// The routes of clients that know groups and no sections.

// flatGroup is the body that makes or updates a group there.
type flatGroup struct {
	Name     roundtable.Opt[string]          `json:"name"`
	ParentID roundtable.Opt[json.RawMessage] `json:"parent_id"`
}

// newFlatGroup is the body that makes one.
type newFlatGroup struct {
	flatGroup
	OrgID roundtable.Opt[int64] `json:"org_id"`
}

// flatMembers is the body that replaces the businesses of one.
type flatMembers struct {
	BusinessIn roundtable.Opt[[]string] `json:"business__in"`
	Query      roundtable.Opt[string]   `json:"business_query"`
	City       roundtable.Opt[string]   `json:"business_city"`
	OrgID      roundtable.Opt[int64]    `json:"business_org_id"`
}

// The forms of flat groups. An update may send back what it read.
var (
	newFlatGroupForm = newForm[newFlatGroup]()
	flatGroupForm    = newForm[flatGroup]("id", "org_id", "created", "updated", "provider", "subgroups")
	flatMembersForm  = newForm[flatMembers]()
)

// flatPerPage is how many groups a page of the flat list has unless it says.
const flatPerPage = 100

// edit is what the body asks for. There are no groups inside of groups.
func (g *flatGroup) edit(wrong []roundtable.FieldError) roundtable.GroupEdit {
	if g.ParentID.Set && !g.ParentID.Null {
		wrong = append(wrong, roundtable.FieldError{
			Field: "parent_id", Code: roundtable.CodeNoSubgroups, Message: "Groups have no subgroups here. Use sections, or leave parent_id out.",
		})
	}
	return roundtable.GroupEdit{Form: wrong, Name: g.Name}
}

// listFlatGroups is GET /v2/groups.
func (a *API) listFlatGroups(req *request) (*reply, error) {
	q := readQuery(req.URL)
	filter := groupFilter(q, "name__contains")
	if !q.values.Has("per_page") {
		filter.Page.PerPage = flatPerPage
	}
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	found, err := a.directory.FlatGroups(req.Context(), req.caller, filter)
	if err != nil {
		return nil, err
	}
	answer, err := newPage(filter.Page, found.Count, "groups", found.Groups)
	if err == nil {
		answer.ignored = found.Ignored
	}
	return answer, err
}

// createFlatGroup is POST /v2/groups.
func (a *API) createFlatGroup(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, _ := newFlatGroupForm.read(req.body)
	edit := body.edit(wrong)
	edit.OrgID = body.OrgID
	return req.written(nil, func(caller directory.Caller) (*directory.Labelled, error) {
		return a.directory.CreateFlatGroup(req.Context(), caller, edit)
	})
}

// getFlatGroup is GET /v2/groups/{group_id}.
func (a *API) getFlatGroup(req *request) (*reply, error) {
	group, err := a.directory.FlatGroup(req.Context(), req.caller, req.id(0))
	if err != nil {
		return nil, err
	}
	return newReply(group)
}

// updateFlatGroup is PUT /v2/groups/{group_id}.
func (a *API) updateFlatGroup(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, ignored := flatGroupForm.read(req.body)
	edit := body.edit(wrong)
	edit.NameRequired = true
	return req.written(ignored, func(caller directory.Caller) (*directory.Labelled, error) {
		return a.directory.UpdateGroup(req.Context(), caller, directory.GroupPath{Group: req.id(0)}, edit)
	})
}

// deleteFlatGroup is DELETE /v2/groups/{group_id}.
func (a *API) deleteFlatGroup(req *request) (*reply, error) {
	if err := req.bare(); err != nil {
		return nil, a.confirmed(req, err)
	}
	return req.written(nil, func(caller directory.Caller) (*directory.Labelled, error) {
		return a.directory.DeleteGroup(req.Context(), caller, directory.GroupPath{Group: req.id(0)})
	})
}

// getFlatMembers is GET /v2/groups/{group_id}/businesses.
func (a *API) getFlatMembers(req *request) (*reply, error) {
	group, err := a.directory.Group(req.Context(), req.caller, directory.GroupPath{Group: req.id(0)})
	if err != nil {
		return nil, err
	}
	return newReply(map[string][]string{"ids": group.BusinessIDs})
}

// setFlatMembers is PUT /v2/groups/{group_id}/businesses.
func (a *API) setFlatMembers(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, _ := flatMembersForm.read(req.body)
	edit := roundtable.GroupEdit{Form: wrong, Businesses: body.BusinessIn, Field: "business__in"}
	filter := directory.BusinessFilter{Query: body.Query, City: body.City, OrgID: body.OrgID}
	return req.written(nil, func(caller directory.Caller) (*directory.Labelled, error) {
		return a.directory.SetFlatMembers(req.Context(), caller, req.id(0), edit, filter)
	})
}
