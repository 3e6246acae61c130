package roundtable

import "unicode/utf8"

// maxToldText is how much of a review's text a mail tells, in characters.
const maxToldText = 1_000

// ReviewMail is what a mail about a bad review tells: the text of the mail is made of it
// when it is sent, in the language that its reader has then.
type ReviewMail struct {
	ReviewID     string     `json:"review_id"`
	OrgID        int64      `json:"org_id"`
	BusinessID   string     `json:"business_id"`
	BusinessName string     `json:"business_name"`
	Rating       int64      `json:"rating"`
	Author       string     `json:"author"`
	Text         string     `json:"text"` // shortened ones end with an ellipsis
	Lang         string     `json:"lang"`
	PublishedAt  UnixMicros `json:"published_at"` // Unix seconds in JSON
	Keywords     []string   `json:"keywords"`     // of the reader, those that occur in the text
}

// NewReviewMail tells of a review of a business; whose keywords occur in it is for the
// caller to add.
func NewReviewMail(r *Review, businessName string) ReviewMail {
	return ReviewMail{
		ReviewID: r.ID, OrgID: r.OrgID, BusinessID: r.BusinessID, BusinessName: businessName, Rating: r.Rating,
		Author: string(r.Author), Text: shorten(string(r.Text), maxToldText), Lang: string(r.Lang), PublishedAt: r.PublishedAt,
		Keywords: []string{},
	}
}

// shorten cuts a text to a number of characters, of which the last is then an ellipsis.
func shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}
