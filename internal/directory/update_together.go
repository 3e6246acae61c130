package directory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// updateTogether is the update of many users in one statement, of those who changed
// nothing but what no rule reads: most do.
type updateTogether struct {
	sql     string
	columns []string // in the order of the rows, behind the id
	users   *columns
}

// updatesTogether is empty for SQLite, to which a statement costs less than what this
// one takes to put its rows together.
func updatesTogether(engine db.Engine, users *columns) updateTogether {
	if engine != db.PostgreSQL {
		return updateTogether{}
	}
	u := updateTogether{columns: roundtable.InertColumns(), users: users}
	types, set := []string{"CAST(NULL AS text)"}, make([]string, len(u.columns))
	for i, column := range u.columns {
		types = append(types, "CAST(NULL AS "+users.types[column]+")")
		set[i] = fmt.Sprintf("%s = v.column%d", column, i+2)
	}
	// The first row says what the columns are, and is nobody's.
	u.sql = "UPDATE users SET " + strings.Join(set, ", ") + " FROM (VALUES (" + strings.Join(types, ", ") + "), (?rows)) AS v WHERE users.id = v.column1"
	return u
}

// holds reports whether a change can be written so.
func (u *updateTogether) holds(before, after *roundtable.User) bool {
	if u.sql == "" {
		return false
	}
	return !slices.ContainsFunc(roundtable.ChangedColumns(before, after), func(column string) bool { return !slices.Contains(u.columns, column) })
}

func (u *updateTogether) row(user *roundtable.User) []any {
	row := []any{user.ID}
	for _, column := range u.columns {
		row = append(row, u.users.value(user, column))
	}
	return row
}
