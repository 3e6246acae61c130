package api

import (
	"slices"
	"strings"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// getHistory is GET /v2/user/{user_id}/history.
func (a *API) getHistory(req *request) (*reply, error) {
	q := readQuery(req.URL)
	page, filter := q.page(), q.historyFilter()
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	history, err := a.directory.History(req.Context(), req.caller, req.parameter(), filter, page)
	if err != nil {
		return nil, err
	}
	return newPage(page, history.Count, "history", history.Events)
}

// historyFilter reads field, actor, since and until.
func (q *query) historyFilter() directory.HistoryFilter {
	filter := directory.HistoryFilter{
		Fields: q.choices("field", roundtable.EventFields()...), Actor: q.text("actor").Value,
		Since: q.instant("since"), Until: q.instant("until"),
	}
	slices.Sort(filter.Fields)
	filter.Fields = slices.Compact(filter.Fields)
	if filter.Actor != "" && !roundtable.ValidID(filter.Actor) {
		q.invalid("actor", "Must be the id of a user.")
	}
	return filter
}

// lastInstant is the last second of the year 9999.
const lastInstant = 253_402_300_799

// instant reads Unix seconds, or a date or an instant of ISO 8601.
func (q *query) instant(name string) roundtable.Opt[roundtable.UnixMicros] {
	text := q.text(name)
	if !text.Set {
		return roundtable.Opt[roundtable.UnixMicros]{}
	}
	// A plus sign that was not escaped arrives as a space.
	if at, ok := parseInstant(strings.ReplaceAll(text.Value, " ", "+")); ok {
		return roundtable.Some(at)
	}
	q.invalid(name, notAnInstant)
	return roundtable.Opt[roundtable.UnixMicros]{}
}

const notAnInstant = "Must be Unix seconds or ISO 8601, as 2026-03-01 or 2026-03-01T12:00:00Z."

func parseInstant(text string) (roundtable.UnixMicros, bool) {
	if seconds, ok := parseInteger(text); ok && seconds >= 0 && seconds <= lastInstant {
		return roundtable.Micros(time.Unix(seconds, 0)), true
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return roundtable.Micros(at), true
		}
	}
	return 0, false
}

// revertUser is POST /v2/user/{user_id}/history/{event_id}/revert.
func (a *API) revertUser(req *request) (*reply, error) {
	dryRun, err := dryRun(req.URL)
	if err == nil {
		err = req.noMembers()
	}
	if err != nil {
		return nil, a.confirmed(req, err)
	}
	event, match := req.id(1), parseIfMatch(req.Header["If-Match"])
	if dryRun {
		return previewReply(nil)(a.directory.PreviewRevert(req.Context(), req.caller, req.parameter(), event, match))
	}
	return writing(req, writtenUser(nil), func(caller directory.Caller) (*directory.Updated, error) {
		return a.directory.RevertUser(req.Context(), caller, req.parameter(), event, match)
	})
}

// getUserBusinesses is GET /v2/user/{user_id}/businesses.
func (a *API) getUserBusinesses(req *request) (*reply, error) {
	q := readQuery(req.URL)
	page := q.page()
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	list, err := a.directory.BusinessesOf(req.Context(), req.caller, req.parameter(), page)
	if err != nil {
		return nil, err
	}
	return newPage(page, list.Count, "businesses", list.Businesses)
}
