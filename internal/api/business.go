package api

import (
	"encoding/json"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// businessBody is the body of a creation or an update.
type businessBody struct {
	OrgID  roundtable.Opt[int64]      `json:"org_id"`
	Groups roundtable.Opt[[]int64]    `json:"groups"`
	Fields map[string]json.RawMessage `json:"*"`
}

func (businessBody) whole() []string { return roundtable.BusinessMembers() }

var businessForm = newForm[businessBody](roundtable.IgnoredBusinessMembers()...)

func readBusiness(req *request) (update roundtable.BusinessUpdate, ignored []string) {
	body, wrong, ignored := businessForm.read(req.body)
	update.Patch = roundtable.BusinessPatch{OrgID: body.OrgID, Groups: body.Groups, Form: wrong}
	update.Patch.SetFields(body.Fields)
	update.IfMatch = tagCondition(req)
	return update, ignored
}

// createBusiness is POST /v2/business.
func (a *API) createBusiness(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	update, ignored := readBusiness(req)
	return writing(req, writtenBusiness(ignored), func(caller directory.Caller) (*roundtable.BusinessView, error) {
		return a.directory.CreateBusiness(req.Context(), caller, update)
	})
}

// updateBusiness is POST /v2/business/{business_id}.
func (a *API) updateBusiness(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	update, ignored := readBusiness(req)
	return writing(req, writtenBusiness(ignored), func(caller directory.Caller) (*roundtable.BusinessView, error) {
		return a.directory.UpdateBusiness(req.Context(), caller, req.parameter(), update)
	})
}

// writtenBusiness renders a business that was created or updated.
func writtenBusiness(ignored []string) func(*roundtable.BusinessView) (*reply, error) {
	return func(written *roundtable.BusinessView) (*reply, error) {
		return &reply{
			body:    []byte(`{"status":"success","id":"` + written.Profile.ID + `"}`),
			etag:    written.Profile.Tag(written.Org),
			ignored: ignored,
		}, nil
	}
}

// deleteBusiness is DELETE /v2/business/{business_id}.
func (a *API) deleteBusiness(req *request) (*reply, error) {
	if err := req.bare(); err != nil {
		return nil, a.confirmed(req, err)
	}
	return writing(req, deletedBusiness, func(caller directory.Caller) (string, error) {
		return a.directory.DeleteBusiness(req.Context(), caller, req.parameter(), tagCondition(req))
	})
}

func deletedBusiness(id string) (*reply, error) {
	return &reply{body: []byte(`{"id":"` + id + `","status":"success"}`)}, nil
}

// getBusiness is GET /v2/business/{business_id}.
func (a *API) getBusiness(req *request) (*reply, error) {
	view, err := a.directory.Business(req.Context(), req.caller, req.parameter())
	if err != nil {
		return nil, err
	}
	reply, err := newReply(view)
	if err != nil {
		return nil, err
	}
	reply.etag = view.Profile.Tag(view.Org)
	return reply, nil
}

// tagCondition reads If-Match as a list of tags that are compared as they stand.
func tagCondition(req *request) roundtable.TagCondition {
	header := req.Header["If-Match"]
	condition := roundtable.TagCondition{Given: len(header) > 0}
	for rest := strings.Join(header, ","); rest != ""; {
		var tag string
		tag, rest = cutTag(rest)
		condition.Any = condition.Any || tag == "*"
		condition.Tags = append(condition.Tags, tag)
	}
	return condition
}

// searchBusinesses is GET /v2/business/search.
func (a *API) searchBusinesses(req *request) (*reply, error) {
	q := readQuery(req.URL)
	page := q.page()
	filter, order := q.businessSearch(), q.businessOrder()
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	found, err := a.directory.SearchBusinesses(req.Context(), req.caller, filter, order, page)
	if err != nil {
		return nil, err
	}
	return newPage(page, found.Count, "businesses", found.List)
}

// businessOrder reads order_by.
func (q *query) businessOrder() directory.BusinessOrder {
	text := q.text("order_by").Value
	order := directory.BusinessOrder{By: strings.TrimPrefix(text, "-"), Descending: strings.HasPrefix(text, "-")}
	if text != "" {
		known := directory.BusinessOrders()
		q.choices("order_by", append(known, prefixed("-", known)...)...)
	}
	return order
}

func prefixed(prefix string, names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = prefix + name
	}
	return list
}
