package api

import "github.com/roundtable-directory/roundtable"

// getUserAccess is GET /v2/user/{user_id}/access: what a user reaches and why, or with
// business_id whether and how it reaches that one.
func (a *API) getUserAccess(req *request) (*reply, error) {
	q := readQuery(req.URL)
	page, business := q.page(), q.text("business_id")
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	if business.Set {
		explained, err := a.directory.ExplainAccess(req.Context(), req.caller, req.parameter(), business.Value)
		if err != nil {
			return nil, err
		}
		return newReply(explained)
	}
	list, err := a.directory.UserAccess(req.Context(), req.caller, req.parameter(), page)
	if err != nil {
		return nil, err
	}
	return newPage(page, list.Count, "access", list.Access)
}

// getBusinessUsers is GET /v2/business/{business_id}/users: who reaches a business.
func (a *API) getBusinessUsers(req *request) (*reply, error) {
	q := readQuery(req.URL)
	known := make([]string, 0, len(roundtable.ReasonKinds()))
	for _, kind := range roundtable.ReasonKinds() {
		known = append(known, string(kind))
	}
	page, named := q.page(), q.choices("reason", known...)
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	reasons := make([]roundtable.ReasonKind, len(named))
	for i, name := range named {
		reasons[i] = roundtable.ReasonKind(name)
	}
	list, err := a.directory.BusinessUsers(req.Context(), req.caller, req.parameter(), reasons, page)
	if err != nil {
		return nil, err
	}
	return newPage(page, list.Count, "users", list.Users)
}
