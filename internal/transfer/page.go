package transfer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// pageRows is how many rows are read at once: few enough for any row to be small
// beside them, and for no statement to last long.
const pageRows = 1000

// eachPage visits the rows of a table in the order of its key, which is the same on
// every engine: numbers by their value, texts and bytes bytewise.
func eachPage(ctx context.Context, tx *db.Tx, table db.Table, visit func(rows [][]any) error) error {
	first, next := pageTexts(table)
	at := keyPlaces(table)
	text, after := first, []any(nil)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		var rows [][]any
		err := tx.Each(text, after, func(r *db.Rows) error {
			row, err := r.Values()
			rows = append(rows, row)
			return err
		})
		if err != nil {
			return err
		}
		if err := visit(rows); err != nil {
			return err
		}
		if len(rows) < pageRows {
			return nil
		}
		text, after = next, make([]any, len(at))
		for i, place := range at {
			after[i] = rows[len(rows)-1][place]
		}
	}
}

// pageTexts are the statements for the first page and for one behind a key.
func pageTexts(table db.Table) (first, next string) {
	key := strings.Join(table.Key, ", ")
	head := "SELECT " + columnNames(table) + " FROM " + table.Name
	tail := fmt.Sprintf(" ORDER BY %s LIMIT %d", key, pageRows)
	return head + tail, head + " WHERE (" + key + ") > (" + placeholders(len(table.Key)) + ")" + tail
}

// keyPlaces tells where in a row the columns of the key are.
func keyPlaces(table db.Table) []int {
	places := make([]int, len(table.Key))
	for i, name := range table.Key {
		places[i] = slices.IndexFunc(table.Columns, func(c db.Column) bool { return c.Name == name })
	}
	return places
}

func insertInto(table db.Table) string {
	return "INSERT INTO " + table.Name + " (" + columnNames(table) + ") VALUES (" + placeholders(len(table.Columns)) + ")"
}

func columnNames(table db.Table) string {
	names := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

func placeholders(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", i+1)
	}
	return strings.Join(list, ", ")
}

// requireText refuses what SQLite keeps as text and PostgreSQL does not, naming the row.
func requireText(table db.Table, row []any) error {
	for i, value := range row {
		text, ok := value.(string)
		if !ok || utf8.ValidString(text) && !strings.Contains(text, "\x00") {
			continue
		}
		var key []string
		for _, place := range keyPlaces(table) {
			key = append(key, fmt.Sprintf("%v", row[place]))
		}
		return fmt.Errorf("column %s of the row with key %q holds bytes that are no text, which PostgreSQL does not keep; mend it and try again",
			table.Columns[i].Name, key)
	}
	return nil
}
