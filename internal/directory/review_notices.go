package directory

import (
	"encoding/json"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// notice is somebody who is told of the bad reviews of a business.
type notice struct {
	user   *roundtable.User
	reason string // listedReasons in JSON
}

// notices are, for each business, who is told of its bad reviews.
type notices struct {
	threshold int
	of        map[string][]notice
}

// told is who is told of a review.
func (n notices) told(review *roundtable.Review) []notice {
	if !review.Hurts(n.threshold) {
		return nil
	}
	return n.of[review.BusinessID]
}

// count is how many are told of each review, by its id.
func (n notices) count(reviews []*roundtable.Review) map[string]int {
	counts := make(map[string]int, len(reviews))
	for _, review := range reviews {
		counts[review.ID] += len(n.told(review))
	}
	return counts
}

// noticesOf finds who is told of new reviews. Nothing is asked review by review.
func (o *operation) noticesOf(created []*roundtable.Review) (notices, error) {
	found := notices{threshold: o.d.reviewThreshold}
	hurt := make(map[string]bool)
	for _, review := range created {
		if review.Hurts(found.threshold) {
			hurt[review.BusinessID] = true
		}
	}
	var err error
	if len(hurt) > 0 {
		found.of, err = o.toldOf(keys(hurt))
	}
	return found, err
}

// writeNotices leaves a mail for everybody who is told of a review, and notes why.
func (o *operation) writeNotices(created []*roundtable.Review, names map[string]BusinessName, found notices) error {
	var mails, rows [][]any
	now := o.now.UnixMicro()
	for _, review := range created {
		told := found.told(review)
		if len(told) == 0 {
			continue
		}
		ids, err := o.tx.NextIDs("mails", len(told))
		if err != nil {
			return err
		}
		abouts := newReviewTexts(review, names[review.BusinessID].Name)
		for i, n := range told {
			about, err := abouts.forReader(n.user.Keywords)
			if err != nil {
				return err
			}
			mails = append(mails, []any{ids[i], n.user.ID, mailReview, about, now})
			rows = append(rows, []any{review.OrgID, review.ID, n.user.ID, ids[i], n.reason, now})
		}
	}
	if len(mails) > 0 {
		o.d.outbox.mailsQueued()
	}
	if err := db.RowsLater(o.tx, "INSERT INTO mails (id, user_id, kind, about, created_at) VALUES (?rows)", mails); err != nil {
		return err
	}
	err := db.RowsLater(o.tx, "INSERT INTO review_notices (org_id, review_id, user_id, mail_id, reason, created_at) VALUES (?rows)", rows)
	if err != nil {
		return err
	}
	return o.tx.Flush()
}

// reviewTexts is what mails about one review tell. They differ by the keywords of who
// reads them, and most are alike.
type reviewTexts struct {
	mail  roundtable.ReviewMail
	words roundtable.ReviewWords
	found map[string]bool   // keywords that were looked for
	texts map[string]string // by the keywords that occur
}

func newReviewTexts(review *roundtable.Review, business string) *reviewTexts {
	return &reviewTexts{
		mail: roundtable.NewReviewMail(review, business), words: roundtable.NewReviewWords(string(review.Text)),
		found: make(map[string]bool), texts: make(map[string]string),
	}
}

// forReader is what the mail to somebody with these keywords tells.
func (t *reviewTexts) forReader(keywords []string) (string, error) {
	occurring := []string{}
	for _, keyword := range keywords {
		found, asked := t.found[keyword]
		if !asked {
			found = t.words.Holds(keyword)
			t.found[keyword] = found
		}
		if found {
			occurring = append(occurring, keyword)
		}
	}
	name := strings.Join(occurring, "\n") // a keyword holds no control character
	if text, known := t.texts[name]; known {
		return text, nil
	}
	mail := t.mail
	mail.Keywords = occurring
	text, err := json.Marshal(mail)
	t.texts[name] = string(text)
	return t.texts[name], err
}
