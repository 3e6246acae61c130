package roundtable

import (
	"fmt"
	"strconv"
)

// TakenReviews is what taking in reviews comes to.
type TakenReviews struct {
	Created   []*Review
	Updated   []*Review
	Unchanged int
}

// TakeReviews judges reviews that actor sends, who needs to WRITE businesses as their
// makers do: PROVIDER, ORG_ADMIN and ORG_MANAGER (section 1.3). One that known has, of
// those that the batch names, is changed by it. All are taken, or none.
func TakeReviews(actor Actor, batch *ReviewBatch, known map[ReviewKey]*Review, facts *Facts) (*TakenReviews, error) {
	if !actor.User.Role.managesBusinesses() || !actor.Key.may(PermissionBusinessEdit) {
		return nil, formOr(batch.Form, &Error{Code: CodeForbidden})
	}
	j := &reviewJudgement{
		actor: actor, batch: batch, known: known, facts: facts, faults: newFaults(batch.Form),
		named: make(map[ReviewKey]bool, len(batch.Reviews)), taken: &TakenReviews{},
	}
	if len(batch.Reviews) > MaxReviews {
		j.note("reviews", tooManyItems(MaxReviews))
		return nil, Invalid(j.wrong...)
	}
	for i := range batch.Reviews {
		if !j.noted["reviews."+strconv.Itoa(batch.First+i)] {
			j.judge(i, &batch.Reviews[i])
		}
	}
	switch {
	case len(batch.Form) > 0 && len(j.refused) > 0:
		return nil, Invalid(batch.Form...)
	case len(j.refused) > 0:
		return nil, &Error{Code: CodeForbidden, Fields: j.refused}
	case len(j.wrong) > 0:
		return nil, Invalid(j.wrong...)
	}
	return j.taken, nil
}

// reviewJudgement is reviews under judgement.
type reviewJudgement struct {
	faults

	actor   Actor
	batch   *ReviewBatch
	known   map[ReviewKey]*Review
	facts   *Facts
	named   map[ReviewKey]bool
	taken   *TakenReviews
	refused []FieldError
}

// path is where a field of a review stands in the body.
func (j *reviewJudgement) path(i int, field string) string {
	if !j.batch.Listed {
		return field
	}
	return fmt.Sprintf("reviews.%d.%s", j.batch.First+i, field)
}

// judge judges a review and takes it, which counts for nothing if anything is wrong.
func (j *reviewJudgement) judge(i int, patch *ReviewPatch) {
	after := Review{CreatedAt: j.batch.At, Version: 1}
	j.text(j.path(i, "id"), patch.ID, &after.ID, true, cleanReviewID)
	business, found := j.business(i, patch)
	if !found {
		j.values(i, patch, &after, false)
		return
	}
	after.BusinessID, after.OrgID = business.ID, business.OrgID
	before := j.known[after.Key()]
	if before != nil {
		after = *before
	}
	if j.named[after.Key()] {
		j.note(j.path(i, "id"), &problem{CodeDuplicateItem, "Stands in the list twice."})
	}
	j.named[after.Key()] = true
	if after.BusinessID != business.ID { // a review stays with its business
		j.refused = append(j.refused, FieldError{
			Field: j.path(i, "business_id"), Code: CodeEditNotAllowed, Message: refusalText(CodeEditNotAllowed),
		})
	}
	j.values(i, patch, &after, before == nil)
	switch {
	case before == nil:
		j.taken.Created = append(j.taken.Created, &after)
	case before.same(&after):
		j.taken.Unchanged++
	default:
		after.Version++
		j.taken.Updated = append(j.taken.Updated, &after)
	}
}

// business is the business that a review names and the caller may READ.
func (j *reviewJudgement) business(i int, patch *ReviewPatch) (business Business, found bool) {
	path := j.path(i, "business_id")
	switch asked := patch.BusinessID; {
	case !asked.Set:
		j.note(path, isRequired())
	case asked.Null:
		j.note(path, nullNotAllowed())
	default:
		business, found = j.facts.Businesses[asked.Value]
		if found = found && j.facts.CanReadBusiness(j.actor.User, business); !found {
			j.note(path, &problem{CodeUnknownBusiness, "This business does not exist."})
		}
	}
	return business, found
}

// values judges everything but id and business. required: the review is new, and cannot
// do without rating and time.
func (j *reviewJudgement) values(i int, patch *ReviewPatch, after *Review, required bool) {
	j.rating(j.path(i, "rating"), patch.Rating, after, required)
	j.text(j.path(i, "author"), patch.Author, (*string)(&after.Author), false, cleanReviewAuthor)
	j.text(j.path(i, "text"), patch.Text, (*string)(&after.Text), false, cleanReviewText)
	j.text(j.path(i, "lang"), patch.Lang, (*string)(&after.Lang), false, cleanReviewLang)
	switch path := j.path(i, "published_at"); {
	case patch.PublishedAt.Null:
		j.note(path, nullNotAllowed())
	case patch.PublishedAt.Set:
		after.PublishedAt = patch.PublishedAt.Value
	case required:
		j.note(path, isRequired())
	}
	switch {
	case patch.UpdatedAt.Null:
		after.UpdatedAt = nil
	case patch.UpdatedAt.Set:
		after.UpdatedAt = &patch.UpdatedAt.Value
	}
}

func (j *reviewJudgement) rating(path string, asked Opt[int64], after *Review, required bool) {
	switch {
	case asked.Null:
		j.note(path, nullNotAllowed())
	case asked.Set && (asked.Value < 1 || asked.Value > bestRating):
		j.note(path, &problem{CodeOutOfRange, fmt.Sprintf("Must be from 1 to %d.", bestRating)})
	case asked.Set:
		after.Rating = asked.Value
	case required:
		j.note(path, isRequired())
	}
}

// text judges a text, which null clears unless the review cannot do without it.
func (j *reviewJudgement) text(path string, asked Opt[string], into *string, required bool, clean func(string) (string, *problem)) {
	switch {
	case !asked.Set && required:
		j.note(path, isRequired())
		return
	case !asked.Set:
		return
	case asked.Null && required:
		j.note(path, nullNotAllowed())
		return
	}
	cleaned, wrong := clean(asked.Value)
	if wrong != nil {
		j.note(path, wrong)
		return
	}
	*into = cleaned
}

func isRequired() *problem { return &problem{CodeRequired, "Is required."} }

// same reports whether two states of a review differ in nothing that was sent.
func (r *Review) same(other *Review) bool {
	return r.Rating == other.Rating && r.Author == other.Author && r.Text == other.Text && r.Lang == other.Lang &&
		r.PublishedAt == other.PublishedAt && equalInstants(r.UpdatedAt, other.UpdatedAt)
}

func equalInstants(a, b *UnixMicros) bool {
	return a == b || a != nil && b != nil && *a == *b
}
