package api

import (
	"maps"
	"net/url"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

const (
	defaultPerPage = 30
	maxPerPage     = 100
)

// historyPage is the paging envelope with events.
type historyPage struct {
	Page    int                `json:"page"`
	MaxPage int                `json:"max_page"`
	Count   int                `json:"count"`
	History []*directory.Event `json:"history"`
}

// getHistory is GET /v2/user/{user_id}/history.
func (a *API) getHistory(req *request) (*reply, error) {
	page, err := readPage(req.URL.Query())
	if err != nil {
		return nil, a.confirmed(req, err)
	}
	history, err := a.directory.History(req.Context(), req.caller, req.parameter, page)
	if err != nil {
		return nil, err
	}
	return newReply(historyPage{
		Page: page.Number, MaxPage: max(1, (history.Count+page.PerPage-1)/page.PerPage),
		Count: history.Count, History: history.Events,
	})
}

// readPage reads page and per_page (section 2): a page below 1 counts as 1.
func readPage(query url.Values) (directory.Page, error) {
	page := directory.Page{Number: 1, PerPage: defaultPerPage}
	var wrong []roundtable.FieldError
	read := func(name string, into *int, inRange func(int64) bool, message string) {
		if !query.Has(name) {
			return
		}
		number, ok := parseInteger(query.Get(name))
		if !ok || !inRange(number) {
			wrong = append(wrong, roundtable.FieldError{Field: name, Code: roundtable.CodeInvalidParameter, Message: message})
			return
		}
		*into = int(max(1, number))
	}
	read("page", &page.Number, func(int64) bool { return true }, "Must be an integer.")
	read("per_page", &page.PerPage, func(n int64) bool { return n >= 1 && n <= maxPerPage }, "Must be an integer from 1 to 100.")
	if len(wrong) > 0 {
		return page, roundtable.Invalid(wrong...)
	}
	return page, nil
}

func sortedNames(query url.Values) []string { return slices.Sorted(maps.Keys(query)) }
