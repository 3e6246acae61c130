package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// ReviewFilter narrows a list of reviews. What is not set does not; a list that is set
// and empty leaves nothing.
type ReviewFilter struct {
	OrgID       roundtable.Opt[int64] // for a PROVIDER; nobody else has a choice
	BusinessIDs []string
	AtLeast     roundtable.Opt[int64] // stars
	AtMost      roundtable.Opt[int64]

	// Published from Since on and before Until.
	Since, Until roundtable.Opt[roundtable.UnixMicros]
}

// Reviews is a page of reviews.
type Reviews struct {
	Count int
	List  []*roundtable.Review
}

// Reviews returns the reviews of the businesses in the caller's READ scope that a filter
// asks for, those published last first.
func (d *Directory) Reviews(ctx context.Context, caller Caller, filter ReviewFilter, page Page) (*Reviews, error) {
	return reading(ctx, d, caller, func(o *operation) (*Reviews, error) {
		if err := roundtable.ReadReviews(o.actor); err != nil {
			return nil, err
		}
		q := &businessQuery{}
		q.andReadableReviews(o)
		q.andReviewFilter(o, &filter)
		found := &Reviews{}
		where := " FROM reviews r WHERE " + q.text.String()
		if _, err := o.tx.One("SELECT COUNT(*)"+where, q.args, &found.Count); err != nil || page.beyond(found.Count) {
			return found, err
		}
		q.write(" ORDER BY r.published_at DESC, r.org_id DESC, r.id DESC LIMIT ? OFFSET ?", page.PerPage, page.offset())
		err := o.tx.Each("SELECT "+d.reviews.of("r")+" FROM reviews r WHERE "+q.text.String(), q.args, func(rows *db.Rows) error {
			review := new(roundtable.Review)
			err := rows.Scan(d.reviews.into(review)...)
			found.List = append(found.List, review)
			return err
		})
		return found, err
	})
}

// andReadableReviews narrows reviews r to those of businesses in the READ scope of the
// caller. Who reads whole organisations needs no business looked at.
func (q *businessQuery) andReadableReviews(o *operation) {
	user := o.actor.User
	switch user.Role {
	case roundtable.Provider:
		q.and("r.org_id IN (SELECT id FROM orgs WHERE provider_id = ?)", o.facts.Orgs[user.OrgID].ProviderID)
	case roundtable.OrgAdmin, roundtable.OrgManager:
		q.and("r.org_id = ?", user.OrgID)
	default:
		q.write("r.business_id IN (SELECT b.id FROM businesses b WHERE 1 = 1")
		q.andReadable(o)
		q.write(")")
	}
}

func (q *businessQuery) andReviewFilter(o *operation, f *ReviewFilter) {
	if f.OrgID.Set && o.actor.User.Role == roundtable.Provider {
		q.and("r.org_id = ?", f.OrgID.Value)
	}
	if f.BusinessIDs != nil {
		q.andIn("r.business_id", f.BusinessIDs)
	}
	if f.AtLeast.Set {
		q.and("r.rating >= ?", f.AtLeast.Value)
	}
	if f.AtMost.Set {
		q.and("r.rating <= ?", f.AtMost.Value)
	}
	if f.Since.Set {
		q.and("r.published_at >= ?", int64(f.Since.Value))
	}
	if f.Until.Set {
		q.and("r.published_at < ?", int64(f.Until.Value))
	}
}
