package api

import (
	"strconv"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// newSection is the body that makes a section.
type newSection struct {
	Name  roundtable.Opt[string] `json:"name"`
	OrgID roundtable.Opt[int64]  `json:"org_id"`
}

// sectionName is the body that updates a section.
type sectionName struct {
	Name roundtable.Opt[string] `json:"name"`
}

// The forms of sections. An update may send back what it read.
var (
	newSectionForm = newForm[newSection]()
	sectionForm    = newForm[sectionName]("id", "groups", "can_edit", "has_puller")
)

// written carries out a change of a section or group and names what was changed.
func (r *request) written(ignored []string, do func(directory.Caller) (*directory.Labelled, error)) (*reply, error) {
	return writing(r, func(done *directory.Labelled) (*reply, error) {
		answer := &reply{body: []byte(`{"id":` + strconv.FormatInt(done.ID, 10) + `,"status":"success"}`), ignored: ignored}
		if done.Defaulted {
			answer.header = map[string]string{"Roundtable-Defaulted": "business__in"}
		}
		return answer, nil
	}, do)
}

// groupFilter reads the query of a list of sections or groups.
func groupFilter(q *query, name string) directory.GroupFilter {
	return directory.GroupFilter{OrgID: q.integer("org_id"), Name: q.text(name), Page: q.page()}
}

// listSections is GET /v2/sections.
func (a *API) listSections(req *request) (*reply, error) {
	q := readQuery(req.URL)
	filter := groupFilter(q, "group_name_query")
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	found, err := a.directory.Sections(req.Context(), req.caller, filter)
	if err != nil {
		return nil, err
	}
	answer, err := newPage(filter.Page, found.Count, "sections", found.Sections)
	if err == nil {
		answer.ignored = found.Ignored
	}
	return answer, err
}

// createSection is POST /v2/sections.
func (a *API) createSection(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, _ := newSectionForm.read(req.body)
	edit := roundtable.GroupEdit{Form: wrong, Name: body.Name, OrgID: body.OrgID}
	return req.written(nil, func(caller directory.Caller) (*directory.Labelled, error) {
		return a.directory.CreateSection(req.Context(), caller, edit)
	})
}

// getSection is GET /v2/sections/{section_id}.
func (a *API) getSection(req *request) (*reply, error) {
	section, err := a.directory.Section(req.Context(), req.caller, req.id(0))
	if err != nil {
		return nil, err
	}
	return newReply(section)
}

// updateSection is POST /v2/sections/{section_id}.
func (a *API) updateSection(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, ignored := sectionForm.read(req.body)
	edit := roundtable.GroupEdit{Form: wrong, Name: body.Name}
	return req.written(ignored, func(caller directory.Caller) (*directory.Labelled, error) {
		return a.directory.UpdateSection(req.Context(), caller, req.id(0), edit)
	})
}

// deleteSection is DELETE /v2/sections/{section_id}.
func (a *API) deleteSection(req *request) (*reply, error) {
	if err := req.bare(); err != nil {
		return nil, a.confirmed(req, err)
	}
	return req.written(nil, func(caller directory.Caller) (*directory.Labelled, error) {
		return a.directory.DeleteSection(req.Context(), caller, req.id(0))
	})
}
