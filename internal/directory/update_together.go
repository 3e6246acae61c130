package directory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// updateTogether is the update of many users in one statement, of those who changed
// nothing but what no rule reads: most do. It returns the ids of those whom it found as
// they had been read, and leaves the others alone.
type updateTogether struct {
	sql     string
	events  string   // inserts the events of those who were written
	columns []string // in the order of the rows, behind the id and the version that was read
	users   *columns
}

// updatesTogether is empty for SQLite, to which a statement costs less than what this
// one takes to put its rows together.
func updatesTogether(engine db.Engine, users *columns) updateTogether {
	if engine != db.PostgreSQL {
		return updateTogether{}
	}
	u := updateTogether{events: insertEventsOfWritten(), columns: roundtable.InertColumns(), users: users}
	types, set := []string{"text", "bigint"}, make([]string, len(u.columns))
	for i, column := range u.columns {
		types = append(types, users.types[column])
		set[i] = fmt.Sprintf("%s = v.column%d", column, i+3)
	}
	u.sql = "UPDATE users SET " + strings.Join(set, ", ") + " FROM " + rowsOf(types) +
		" WHERE users.id = v.column1 AND users.version = v.column2 RETURNING users.id"
	return u
}

// rowsOf is a table v of rows to come, with columns column1, column2 and so on. Its first
// row says what they are, and is nobody's.
func rowsOf(types []string) string {
	return "(VALUES (CAST(NULL AS " + strings.Join(types, "), CAST(NULL AS ") + ")), (?rows)) AS v"
}

// holds reports whether a change can be written so.
func (u *updateTogether) holds(before, after *roundtable.User) bool {
	if u.sql == "" {
		return false
	}
	return !slices.ContainsFunc(roundtable.ChangedColumns(before, after), func(column string) bool { return !slices.Contains(u.columns, column) })
}

func (u *updateTogether) row(before, after *roundtable.User) []any {
	row := []any{after.ID, before.Version}
	for _, column := range u.columns {
		row = append(row, u.users.value(after, column))
	}
	return row
}
