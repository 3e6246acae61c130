package roundtable

import "strings"

// Review is what somebody wrote about a business, as it was sent. Its id is that of the
// place it was written at, and unique within the organisation of the business.
type Review struct {
	ID          string      `json:"id" db:"id"`
	OrgID       int64       `json:"org_id" db:"org_id"`
	BusinessID  string      `json:"business_id" db:"business_id"`
	Rating      int64       `json:"rating" db:"rating"` // stars, 1 to 5
	Author      NullText    `json:"author" db:"author"`
	Text        NullText    `json:"text" db:"text"`
	Lang        NullText    `json:"lang" db:"lang"`
	PublishedAt UnixMicros  `json:"published_at" db:"published_at"`
	UpdatedAt   *UnixMicros `json:"updated_at" db:"updated_at"` // by its author; nil: never
	CreatedAt   UnixMicros  `json:"created_at" db:"created_at"` // when it was first taken in

	// Version counts the changes of the review, from 1.
	Version int64 `json:"-" db:"version"`
}

// ReviewKey names a review.
type ReviewKey struct {
	OrgID int64
	ID    string
}

// ReviewPatch is what a request tells of a review. What is not named keeps its value.
type ReviewPatch struct {
	ID          Opt[string]     `json:"id"`
	BusinessID  Opt[string]     `json:"business_id"`
	Rating      Opt[int64]      `json:"rating"`
	Author      Opt[string]     `json:"author"`
	Text        Opt[string]     `json:"text"`
	Lang        Opt[string]     `json:"lang"`
	PublishedAt Opt[UnixMicros] `json:"published_at"`
	UpdatedAt   Opt[UnixMicros] `json:"updated_at"`
}

// IgnoredReviewMembers are members of a review that are accepted whatever their type, and
// named: a client can post back what it got.
func IgnoredReviewMembers() []string { return []string{"org_id", "created_at"} }

// MaxReviews is how many reviews one request may send.
const MaxReviews = 1_000

// Limits of single values of a review, in characters.
const (
	maxReviewID     = 100
	maxReviewAuthor = 200
	maxReviewText   = 10_000
	maxReviewLang   = 35

	bestRating = 5
)

// ReviewBatch is what a request sends: one review, or a list.
type ReviewBatch struct {
	Reviews []ReviewPatch
	Listed  bool         // in a list, so that paths begin with reviews and the place
	First   int          // place of the first one, where others of the list come before
	Form    []FieldError // what is wrong with the form of the request
	At      UnixMicros
}

// BusinessIDs are the businesses that must be looked up, each once; none of a list that
// is too long.
func (b *ReviewBatch) BusinessIDs() []string {
	var ids []string
	if len(b.Reviews) > MaxReviews {
		return nil
	}
	for i := range b.Reviews {
		if id := b.Reviews[i].BusinessID.Value; ValidID(id) {
			ids = append(ids, id)
		}
	}
	return unique(ids)
}

// Keys name the reviews that must be looked up, each once, where facts has the businesses.
func (b *ReviewBatch) Keys(facts *Facts) []ReviewKey {
	var named []ReviewKey
	if len(b.Reviews) > MaxReviews {
		return nil
	}
	for i := range b.Reviews {
		patch := &b.Reviews[i]
		business, known := facts.Businesses[patch.BusinessID.Value]
		if _, wrong := cleanReviewID(patch.ID.Value); known && wrong == nil {
			named = append(named, ReviewKey{business.OrgID, patch.ID.Value})
		}
	}
	return unique(named)
}

// Key names the review.
func (r *Review) Key() ReviewKey { return ReviewKey{r.OrgID, r.ID} }

// Hurts reports whether a review is one that people are told of: at most so many stars.
func (r *Review) Hurts(threshold int) bool { return r.Rating <= int64(threshold) }

// ReadReviews judges whether actor may ask for lists of reviews. It finds those of the
// businesses that it may READ.
func ReadReviews(actor Actor) error { return SearchBusinesses(actor) }

// ReadReviewNotices judges whether actor may ask who was told of a review. readable says
// whether there is one, of a business that actor may READ.
func ReadReviewNotices(actor Actor, readable bool) error {
	switch {
	case !readable:
		return &Error{Code: CodeNotFound}
	case !actor.User.Role.managesBusinesses() || !actor.Key.may(PermissionBusinessRead) || !actor.Key.may(PermissionUserRead):
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// ToldOfReviews reports whether a user is told of bad reviews of a business: it wants to
// be, can sign in, and may READ the business. Its lists must be loaded.
func (f *Facts) ToldOfReviews(user *User, business Business) bool {
	return user.ReceiveReviewsEmailNotifications && !user.Disabled && user.Status == Active && f.CanReadBusiness(user, business)
}

// StopReviewMails is what becomes of a user who asks for no more mails about reviews, by
// a link in one of them; nil: it gets none anyway.
func StopReviewMails(user *User) *Outcome {
	after := *user
	after.ReceiveReviewsEmailNotifications = false
	changes := diff(user, &after)
	if len(changes) == 0 {
		return nil
	}
	after.Version++
	return &Outcome{Before: user, After: &after, Changes: changes}
}

// ReviewWords are the words of a text, ready to be asked for keywords.
type ReviewWords struct{ line string }

// NewReviewWords splits a text into words, folded.
func NewReviewWords(text string) ReviewWords { return ReviewWords{spaced(text)} }

// Holds reports whether a keyword, of one word or several, occurs in the text: as whole
// words next to each other, without regard to case and accents.
func (w ReviewWords) Holds(keyword string) bool {
	words := spaced(keyword)
	return words != " " && strings.Contains(w.line, words)
}

// spaced is the folded words of a text between single spaces.
func spaced(text string) string {
	words := Words(text)
	if len(words) == 0 {
		return " "
	}
	return " " + strings.Join(words, " ") + " "
}
