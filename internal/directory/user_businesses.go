package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
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
		profiles, err := o.loadProfiles(ids)
		if err != nil {
			return nil, err
		}
		list := &BusinessList{Count: count, Businesses: make([]*BriefBusiness, len(profiles))}
		for i, profile := range profiles {
			list.Businesses[i] = brief(profile)
		}
		return list, nil
	})
}

func brief(p *roundtable.BusinessProfile) *BriefBusiness {
	text := p.Fields.Text
	return &BriefBusiness{
		ID: p.ID, OrgID: p.OrgID, Code: text("code"), Name: text("name"), City: text("city"), Zipcode: text("zipcode"),
		Country: text("country"), Status: text("status"), Groups: p.GroupIDs,
	}
}
