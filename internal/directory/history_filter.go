package directory

import (
	"context"
	"math"
	"strconv"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// HistoryFilter narrows a history; the zero value does not.
type HistoryFilter struct {
	Fields []string // events that changed one of them
	Actor  string   // events by this user

	// Events from Since on and before Until.
	Since, Until roundtable.Opt[roundtable.UnixMicros]
}

func (f HistoryFilter) all() bool {
	return len(f.Fields) == 0 && f.Actor == "" && !f.Since.Set && !f.Until.Set
}

// filterHistory reads a page of the events that a filter lets through, and counts them
// all along the user's chain. Who an actor was that the reader may not READ is not told
// by what a filter finds either.
func (w *workingSet) filterHistory(
	ctx context.Context, tx *db.Tx, caller Caller, target *roundtable.User, filter HistoryFilter, page Page, history *History,
) error {
	if filter.Actor != "" {
		by := []*Event{{actor: EventActor{UserID: filter.Actor}}}
		if readable, err := w.loadScope(ctx, tx, caller, by); err != nil || !readable[filter.Actor] {
			return err
		}
	}
	if target.LastEventID == nil {
		return nil
	}
	where, args := filter.where(*target.LastEventID)
	if _, err := tx.One(chainOf+" SELECT COUNT(*)"+where, args, &history.Count); err != nil {
		return err
	}
	if page.beyond(history.Count) {
		return nil
	}
	limit := " ORDER BY e.version DESC LIMIT $" + strconv.Itoa(len(args)+1) + " OFFSET $" + strconv.Itoa(len(args)+2)
	return tx.Each(chainOf+" SELECT "+eventColumns+where+limit, append(args, page.PerPage, page.offset()), func(rows *db.Rows) error {
		e, err := scanEvent(rows)
		history.Events = append(history.Events, e)
		return err
	})
}

// chainOf are all events of a user, whose last is $1.
const chainOf = "WITH RECURSIVE chain (id, previous_id) AS (SELECT id, previous_id FROM events WHERE id = $1" +
	" UNION ALL SELECT e.id, e.previous_id FROM chain c JOIN events e ON e.id = c.previous_id)"

// where is the condition on the chain that ends with last.
func (f HistoryFilter) where(last int64) (text string, args []any) {
	since, until := int64(math.MinInt64), int64(math.MaxInt64)
	if f.Since.Set {
		since = int64(f.Since.Value)
	}
	if f.Until.Set {
		until = int64(f.Until.Value)
	}
	args = []any{last, since, until}
	place := func(value any) string {
		args = append(args, value)
		return "$" + strconv.Itoa(len(args))
	}
	text = " FROM chain c JOIN events e ON e.id = c.id WHERE e.at >= $2 AND e.at < $3"
	if f.Actor != "" {
		text += " AND e.actor_id = " + place(f.Actor)
	}
	var fields []string
	for _, field := range f.Fields {
		// Within a JSON text these quotes stand around the name of a field only.
		pattern := `%"field":"` + strings.ReplaceAll(field, "_", "!_") + `"%`
		fields = append(fields, "e.changes LIKE "+place(pattern)+" ESCAPE '!'")
	}
	if len(fields) > 0 {
		text += " AND (" + strings.Join(fields, " OR ") + ")"
	}
	return text, args
}
