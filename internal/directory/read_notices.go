package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// ReviewNotices is a page of those who were told of a review, as far as the reader may
// READ them.
type ReviewNotices struct {
	Count int
	List  []*ReviewNotice
}

// ReviewNotice is that somebody was told of a review: who, why by how the business was
// reached then, and what became of the mail.
type ReviewNotice struct {
	User UserName `json:"user"` // as it is now
	listedReasons
	CreatedAt roundtable.UnixMicros `json:"created_at"`
	Mail      MailState             `json:"mail"`
}

// MailState is what became of a mail.
type MailState struct {
	Status string                 `json:"status"` // one of the statuses
	Tries  int64                  `json:"tries"`
	SentAt *roundtable.UnixMicros `json:"sent_at"`
}

// The statuses of a mail.
const (
	MailWaiting   = "waiting" // or being sent
	MailSent      = "sent"
	MailFailed    = "failed" // given up
	MailCancelled = "cancelled"
)

// ReviewNotices tells who was told of a review, by user id. A review that the caller may
// not READ is not found. org is for a PROVIDER, two of whose organisations may have a
// review of the same id; not set, the first that has.
func (d *Directory) ReviewNotices(ctx context.Context, caller Caller, id string, org roundtable.Opt[int64], page Page) (*ReviewNotices, error) {
	return reading(ctx, d, caller, func(o *operation) (*ReviewNotices, error) {
		owner, err := o.readableReview(id, org)
		if err != nil {
			return nil, err
		}
		if err := roundtable.ReadReviewNotices(o.actor, owner != 0); err != nil {
			return nil, err
		}
		return o.listNotices(owner, id, page)
	})
}

// readableReview returns the organisation of a review that the caller may READ; 0: there
// is none.
func (o *operation) readableReview(id string, org roundtable.Opt[int64]) (owner int64, err error) {
	q := &businessQuery{}
	q.andReadableReviews(o)
	q.andReviewFilter(o, &ReviewFilter{OrgID: org})
	q.and("r.id = ? ORDER BY r.org_id LIMIT 1", id)
	_, err = o.tx.One("SELECT r.org_id FROM reviews r WHERE "+q.text.String(), q.args, &owner)
	return owner, err
}

// noticesTo are the notices n of a review to users u whom the reader may READ: everybody
// of its organisation, and for a PROVIDER everybody of its provider.
const (
	noticesTo     = " FROM review_notices n JOIN users u ON u.id = n.user_id JOIN orgs o ON o.id = u.org_id"
	noticesWithin = " WHERE n.org_id = $1 AND n.review_id = $2 AND (u.org_id = $3 OR o.provider_id = $4)"
)

func (o *operation) listNotices(org int64, id string, page Page) (*ReviewNotices, error) {
	actor, provider := o.actor.User, int64(0)
	if actor.Role == roundtable.Provider {
		provider = o.facts.Orgs[actor.OrgID].ProviderID
	}
	found, args := &ReviewNotices{}, []any{org, id, actor.OrgID, provider}
	if _, err := o.tx.One("SELECT COUNT(*)"+noticesTo+noticesWithin, args, &found.Count); err != nil || page.beyond(found.Count) {
		return found, err
	}
	err := o.tx.Each("SELECT u.id, u.first_name, u.last_name, u.email, u.role, u.status, u.disabled, n.reason, n.created_at,"+
		" COALESCE(m.tries, 0), m.sent_at, m.id IS NULL OR m.cancelled_at IS NOT NULL, m.failed_at IS NOT NULL"+
		noticesTo+" LEFT JOIN mails m ON m.id = n.mail_id"+noticesWithin+" ORDER BY n.user_id LIMIT $5 OFFSET $6",
		append(args, page.PerPage, page.offset()), func(rows *db.Rows) error {
			notice, err := scanNotice(rows)
			found.List = append(found.List, notice)
			return err
		})
	return found, err
}

func scanNotice(rows *db.Rows) (*ReviewNotice, error) {
	n := new(ReviewNotice)
	var reason string
	var cancelled, failed bool
	err := rows.Scan(&n.User.ID, &n.User.FirstName, &n.User.LastName, &n.User.Email, &n.User.Role, &n.User.Status, &n.User.Disabled,
		&reason, &n.CreatedAt, &n.Mail.Tries, &n.Mail.SentAt, &cancelled, &failed)
	if err != nil {
		return n, err
	}
	n.Mail.Status = mailStatus(n.Mail.SentAt != nil, cancelled, failed)
	return n, n.readReasons(reason)
}
