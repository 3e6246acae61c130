package directory

import (
	"context"

	"github.com/roundtable-directory/roundtable"
)

// AccessList is a page of what a user reaches, as far as the reader may READ it.
type AccessList struct {
	Count  int
	Access []*ListedAccess
}

// ListedAccess is how a user reaches a business.
type ListedAccess struct {
	Business BusinessName `json:"business"`
	listedReasons
}

// listedReasons are the reasons of one line of a list. They are all of them where one
// business of one user is asked for.
type listedReasons struct {
	Reasons      []roundtable.Reason `json:"reasons"` // the first ten
	ReasonsCount int                 `json:"reasons_count"`
	Sentence     string              `json:"sentence"`
}

// maxListedReasons bounds an answer: each access set is a reason, and may name a
// hundred groups.
const maxListedReasons = 10

func listed(explained *roundtable.Explanation) listedReasons {
	return listedReasons{
		Reasons:      explained.Reasons[:min(len(explained.Reasons), maxListedReasons)],
		ReasonsCount: len(explained.Reasons), Sentence: explained.Sentence,
	}
}

// BusinessName is a business by the names that people know.
type BusinessName struct {
	ID    string `json:"id"`
	OrgID int64  `json:"org_id"`
	Code  string `json:"code"`
	Name  string `json:"name"`
}

// ExplainedAccess is whether and how a user reaches one business, and if not, how it
// could.
type ExplainedAccess struct {
	User      UserName                  `json:"user"`
	Business  BusinessName              `json:"business"`
	Reachable bool                      `json:"reachable"`
	Reasons   []roundtable.Reason       `json:"reasons"`
	Sentence  string                    `json:"sentence"`
	Ways      []roundtable.Way          `json:"ways"`
	May       roundtable.BusinessRights `json:"may"`
}

// UserAccess returns the businesses that a user reaches and the caller may READ, with
// the reasons, by organisation and id (section 2).
func (d *Directory) UserAccess(ctx context.Context, caller Caller, id string, page Page) (*AccessList, error) {
	return reading(ctx, d, caller, func(o *operation) (*AccessList, error) {
		user, visible, err := o.accessTarget(id, true)
		if err != nil {
			return nil, err
		}
		list := &AccessList{Access: []*ListedAccess{}}
		var ids []string
		if list.Count, ids, err = visible.page(o.tx, page); err != nil {
			return nil, err
		}
		names, err := o.loadNamed(ids)
		if err != nil {
			return nil, err
		}
		labels, err := o.loadLabels(o.sharedGroups(user, ids))
		if err != nil {
			return nil, err
		}
		explainer := roundtable.NewExplainer(user, o.facts, labels)
		for _, id := range ids {
			list.Access = append(list.Access, &ListedAccess{names[id], listed(explainer.Explain(o.facts.Businesses[id]))})
		}
		return list, nil
	})
}

// ExplainAccess tells whether and how a user reaches a business, which is named by its
// id or its code. One that the caller may not READ is not found.
func (d *Directory) ExplainAccess(ctx context.Context, caller Caller, id, business string) (*ExplainedAccess, error) {
	return reading(ctx, d, caller, func(o *operation) (*ExplainedAccess, error) {
		user, _, err := o.accessTarget(id, false)
		if err != nil {
			return nil, err
		}
		asked, err := o.businessNamed(business)
		if err != nil {
			return nil, err
		}
		if err := roundtable.ReadBusinessAccess(o.actor, asked, o.facts); err != nil {
			return nil, err
		}
		names, err := o.loadNamed([]string{asked.ID})
		if err != nil {
			return nil, err
		}
		groups := accessGroups(user)
		for _, group := range asked.GroupIDs {
			groups[group] = true
		}
		labels, err := o.loadLabels(groups)
		if err != nil {
			return nil, err
		}
		explained := roundtable.NewExplainer(user, o.facts, labels).Explain(*asked)
		return &ExplainedAccess{
			User: nameOf(user), Business: names[asked.ID], Reachable: explained.Reachable, Reasons: explained.Reasons,
			Sentence: user.SayStanding(explained.Sentence), Ways: explained.Ways, May: explained.May,
		}, nil
	})
}
