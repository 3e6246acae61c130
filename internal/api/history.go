package api

// getHistory is GET /v2/user/{user_id}/history.
func (a *API) getHistory(req *request) (*reply, error) {
	q := readQuery(req.URL)
	page := q.page()
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	history, err := a.directory.History(req.Context(), req.caller, req.parameter(), page)
	if err != nil {
		return nil, err
	}
	return newPage(page, history.Count, "history", history.Events)
}
