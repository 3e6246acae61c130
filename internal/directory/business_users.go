package directory

import (
	"context"
	"maps"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// UserList is a page of the users who reach a business, as far as the reader may READ
// them.
type UserList struct {
	Count int
	Users []*ListedUser
}

// ListedUser is a user with how it reaches a business.
type ListedUser struct {
	User UserName `json:"user"`
	listedReasons
}

// UserName is a user by what people know it by, and whether it can sign in.
type UserName struct {
	ID        string            `json:"id"`
	FirstName string            `json:"first_name"`
	LastName  string            `json:"last_name"`
	Email     string            `json:"email"`
	Role      roundtable.Role   `json:"role"`
	Status    roundtable.Status `json:"status"`
	Disabled  bool              `json:"disabled"`
}

func nameOf(user *roundtable.User) UserName {
	return UserName{
		ID: user.ID, FirstName: user.FirstName, LastName: user.LastName, Email: user.Email,
		Role: user.Role, Status: user.Status, Disabled: user.Disabled,
	}
}

// BusinessUsers returns the users who reach a business, of those whom the caller may
// READ, by reason, role and id. No reasons are all of them. Nothing is asked user by
// user: each reason has its index.
func (d *Directory) BusinessUsers(ctx context.Context, caller Caller, business string, reasons []roundtable.ReasonKind, page Page) (*UserList, error) {
	return reading(ctx, d, caller, func(o *operation) (*UserList, error) {
		asked, err := o.businessNamed(business)
		if err != nil {
			return nil, err
		}
		if err := roundtable.ReadBusinessAccess(o.actor, asked, o.facts); err != nil {
			return nil, err
		}
		if len(reasons) == 0 {
			reasons = roundtable.ReasonKinds()
		}
		sources, err := o.userSources(*asked, reasons)
		if err != nil {
			return nil, err
		}
		count, ids, err := pageOf(o.tx, sources, page)
		if err != nil {
			return nil, err
		}
		users, err := o.explainUsers(*asked, ids)
		return &UserList{Count: count, Users: users}, err
	})
}

// userSources are the users who reach, for one of the reasons, a business that the
// caller may READ, as far as the caller may READ them (section 2): whoever is above a
// manager, and managers who share the business with it.
func (o *operation) userSources(business roundtable.Business, reasons []roundtable.ReasonKind) ([]userSource, error) {
	actor := o.actor.User
	overOrg := actor.Role != roundtable.GroupManager && actor.Role != roundtable.BusinessManager
	var sources []userSource
	switch {
	case actor.Role == roundtable.Publisher:
		return forReasons(reasons, userSource{reason: roundtable.ReasonSubscription, ids: []string{actor.ID}}), nil
	case actor.Role == roundtable.Provider:
		sources = append(sources, providersOf(o.facts.Orgs[actor.OrgID].ProviderID))
	case overOrg:
		sources = append(sources, ofRole(roundtable.ReasonRole, roundtable.Provider, business.OrgID))
	}
	sources = append(sources,
		ofRole(roundtable.ReasonRole, roundtable.OrgAdmin, business.OrgID),
		ofRole(roundtable.ReasonRole, roundtable.OrgManager, business.OrgID))
	if slices.Contains(reasons, roundtable.ReasonAccessSet) {
		managers, err := o.groupManagersOf(business)
		if err != nil {
			return nil, err
		}
		sources = append(sources, userSource{reason: roundtable.ReasonAccessSet, ids: managers})
	}
	sources = append(sources, assignedTo(business.ID))
	if overOrg && business.PresenceManagement {
		sources = append(sources, ofRole(roundtable.ReasonSubscription, roundtable.Publisher, business.OrgID))
	}
	return forReasons(reasons, sources...), nil
}

// forReasons leaves the sources of the reasons that are asked for.
func forReasons(reasons []roundtable.ReasonKind, sources ...userSource) []userSource {
	return slices.DeleteFunc(sources, func(s userSource) bool { return !slices.Contains(reasons, s.reason) })
}

// groupManagersOf finds the GROUP_MANAGERs one of whose access sets covers the
// business, ascending. Only sets that name one of its groups can.
func (o *operation) groupManagersOf(business roundtable.Business) ([]string, error) {
	type place struct {
		user string
		set  int
	}
	sets, wanted := make(map[place][]int64), &wantedFacts{groups: make(map[int64]bool)}
	const text = "SELECT a.user_id, a.access_set, a.group_id FROM user_accesses a WHERE (a.user_id, a.access_set) IN" +
		" (SELECT h.user_id, h.access_set FROM user_accesses h WHERE h.group_id IN (?ids))"
	err := db.EachIn(o.tx, text, nil, business.GroupIDs, func(rows *db.Rows) error {
		var at place
		var group int64
		err := rows.Scan(&at.user, &at.set, &group)
		sets[at] = append(sets[at], group)
		wanted.groups[group] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := o.loadGroups(o.tx, wanted); err != nil {
		return nil, err
	}
	covering := make(map[string]bool)
	for at, set := range sets {
		if !covering[at.user] && roundtable.NewReach(business.OrgID, [][]int64{set}, o.facts.Groups).Covers(business.GroupIDs) {
			covering[at.user] = true
		}
	}
	return keys(covering), nil
}

// explainUsers explains how each of the users reaches the business.
func (o *operation) explainUsers(business roundtable.Business, ids []string) ([]*ListedUser, error) {
	if err := o.loadStanding(ids, roundtable.GroupManager); err != nil {
		return nil, err
	}
	shared := make(map[int64]bool)
	for _, id := range ids {
		maps.Copy(shared, o.sharedGroups(o.users[id], []string{business.ID}))
	}
	labels, err := o.loadLabels(shared)
	if err != nil {
		return nil, err
	}
	users := make([]*ListedUser, len(ids))
	for i, id := range ids {
		user := o.users[id]
		if user.BusinessIDs == nil && user.Role == roundtable.BusinessManager {
			user.BusinessIDs = []string{business.ID} // its others are not asked for
		}
		explained := roundtable.NewExplainer(user, o.facts, labels).Explain(business)
		users[i] = &ListedUser{nameOf(user), listed(explained)}
	}
	return users, nil
}
