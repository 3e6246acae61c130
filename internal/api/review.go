package api

import (
	"slices"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// reviewBody is the body of POST /v2/reviews: the members of one review, or a list.
type reviewBody struct {
	roundtable.ReviewPatch

	Reviews roundtable.Opt[[]roundtable.ReviewPatch] `json:"reviews"`
}

var (
	reviewForm     = newForm[roundtable.ReviewPatch](roundtable.IgnoredReviewMembers()...)
	reviewBodyForm = newForm[reviewBody](roundtable.IgnoredReviewMembers()...)
)

func readReviews(req *request) (batch roundtable.ReviewBatch, ignored []string) {
	body, wrong, ignored := reviewBodyForm.read(req.body)
	batch = roundtable.ReviewBatch{Reviews: body.Reviews.Value, Listed: true, Form: wrong}
	listWrong := false
	for _, fault := range wrong {
		listWrong = listWrong || fault.Field == "reviews"
	}
	switch {
	case body.Reviews.Null:
		batch.Form = append(batch.Form, roundtable.FieldError{Field: "reviews", Code: roundtable.CodeNullNotAllowed, Message: "Must not be null."})
	case body.Reviews.Set && body.ReviewPatch != roundtable.ReviewPatch{}:
		batch.Form = append(batch.Form, roundtable.FieldError{
			Field: roundtable.BodyField, Code: roundtable.CodeUnknownField, Message: "Must be one review, or a list of them under reviews, not both.",
		})
	case !body.Reviews.Set && !listWrong:
		batch.Reviews, batch.Listed = []roundtable.ReviewPatch{body.ReviewPatch}, false
	}
	return batch, withoutPlaces(ignored)
}

// withoutPlaces names members of list elements once, whichever elements have them.
func withoutPlaces(ignored []string) []string {
	names := make([]string, len(ignored))
	for i, path := range ignored {
		names[i] = path[strings.LastIndexByte(path, '.')+1:]
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// takeReviews is POST /v2/reviews.
func (a *API) takeReviews(req *request) (*reply, error) {
	if err := strictQuery(req.URL).err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	batch, ignored := readReviews(req)
	render := func(taken *directory.TakenReviews) (*reply, error) {
		reply, err := newReply(struct {
			Status string `json:"status"`
			*directory.TakenReviews
		}{"success", taken})
		if err != nil {
			return nil, err
		}
		reply.ignored = ignored
		return reply, nil
	}
	return writing(req, render, func(caller directory.Caller) (*directory.TakenReviews, error) {
		return a.directory.TakeReviews(req.Context(), caller, batch)
	})
}

// listReviews is GET /v2/reviews.
func (a *API) listReviews(req *request) (*reply, error) {
	q := readQuery(req.URL)
	page, filter := q.page(), q.reviewFilter()
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	found, err := a.directory.Reviews(req.Context(), req.caller, filter, page)
	if err != nil {
		return nil, err
	}
	return newPage(page, found.Count, "reviews", found.List)
}

// reviewFilter reads the parameters of a list of reviews.
func (q *query) reviewFilter() directory.ReviewFilter {
	filter := directory.ReviewFilter{
		OrgID: q.integer("org_id"), BusinessIDs: q.listed("business_id"), AtLeast: q.rating("rating__gte"), AtMost: q.rating("rating__lte"),
		Since: q.instant("since"), Until: q.instant("until"),
	}
	if also := q.listed("business__in"); filter.BusinessIDs == nil {
		filter.BusinessIDs = also
	} else if also != nil {
		q.invalid("business__in", "Is another name of business_id. Give one of them.")
	}
	return filter
}

func (q *query) rating(name string) roundtable.Opt[int64] {
	stars := q.integer(name)
	if stars.Set && (stars.Value < 1 || stars.Value > 5) {
		q.invalid(name, "Must be an integer from 1 to 5.")
	}
	return stars
}

// getReviewNotices is GET /v2/reviews/{review_id}/notices.
func (a *API) getReviewNotices(req *request) (*reply, error) {
	q := readQuery(req.URL)
	page, org := q.page(), q.integer("org_id")
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	found, err := a.directory.ReviewNotices(req.Context(), req.caller, req.parameter(), org, page)
	if err != nil {
		return nil, err
	}
	return newPage(page, found.Count, "notices", found.List)
}
