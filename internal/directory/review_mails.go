package directory

import (
	"encoding/json"

	"github.com/roundtable-directory/roundtable"
)

// wantedReviewMails tells which of the mails about reviews are still wanted: whoever they
// are for would be told of the review now, too. They may have waited for long, and nobody
// is to read of a business that it may READ no more.
func (o *operation) wantedReviewMails(due []mailRow) (map[int64]bool, error) {
	abouts, businesses := make(map[int64]string), make(map[string]bool)
	for _, m := range due {
		var about roundtable.ReviewMail
		if m.kind != roundtable.MailReview || json.Unmarshal([]byte(m.about), &about) != nil {
			continue
		}
		abouts[m.id], businesses[about.BusinessID] = about.BusinessID, true
	}
	if len(abouts) == 0 {
		return nil, nil
	}
	readers := &operation{workingSet: o.d.newWorkingSet(), tx: o.tx, item: o.item} // loads users with their lists
	if _, err := readers.loadNamed(keys(businesses)); err != nil {
		return nil, err
	}
	for id := range businesses {
		if _, found := readers.facts.Businesses[id]; !found {
			delete(businesses, id)
		}
	}
	told, err := readers.toldOf(keys(businesses))
	if err != nil {
		return nil, err
	}
	wanted := make(map[int64]bool)
	for _, m := range due {
		for _, n := range told[abouts[m.id]] {
			wanted[m.id] = wanted[m.id] || n.user.ID == m.user
		}
	}
	return wanted, nil
}
