package directory

import (
	"cmp"
	"context"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// BriefBusiness is a business in a list, without the fields that are plain data.
type BriefBusiness struct {
	ID      string  `json:"id"`
	OrgID   int64   `json:"org_id"`
	Code    string  `json:"code"`
	Name    string  `json:"name"`
	City    string  `json:"city"`
	Zipcode string  `json:"zipcode"`
	Country string  `json:"country"`
	Status  string  `json:"status"`
	Groups  []int64 `json:"groups"`
}

// BusinessList is a page of businesses.
type BusinessList struct {
	Count      int
	Businesses []*BriefBusiness
}

// BusinessesOf returns the businesses that a user may READ, as far as the caller may,
// too (section 2), by organisation and id.
func (d *Directory) BusinessesOf(ctx context.Context, caller Caller, id string, page Page) (*BusinessList, error) {
	return reading(ctx, d, caller, func(o *operation) (*BusinessList, error) {
		_, visible, err := o.accessTarget(id, true)
		if err != nil {
			return nil, err
		}
		count, ids, err := visible.page(o.tx, page)
		if err != nil {
			return nil, err
		}
		list := &BusinessList{Count: count, Businesses: []*BriefBusiness{}}
		byID := make(map[string]*BriefBusiness)
		const text = "SELECT id, org_id, code, name, city, zipcode, country, status FROM businesses WHERE id IN (?ids)"
		err = db.EachIn(o.tx, text, nil, ids, func(rows *db.Rows) error {
			b := &BriefBusiness{Groups: []int64{}}
			err := rows.Scan(&b.ID, &b.OrgID, &b.Code, &b.Name, &b.City, &b.Zipcode, &b.Country, &b.Status)
			byID[b.ID] = b
			return err
		})
		for _, id := range ids {
			list.Businesses = append(list.Businesses, byID[id])
		}
		return list, cmp.Or(err, readGroupsOf(o.tx, byID))
	})
}

func readGroupsOf(tx *db.Tx, byID map[string]*BriefBusiness) error {
	ids := make(map[string]bool, len(byID))
	for id := range byID {
		ids[id] = true
	}
	return db.EachIn(tx, "SELECT business_id, group_id FROM business_groups WHERE business_id IN (?ids) ORDER BY business_id, group_id", nil, keys(ids),
		func(rows *db.Rows) error {
			var id string
			var group int64
			err := rows.Scan(&id, &group)
			byID[id].Groups = append(byID[id].Groups, group)
			return err
		})
}
