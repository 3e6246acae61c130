package directory

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// wantsReviews is the condition of users u who are told of the bad reviews that they may
// READ. It narrows what is loaded; roundtable.Facts.ToldOfReviews decides.
const wantsReviews = " AND u.receive_reviews_email_notifications AND NOT u.disabled AND u.status = 'active'"

// toldOf finds who is told of the bad reviews of businesses, which are loaded with their
// organisations. Each reason has its index, as in userSources.
func (o *operation) toldOf(businesses []string) (map[string][]notice, error) {
	candidates := &reviewReaders{byBusiness: make(map[string][]string)}
	for _, ask := range []func(*reviewReaders, []string) error{o.askAbove, o.askSetsOver, o.askAssigned} {
		if err := ask(candidates, businesses); err != nil {
			return nil, err
		}
	}
	if err := o.loadStanding(candidates.all(), roundtable.GroupManager); err != nil {
		return nil, err
	}
	return o.explainNotices(candidates, businesses)
}

// reviewReaders are users who may be told of reviews: of any business of their
// organisation or provider, or of one that is assigned to them.
type reviewReaders struct {
	everywhere []string
	byBusiness map[string][]string
}

// all are the users, each once.
func (r *reviewReaders) all() []string {
	ids := slices.Clone(r.everywhere)
	for _, list := range r.byBusiness {
		ids = append(ids, list...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// askAbove finds those above managers, in the organisations of the businesses, and the
// PROVIDERs of these.
func (o *operation) askAbove(r *reviewReaders, businesses []string) error {
	orgs, providers := make(map[int64]bool), make(map[int64]bool)
	for _, id := range businesses {
		org := o.facts.Orgs[o.facts.Businesses[id].OrgID]
		orgs[org.ID], providers[org.ProviderID] = true, true
	}
	err := db.EachIn(o.tx, "SELECT u.id FROM users u WHERE u.role <> 'PROVIDER'"+aboveManagers+wantsReviews+" AND u.org_id IN (?ids)",
		nil, keys(orgs), r.addEverywhere)
	if err != nil {
		return err
	}
	return db.EachIn(o.tx, "SELECT u.id FROM users u JOIN orgs o ON o.id = u.org_id WHERE u.role = 'PROVIDER'"+aboveManagers+wantsReviews+
		" AND o.provider_id IN (?ids)", nil, keys(providers), r.addEverywhere)
}

func (r *reviewReaders) addEverywhere(rows *db.Rows) error {
	var id string
	err := rows.Scan(&id)
	r.everywhere = append(r.everywhere, id)
	return err
}

// askSetsOver finds the GROUP_MANAGERs one of whose access sets names a group of the
// businesses.
func (o *operation) askSetsOver(r *reviewReaders, businesses []string) error {
	groups := make(map[int64]bool)
	for _, id := range businesses {
		for _, group := range o.facts.Businesses[id].GroupIDs {
			groups[group] = true
		}
	}
	managers := make(map[string]bool)
	err := db.EachIn(o.tx, "SELECT DISTINCT a.user_id FROM user_accesses a JOIN users u ON u.id = a.user_id"+
		" WHERE u.role = 'GROUP_MANAGER'"+wantsReviews+" AND a.group_id IN (?ids)", nil, keys(groups), func(rows *db.Rows) error {
		var id string
		err := rows.Scan(&id)
		managers[id] = true
		return err
	})
	r.everywhere = append(r.everywhere, keys(managers)...)
	return err
}

// askAssigned finds the BUSINESS_MANAGERs of the businesses.
func (o *operation) askAssigned(r *reviewReaders, businesses []string) error {
	return db.EachIn(o.tx, "SELECT m.business_id, m.user_id FROM user_businesses m JOIN users u ON u.id = m.user_id"+
		" WHERE u.role = 'BUSINESS_MANAGER'"+wantsReviews+" AND m.business_id IN (?ids)", nil, businesses, func(rows *db.Rows) error {
		var business, user string
		err := rows.Scan(&business, &user)
		r.byBusiness[business] = append(r.byBusiness[business], user)
		return err
	})
}

// explainNotices judges the candidates and says why each is told, by user id.
func (o *operation) explainNotices(candidates *reviewReaders, businesses []string) (map[string][]notice, error) {
	shared := make(map[int64]bool)
	for _, id := range candidates.everywhere {
		maps.Copy(shared, o.sharedGroups(o.users[id], businesses))
	}
	labels, err := o.loadLabels(shared)
	if err != nil {
		return nil, err
	}
	explainers := make([]*roundtable.Explainer, len(candidates.everywhere))
	for i, id := range candidates.everywhere {
		explainers[i] = roundtable.NewExplainer(o.users[id], o.facts, labels)
	}
	found := make(map[string][]notice, len(businesses))
	for _, id := range businesses {
		business := o.facts.Businesses[id]
		for i, user := range candidates.everywhere {
			if err := o.addNotice(found, o.users[user], business, explainers[i]); err != nil {
				return nil, err
			}
		}
		for _, user := range candidates.byBusiness[id] {
			reader := *o.users[user]
			reader.BusinessIDs = []string{id} // its others are not asked for
			if err := o.addNotice(found, &reader, business, roundtable.NewExplainer(&reader, o.facts, labels)); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// addNotice adds a user to those who are told of reviews of a business, if it is.
func (o *operation) addNotice(found map[string][]notice, user *roundtable.User, business roundtable.Business, explainer *roundtable.Explainer) error {
	if !o.facts.ToldOfReviews(user, business) {
		return nil
	}
	reason, err := json.Marshal(listed(explainer.Explain(business)))
	found[business.ID] = append(found[business.ID], notice{user: user, reason: string(reason)})
	return err
}
