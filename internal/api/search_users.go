package api

import (
	"strings"

	"github.com/roundtable-directory/roundtable"
)

// maxSearchKeywords are the keywords that one search names at most.
const maxSearchKeywords = 100

// searchUsers is GET /v2/user/search.
func (a *API) searchUsers(req *request) (*reply, error) {
	q := readQuery(req.URL)
	search := q.userSearch()
	page := q.page()
	display := q.boolean("display_business_ids")
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	found, err := a.directory.SearchUsers(req.Context(), req.caller, search, page)
	if err != nil {
		return nil, err
	}
	if display.Set && !display.Value {
		for _, user := range found.Users {
			user.BusinessIDs = nil
		}
	}
	reply, err := newPage(page, found.Count, "users", found.Users)
	if reply != nil && found.OrgIgnored {
		reply.ignored = []string{"org_id"}
	}
	return reply, err
}

// countUsers is GET /v2/user/search/count.
func (a *API) countUsers(req *request) (*reply, error) {
	q := readQuery(req.URL)
	search := q.userSearch()
	if err := q.err(); err != nil {
		return nil, a.confirmed(req, err)
	}
	count, err := a.directory.CountUsers(req.Context(), req.caller, search)
	if err != nil {
		return nil, err
	}
	return newReply(map[string]int{"count": count})
}

// userSearch reads the filters and the order of a search.
func (q *query) userSearch() roundtable.UserSearch {
	search := roundtable.UserSearch{
		OrgID: q.integer("org_id"), Query: q.shortText("query"), Disabled: q.boolean("disabled"),
		HasBusinesses: q.boolean("has_businesses"), LastName: q.shortText("last_name").Value,
		Business: q.shortText("business_id").Value, Keywords: q.list("keywords"),
	}
	if len(search.Keywords) > maxSearchKeywords {
		q.invalid("keywords", "Must be at most 100.")
	}
	if email := q.text("email"); email.Set {
		key, ok := roundtable.EmailKey(email.Value)
		if !ok {
			q.refuse("email", roundtable.CodeInvalidEmail, "Not a valid e-mail address.")
		}
		search.EmailKey = key
	}
	for _, status := range q.choices("status", string(roundtable.Active), string(roundtable.Invited)) {
		search.Statuses = append(search.Statuses, roundtable.Status(status))
	}
	for _, role := range q.choices("role", names(roundtable.AllRoles())...) {
		search.Roles = append(search.Roles, roundtable.Role(role))
	}
	q.userOrder(&search)
	return search
}

// userOrders are the values of order_by, each also with a minus before it. Nobody has
// a group_id.
var userOrders = map[string]roundtable.UserOrder{
	"email": roundtable.OrderByEmail, "first_name": roundtable.OrderByFirstName, "last_name": roundtable.OrderByLastName,
	"name": roundtable.OrderByLastName, "role": roundtable.OrderByRole, "org_id": roundtable.OrderByOrg,
	"group_id": roundtable.OrderByID, "status": roundtable.OrderByStatus,
}

func (q *query) userOrder(search *roundtable.UserSearch) {
	text := q.text("order_by").Value
	if text == "" {
		return
	}
	name, descending := strings.CutPrefix(text, "-")
	order, known := userOrders[name]
	if !known {
		q.invalid("order_by", "Must be email, first_name, last_name, name, role, org_id, group_id or status, with or without a - before it.")
	}
	search.Order, search.Descending = order, descending
}

// shortText reads a text that is searched for.
func (q *query) shortText(name string) roundtable.Opt[string] {
	text := q.text(name)
	if len(text.Value) > maxSearchText {
		q.invalid(name, "Must be at most 256 bytes long.")
		return roundtable.Opt[string]{}
	}
	return text
}

func names[T ~string](values []T) []string {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = string(value)
	}
	return list
}
