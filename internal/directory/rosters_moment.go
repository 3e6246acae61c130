package directory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// moment is how far a snapshot shows the events. They are numbered by their ids on
// SQLite, which become visible in that order; on PostgreSQL by their transactions, which
// do not: one that began earlier may end later. Of two snapshots of a server one shows
// all that the other does.
type moment struct {
	server  string  // what the numbers are of; they mean nothing on another
	next    int64   // no event from here on is visible
	missing []int64 // before next, and not visible either: transactions under way
}

// snapshotMoment tells the moment of a snapshot, as first:next:missing@server.
var snapshotMoment = db.ByEngine{
	SQLite:     "SELECT '1:' || (COALESCE(MAX(id), 0) + 1) || ':@' FROM events",
	PostgreSQL: "SELECT pg_current_snapshot()::text || '@' || pg_postmaster_start_time()",
}

// eventsSince finds the events of a snapshot from one moment on, next $1 and missing $3,
// up to another's next $2, but no more than $4. Nothing is ever missing on SQLite.
var eventsSince = db.ByEngine{
	SQLite: "SELECT id, user_id, org_id, changes LIKE '%\"org_id\"%' FROM events" +
		" WHERE id >= $1 AND id < $2 AND $3 = '{}' ORDER BY id LIMIT $4",
	PostgreSQL: "SELECT xact::text::bigint, user_id, org_id, changes LIKE '%\"org_id\"%' FROM events" +
		" WHERE xact >= $1::bigint::text::xid8 AND xact < $2::bigint::text::xid8 OR xact = ANY ($3::text::xid8[]) LIMIT $4",
}

func readMoment(tx *db.Tx) (moment, error) {
	var text string
	if _, err := tx.One(snapshotMoment.For(tx), nil, &text); err != nil {
		return moment{}, err
	}
	return parseMoment(text)
}

func parseMoment(text string) (m moment, err error) {
	snapshot, server, _ := strings.Cut(text, "@")
	m.server = server
	parts := strings.Split(snapshot, ":")
	if len(parts) != 3 {
		return m, fmt.Errorf("a snapshot %q", text)
	}
	if m.next, err = strconv.ParseInt(parts[1], 10, 64); err != nil || parts[2] == "" {
		return m, err
	}
	for _, number := range strings.Split(parts[2], ",") {
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return m, err
		}
		m.missing = append(m.missing, n)
	}
	return m, nil
}

// shows reports whether an event is visible.
func (m moment) shows(number int64) bool {
	return number < m.next && !slices.Contains(m.missing, number)
}

// before reports whether a moment shows less than another of the same server.
func (m moment) before(other moment) bool {
	return m.next < other.next || m.next == other.next && len(m.missing) > len(other.missing)
}

// missingList writes the missing numbers as PostgreSQL takes them.
func (m moment) missingList() string {
	var b strings.Builder
	for i, n := range m.missing {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(n, 10))
	}
	return "{" + b.String() + "}"
}
