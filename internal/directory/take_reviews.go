package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// TakenReviews counts what taking in reviews came to.
type TakenReviews struct {
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
}

// Bounds of one transaction, so that others wait for it no longer than for a batch: how
// many reviews are taken in without looking first how many mails that will be, and how
// many mails one transaction leaves.
const (
	fewReviews       = 10
	noticesPerChange = 1_000
	noticeWeight     = maxBatchWeight / noticesPerChange
)

// TakeReviews takes in reviews, of which those that are new are told to whoever wants to
// know of bad ones. It takes all of them, or returns a *roundtable.Error that says
// everything that stands against them. Very many mails are left by several transactions,
// each with the reviews that they are about: what a failure leaves undone is done when
// the reviews are sent again.
func (d *Directory) TakeReviews(ctx context.Context, caller Caller, batch roundtable.ReviewBatch) (*TakenReviews, error) {
	parts := []reviewPart{{end: len(batch.Reviews), weight: len(batch.Reviews)}}
	if len(batch.Reviews) > fewReviews {
		planned, err := d.planReviews(ctx, caller, batch)
		if err != nil && caller.Retry == nil {
			return nil, err
		}
		if err == nil {
			parts = planned
		}
	}
	total, begin := &TakenReviews{}, 0
	for i, part := range parts {
		rest, by := batch, caller
		rest.First, rest.Reviews = begin, batch.Reviews[begin:part.end]
		if i < len(parts)-1 {
			by.Retry = nil // the answer is kept with the last of them
		}
		taken, err := judging(ctx, d, by, part.weight, rest.Form, func(o *operation) (*TakenReviews, error) {
			taken, err := o.takeReviews(&rest)
			if err != nil {
				return nil, err
			}
			taken.add(total)
			return taken, nil
		})
		if err != nil {
			return nil, err
		}
		total, begin = taken, part.end
	}
	return total, nil
}

func (t *TakenReviews) add(other *TakenReviews) {
	t.Created += other.Created
	t.Updated += other.Updated
	t.Unchanged += other.Unchanged
}

// reviewPart is what one transaction takes of a batch: up to a review, and how much that
// is.
type reviewPart struct{ end, weight int }

// planReviews judges a batch on a snapshot and divides it by the mails that its reviews
// will leave. What was answered before stays whole.
func (d *Directory) planReviews(ctx context.Context, caller Caller, batch roundtable.ReviewBatch) ([]reviewPart, error) {
	return reading(ctx, d, caller, func(o *operation) ([]reviewPart, error) {
		if caller.Retry != nil {
			if replayed, err := d.replay(o.tx, caller.Retry, o.now); replayed != nil || err != nil {
				return []reviewPart{{end: len(batch.Reviews), weight: len(batch.Reviews)}}, err
			}
		}
		taken, _, err := o.judgeReviews(&batch)
		if err != nil {
			return nil, err
		}
		notices, err := o.noticesOf(taken.Created)
		if err != nil {
			return nil, err
		}
		return divideReviews(&batch, notices.count(taken.Created)), nil
	})
}

// divideReviews divides a batch so that no part leaves more mails than one transaction
// is to.
func divideReviews(batch *roundtable.ReviewBatch, mails map[string]int) []reviewPart {
	var parts []reviewPart
	part, left := reviewPart{}, 0
	for i := range batch.Reviews {
		n := mails[batch.Reviews[i].ID.Value]
		if left > 0 && left+n > noticesPerChange {
			parts = append(parts, part)
			part, left = reviewPart{}, 0
		}
		left += n
		part.end = i + 1
		part.weight += 1 + n*noticeWeight
	}
	return append(parts, part)
}

// takeReviews judges reviews and writes what they come to.
func (o *operation) takeReviews(batch *roundtable.ReviewBatch) (*TakenReviews, error) {
	taken, names, err := o.judgeReviews(batch)
	if err != nil {
		return nil, err
	}
	if err := o.writeReviews(taken); err != nil {
		return nil, err
	}
	notices, err := o.noticesOf(taken.Created)
	if err != nil {
		return nil, err
	}
	if err := o.writeNotices(taken.Created, names, notices); err != nil {
		return nil, err
	}
	return &TakenReviews{Created: len(taken.Created), Updated: len(taken.Updated), Unchanged: taken.Unchanged}, nil
}

// judgeReviews loads what judging reviews takes, and judges them.
func (o *operation) judgeReviews(batch *roundtable.ReviewBatch) (*roundtable.TakenReviews, map[string]BusinessName, error) {
	batch.At = roundtable.Micros(o.now)
	names, err := o.loadNamed(batch.BusinessIDs())
	if err != nil {
		return nil, nil, err
	}
	known, err := o.loadReviews(batch.Keys(o.facts))
	if err != nil {
		return nil, nil, err
	}
	taken, err := roundtable.TakeReviews(o.actor, batch, known, o.facts)
	return taken, names, err
}

// loadReviews loads those of the reviews that there are.
func (o *operation) loadReviews(named []roundtable.ReviewKey) (map[roundtable.ReviewKey]*roundtable.Review, error) {
	ids, found := make(map[int64][]string), make(map[roundtable.ReviewKey]*roundtable.Review)
	for _, key := range named {
		ids[key.OrgID] = append(ids[key.OrgID], key.ID)
	}
	for org, list := range ids {
		err := db.EachIn(o.tx, "SELECT "+o.d.reviews.list+" FROM reviews WHERE org_id = $1 AND id IN (?ids)", []any{org}, list, func(rows *db.Rows) error {
			review := new(roundtable.Review)
			err := rows.Scan(o.d.reviews.into(review)...)
			found[review.Key()] = review
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// writeReviews writes new reviews and changed ones.
func (o *operation) writeReviews(taken *roundtable.TakenReviews) error {
	rows := make([][]any, len(taken.Created))
	for i, review := range taken.Created {
		rows[i] = o.d.reviews.values(review)
	}
	if err := db.RowsLater(o.tx, "INSERT INTO reviews ("+o.d.reviews.list+") VALUES (?rows)", rows); err != nil {
		return err
	}
	for _, r := range taken.Updated {
		err := o.tx.Later("UPDATE reviews SET rating = $3, author = $4, text = $5, lang = $6, published_at = $7, updated_at = $8, version = $9"+
			" WHERE org_id = $1 AND id = $2",
			r.OrgID, r.ID, r.Rating, string(r.Author), string(r.Text), string(r.Lang), int64(r.PublishedAt), r.UpdatedAt, r.Version)
		if err != nil {
			return err
		}
	}
	return o.tx.Flush()
}
