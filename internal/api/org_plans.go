package api

import (
	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// planForm is a plan in the body. The day of its subscription is not the client's to set.
var planForm = newForm[roundtable.PlanPatch]("subscription_date")

// plansForm is the body that sets the plans.
var plansForm = newForm[struct {
	Plans roundtable.Opt[[]roundtable.PlanPatch] `json:"plans"`
}]()

// getPlans is GET /v2/org/{org_id}/plans.
func (a *API) getPlans(req *request) (*reply, error) {
	found, err := a.directory.OrgPlans(req.Context(), req.caller, req.id(0))
	if err != nil {
		return nil, err
	}
	reply, err := newReply(struct {
		Plans []roundtable.Plan `json:"plans"`
	}{append([]roundtable.Plan{}, found.Plans...)})
	if err != nil {
		return nil, err
	}
	reply.etag = orgETag(found)
	return reply, nil
}

// updatePlans is POST /v2/org/{org_id}/plans.
func (a *API) updatePlans(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	body, wrong, ignored := plansForm.read(req.body)
	update := roundtable.PlansUpdate{Plans: body.Plans, Form: wrong, IfMatch: parseTags(req.Header["If-Match"], orgStateOf)}
	return writing(req, updatedOrg(ignored), func(caller directory.Caller) (*roundtable.Org, error) {
		return a.directory.UpdatePlans(req.Context(), caller, req.id(0), update)
	})
}
