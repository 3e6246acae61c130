package directory

import (
	"fmt"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// userSource is where users of one reason come from, in an order of their own: ids, or
// a query that has an index.
type userSource struct {
	reason roundtable.ReasonKind
	ids    []string
	query  string // "FROM … WHERE …"; empty: ids
	column string
	order  string
	args   []any
}

// aboveManagers is the condition of the index that knows the few users who are no
// managers of groups or businesses.
const aboveManagers = " AND u.role IN ('PROVIDER', 'ORG_ADMIN', 'ORG_MANAGER', 'PUBLISHER')"

// ofRole are the users of an organisation with a role above managers.
func ofRole(reason roundtable.ReasonKind, role roundtable.Role, orgID int64) userSource {
	return userSource{
		reason: reason, query: "FROM users u WHERE u.role = $1 AND u.org_id = $2" + aboveManagers,
		column: "u.id", order: "u.id", args: []any{string(role), orgID},
	}
}

// providersOf are the PROVIDER users of a provider.
func providersOf(provider int64) userSource {
	return userSource{
		reason: roundtable.ReasonRole, column: "u.id", order: "u.org_id, u.id", args: []any{provider},
		query: "FROM users u JOIN orgs o ON o.id = u.org_id WHERE u.role = 'PROVIDER' AND o.provider_id = $1" + aboveManagers,
	}
}

// assignedTo are the users to whom a business is assigned.
func assignedTo(business string) userSource {
	return userSource{
		reason: roundtable.ReasonAssignment, query: "FROM user_businesses b WHERE b.business_id = $1",
		column: "b.user_id", order: "b.user_id", args: []any{business},
	}
}

// pageOf counts the users of all sources and returns those of a page.
func pageOf(tx *db.Tx, sources []userSource, page Page) (count int, ids []string, err error) {
	counts := make([]int, len(sources))
	for i, s := range sources {
		if counts[i], err = s.count(tx); err != nil {
			return 0, nil, err
		}
		count += counts[i]
	}
	from, to := page.Window(count)
	for i, s := range sources {
		if part := min(to, counts[i]); from < part {
			if ids, err = s.read(tx, ids, from, part); err != nil {
				return 0, nil, err
			}
		}
		from, to = max(0, from-counts[i]), max(0, to-counts[i])
	}
	return count, ids, nil
}

func (s *userSource) count(tx *db.Tx) (count int, err error) {
	if s.query == "" {
		return len(s.ids), nil
	}
	_, err = tx.One("SELECT COUNT(*) "+s.query, s.args, &count)
	return count, err
}

// read appends the users from one place to another.
func (s *userSource) read(tx *db.Tx, ids []string, from, to int) ([]string, error) {
	if s.query == "" {
		return append(ids, s.ids[from:to]...), nil
	}
	n := len(s.args)
	text := fmt.Sprintf("SELECT %s %s ORDER BY %s LIMIT $%d OFFSET $%d", s.column, s.query, s.order, n+1, n+2)
	err := tx.Each(text, append(s.args, to-from, from), func(rows *db.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}
