package directory

import (
	"errors"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/roster"
)

// resolveOrgs finds the organisations that are searched: all of its provider for a
// PROVIDER, or the one that it chooses; for others their own.
func (o *operation) resolveOrgs(s *userSearch) error {
	actor := o.actor.User
	s.orgs = []int64{actor.OrgID}
	switch {
	case actor.Role != roundtable.Provider:
	case s.OrgID.Set:
		s.orgs = []int64{}
		if err := o.loadOrgs(o.tx, []int64{s.OrgID.Value}); err != nil {
			return err
		}
		if o.facts.CanReadOrg(actor, s.OrgID.Value) {
			s.orgs = append(s.orgs, s.OrgID.Value)
		}
	default:
		s.orgs = []int64{}
		provider := o.facts.Orgs[actor.OrgID].ProviderID
		return o.tx.Each("SELECT id FROM orgs WHERE provider_id = $1 ORDER BY id", []any{provider}, func(rows *db.Rows) error {
			var id int64
			err := rows.Scan(&id)
			s.orgs = append(s.orgs, id)
			return err
		})
	}
	return nil
}

// resolveBusiness finds the business that found users must be able to read: by id, or
// by a code, which each of the searched organisations may have. One that the caller
// may not READ is as good as none.
func (o *operation) resolveBusiness(s *userSearch) error {
	wanted := &wantedFacts{businesses: make(map[string]bool)}
	visit := func(rows *db.Rows) error {
		var id string
		err := rows.Scan(&id)
		wanted.businesses[id] = true
		return err
	}
	if code, byCode := strings.CutPrefix(s.Business, "c-"); byCode {
		err := db.EachIn(o.tx, "SELECT id FROM businesses WHERE code = $1 AND org_id IN (?ids)", []any{code}, s.orgs, visit)
		if err != nil {
			return err
		}
	} else if err := o.tx.Each("SELECT id FROM businesses WHERE id = $1", []any{s.Business}, visit); err != nil {
		return err
	}
	if err := o.loadBusinesses(o.tx, wanted); err != nil {
		return err
	}
	s.businesses = make(map[int64]string)
	for id := range wanted.businesses {
		business := o.facts.Businesses[id]
		if o.facts.Orgs[business.OrgID] == nil {
			if err := o.loadOrgs(o.tx, []int64{business.OrgID}); err != nil {
				return err
			}
		}
		if o.facts.CanReadBusiness(o.actor.User, business) {
			s.businesses[business.OrgID] = id
		}
	}
	return nil
}

// searchCandidate answers where at most one user can match: the one with an e-mail
// address, or a PUBLISHER itself. It asks a roster of nobody else.
func (o *operation) searchCandidate(s *userSearch) (*FoundUsers, error) {
	id, err := o.candidate(s)
	if err != nil || id == "" {
		return &FoundUsers{Users: []*roundtable.User{}}, err
	}
	user := o.users[id]
	alone := roster.New()
	if err := o.fillAlone(alone, user, s); err != nil {
		return nil, err
	}
	query := o.query(s, user.OrgID)
	query.Caller = &roundtable.User{Role: roundtable.Provider} // who is judged already
	count := 0
	for _, mistyped := range []bool{false, true} {
		if query.Mistyped = mistyped; count == 0 {
			count = alone.Search(query).Count
		}
	}
	if count == 0 || s.page.PerPage == 0 || s.page.Number > 1 {
		return &FoundUsers{Count: count, Users: []*roundtable.User{}}, nil
	}
	users, err := o.shown([]string{id})
	return &FoundUsers{Count: count, Users: users}, err
}

// candidate loads who alone can match, if the caller may READ it.
func (o *operation) candidate(s *userSearch) (id string, err error) {
	id = o.actor.User.ID
	if s.EmailKey != "" {
		found, err := o.tx.One("SELECT id FROM users WHERE email_key = $1", []any{s.EmailKey}, &id)
		if err != nil || !found {
			return "", err
		}
	}
	target, err := o.readable(o.tx, newReading(o.item.ctx, o.item.caller, id))
	if err != nil {
		if refusal, ok := errors.AsType[*roundtable.Error](err); ok && refusal.Code == roundtable.CodeNotFound {
			return "", nil
		}
		return "", err
	}
	for _, org := range s.orgs {
		if org == target.OrgID {
			return id, nil
		}
	}
	return "", nil
}

// fillAlone fills a roster with one user and what a search of it needs.
func (o *operation) fillAlone(alone *roster.Roster, user *roundtable.User, s *userSearch) error {
	err := alone.Put(&roster.Member{
		ID: user.ID, EmailKey: user.EmailKey, FirstName: user.FirstName, LastName: user.LastName,
		Role: user.Role, Status: user.Status, Disabled: user.Disabled, Keywords: user.Keywords,
	})
	if err != nil {
		return err
	}
	if err := o.loadLists(o.tx, []string{user.ID}); err != nil {
		return err
	}
	if err := o.loadGroupsOf(o.tx, user); err != nil {
		return err
	}
	var shops roster.Shops
	for _, group := range o.facts.Groups {
		if group.OrgID == user.OrgID {
			shops.Groups = append(shops.Groups, group)
		}
	}
	if id := s.businesses[user.OrgID]; id != "" {
		business := o.facts.Businesses[id]
		shops.Businesses = []roster.Shop{{ID: id, PresenceManagement: business.PresenceManagement, GroupIDs: business.GroupIDs}}
	}
	if err := alone.SetShops(&shops); err != nil {
		return err
	}
	return alone.Assign(user.ID, user.BusinessIDs, user.Accesses)
}
