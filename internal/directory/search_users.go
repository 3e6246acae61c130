package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/roster"
)

// FoundUsers are a page of users that were found, as the caller sees them, and how
// many there are in all.
type FoundUsers struct {
	Count      int
	Users      []*roundtable.User
	OrgIgnored bool // the organisation asked for is not the one searched: only a PROVIDER chooses
}

// SearchUsers finds users in the caller's READ scope (section 2).
func (d *Directory) SearchUsers(ctx context.Context, caller Caller, search roundtable.UserSearch, page Page) (*FoundUsers, error) {
	return d.searchUsers(ctx, caller, &userSearch{UserSearch: search, page: page})
}

// CountUsers counts the users that SearchUsers finds.
func (d *Directory) CountUsers(ctx context.Context, caller Caller, search roundtable.UserSearch) (int, error) {
	found, err := d.searchUsers(ctx, caller, &userSearch{UserSearch: search})
	if err != nil {
		return 0, err
	}
	return found.Count, nil
}

// userSearch is a search with what it has come to.
type userSearch struct {
	roundtable.UserSearch
	page Page // PerPage 0: the count is all that is asked for

	orgs       []int64          // where to search
	businesses map[int64]string // of each organisation, the one that must be readable
}

// maxAttempts bounds how often a search begins anew.
const maxAttempts = 10

// searchUsers holds rosters before the snapshot begins. Which ones is a guess by what
// was known at the door; if it was wrong, or they are not current, it begins anew.
func (d *Directory) searchUsers(ctx context.Context, caller Caller, s *userSearch) (*FoundUsers, error) {
	s.orgs = []int64{caller.OrgID}
	alone, read := false, d.db.Read
	for range maxAttempts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		held := d.rosters.hold(s.orgs, alone)
		found, err := readingBy(ctx, d, caller, read, func(o *operation) (*FoundUsers, error) { return o.search(s, held) })
		held.release()
		switch {
		case errors.Is(err, errRostersBehind):
			alone, read = true, d.db.ReadLong // it may have to read everybody
		case errors.Is(err, errOtherRosters):
		case err != nil:
			return nil, err
		default:
			found.OrgIgnored = s.OrgID.Set && !slices.Equal(s.orgs, []int64{s.OrgID.Value}) && len(s.orgs) > 0
			return found, nil
		}
	}
	return nil, unavailable()
}

func (o *operation) search(s *userSearch, held *held) (*FoundUsers, error) {
	if err := roundtable.SearchUsers(o.actor); err != nil {
		return nil, err
	}
	if err := o.resolveOrgs(s); err != nil {
		return nil, err
	}
	if s.Business != "" {
		if err := o.resolveBusiness(s); err != nil {
			return nil, err
		}
		if len(s.businesses) == 0 {
			return &FoundUsers{Users: []*roundtable.User{}}, nil
		}
	}
	switch {
	case s.EmailKey != "" || o.actor.User.Role == roundtable.Publisher:
		held.release()
		return o.searchCandidate(s)
	case !held.holds(s.orgs):
		return nil, errOtherRosters
	}
	if err := held.prove(o.tx, o.query(s, 0).NeedsShops()); err != nil {
		return nil, err
	}
	count, ids := o.ask(s, held)
	held.release()
	users, err := o.shown(ids)
	return &FoundUsers{Count: count, Users: users}, err
}

// query is what the roster of an organisation is asked.
func (o *operation) query(s *userSearch, org int64) *roster.Query {
	search := s.UserSearch
	if len(s.businesses) > 0 {
		search.Business = s.businesses[org]
		if search.Business == "" {
			search.Business = elsewhere
		}
	}
	return &roster.Query{UserSearch: &search, Caller: o.actor.User}
}

// elsewhere stands for a business of another organisation.
const elsewhere = "elsewhere"

// ask asks the rosters: as words are written, and if nobody is found by that, with a
// mistake in them.
func (o *operation) ask(s *userSearch, held *held) (count int, ids []string) {
	results := make([]roster.Result, len(held.orgs))
	for _, mistyped := range []bool{false, true} {
		if mistyped && (count > 0 || !s.Query.Set) {
			break
		}
		for i, r := range held.orgs {
			query := o.query(s, r.org)
			query.Mistyped = mistyped
			results[i] = r.roster.Search(query)
			count += results[i].Count
		}
	}
	if s.page.PerPage == 0 || s.page.Number-1 > count/s.page.PerPage {
		return count, nil
	}
	from := (s.page.Number - 1) * s.page.PerPage
	var entries []roster.Entry
	if len(results) == 1 {
		entries = results[0].Page(s.Order, s.Descending, from, s.page.PerPage)
	} else {
		entries = merge(s, held, results, from)
	}
	for _, entry := range entries {
		ids = append(ids, entry.ID)
	}
	return count, ids
}

// merge returns a page of what several rosters found.
func merge(s *userSearch, held *held, results []roster.Result, from int) []roster.Entry {
	var all []roster.Entry
	for i, result := range results {
		entries := result.Page(s.Order, s.Descending, 0, from+s.page.PerPage)
		if s.Order == roundtable.OrderByOrg {
			for n := range entries {
				entries[n].Key = fmt.Sprintf("%020d", held.orgs[i].org)
			}
		}
		all = append(all, entries...)
	}
	slices.SortFunc(all, func(a, b roster.Entry) int {
		order := cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.ID, b.ID))
		if s.Descending {
			return -order
		}
		return order
	})
	from = min(from, len(all))
	return all[from:min(len(all), from+s.page.PerPage)]
}
