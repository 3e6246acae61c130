package api

import (
	"fmt"
	"strconv"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// maxQuery bounds what a list is searched for.
const maxQuery = 200

// org is an organisation on the wire.
type org struct {
	OrgID          int64    `json:"org_id"`
	Name           string   `json:"name"`
	Alias          string   `json:"alias"`
	ProviderLabel  string   `json:"provider"`
	Type           string   `json:"type"`
	Features       []string `json:"features"`
	OrgFeatures    []string `json:"org_features"` // the same: nothing is subscribed by single businesses
	LastOrgAPICall *string  `json:"last_org_api_call"`
	MaxBusinesses  *int64   `json:"max_businesses"`
}

func newOrg(o *roundtable.Org) org {
	view := org{
		OrgID: o.ID, Name: o.Name, Alias: o.Alias, ProviderLabel: o.ProviderLabel, Type: o.Type,
		Features: o.Features, OrgFeatures: o.Features, MaxBusinesses: o.MaxBusinesses,
	}
	if o.LastAPICallAt != nil {
		day := time.UnixMicro(*o.LastAPICallAt).UTC().Format("02-01-2006")
		view.LastOrgAPICall = &day
	}
	return view
}

// orgForm is the body of a creation and of an update.
var orgForm = newForm[roundtable.OrgPatch](roundtable.IgnoredOrgMembers()...)

// readOrgUpdate reads the request of a creation or an update.
func readOrgUpdate(req *request) (update roundtable.OrgUpdate, ignored []string, err error) {
	update.Patch, update.Form, ignored = orgForm.read(req.body)
	update.IfMatch = parseTags(req.Header["If-Match"], orgStateOf)
	return update, ignored, strictQuery(req.URL).err()
}

// createOrg is POST /v2/org.
func (a *API) createOrg(req *request) (*reply, error) {
	update, ignored, err := readOrgUpdate(req)
	if err != nil {
		return nil, a.confirmed(req, err)
	}
	created := func(created *roundtable.Org) (*reply, error) {
		reply, err := newReply(struct {
			Status        string `json:"status"`
			OrgID         int64  `json:"org_id"`
			Alias         string `json:"alias"`
			MaxBusinesses *int64 `json:"max_businesses"`
		}{"success", created.ID, created.Alias, created.MaxBusinesses})
		if err == nil {
			reply.etag, reply.ignored = orgETag(created), ignored
		}
		return reply, err
	}
	return writing(req, created, func(caller directory.Caller) (*roundtable.Org, error) {
		return a.directory.CreateOrg(req.Context(), caller, update)
	})
}

// searchOrgs is GET /v2/org/search.
func (a *API) searchOrgs(req *request) (*reply, error) {
	q := readQuery(req.URL)
	search := roundtable.OrgSearch{ID: q.integer("org_id"), Alias: q.text("alias"), Query: q.text("query").Value}
	if len(search.Query) > maxQuery {
		q.invalid("query", fmt.Sprintf("Must have at most %d bytes.", maxQuery))
	}
	page := q.page()
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	found, err := a.directory.SearchOrgs(req.Context(), req.caller, search, page)
	if err != nil {
		return nil, err
	}
	orgs := make([]org, len(found.Orgs))
	for i, o := range found.Orgs {
		orgs[i] = newOrg(o)
	}
	return newPage(page, found.Count, "orgs", orgs)
}

// getOrg is GET /v2/org/{org_id}.
func (a *API) getOrg(req *request) (*reply, error) {
	found, err := a.directory.Org(req.Context(), req.caller, req.id(0))
	if err != nil {
		return nil, err
	}
	reply, err := newReply(newOrg(found))
	if err != nil {
		return nil, err
	}
	reply.etag = orgETag(found)
	return reply, nil
}

// updateOrg is POST /v2/org/{org_id}.
func (a *API) updateOrg(req *request) (*reply, error) {
	update, ignored, err := readOrgUpdate(req)
	if err != nil {
		return nil, a.confirmed(req, err)
	}
	return writing(req, updatedOrg(ignored), func(caller directory.Caller) (*roundtable.Org, error) {
		return a.directory.UpdateOrg(req.Context(), caller, req.id(0), update)
	})
}

// updatedOrg renders the answer to what changes an organisation.
func updatedOrg(ignored []string) func(*roundtable.Org) (*reply, error) {
	return func(updated *roundtable.Org) (*reply, error) {
		return &reply{
			body:    []byte(`{"org_id":` + strconv.FormatInt(updated.ID, 10) + `,"status":"success"}`),
			etag:    orgETag(updated),
			ignored: ignored,
		}, nil
	}
}

// orgDeletionForm is the body of a deletion.
var orgDeletionForm = newForm[struct {
	Force roundtable.Opt[bool] `json:"force"`
}]()

// deleteOrg is DELETE /v2/org/{org_id}: force may stand in the query or in the body.
func (a *API) deleteOrg(req *request) (*reply, error) {
	q := strictQuery(req.URL, "force")
	inQuery := q.boolean("force")
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, _ := orgDeletionForm.read(req.body)
	if body.Force.Null || body.Force.Set && inQuery.Set && body.Force != inQuery {
		wrong = append(wrong, roundtable.FieldError{
			Field: "force", Code: roundtable.CodeInvalidParameter, Message: "Must be true or false, and the same in query and body.",
		})
	}
	deletion := roundtable.OrgDeletion{
		Force: body.Force.Value || inQuery.Value, Form: wrong, IfMatch: parseTags(req.Header["If-Match"], orgStateOf),
	}
	return writing(req, deletedOrg, func(caller directory.Caller) (int64, error) {
		return req.id(0), a.directory.DeleteOrg(req.Context(), caller, req.id(0), deletion)
	})
}

func deletedOrg(id int64) (*reply, error) {
	return &reply{body: []byte(`{"status":"success","org_id":` + strconv.FormatInt(id, 10) + `}`)}, nil
}
