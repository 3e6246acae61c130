package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// dump is every row of every table: "table key" to the row as a JSON object.
type dump map[string]string

// dump reads the whole database. Bytes are told in hexadecimal.
func (c *company) dump(t *testing.T) dump {
	t.Helper()
	rows := dump{}
	err := c.db.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Each(everyRow, nil, func(r *db.Rows) error {
			var key, row string
			err := r.Scan(&key, &row)
			rows[key] = row
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// dumpQuery writes one query over all tables but the engine's and the migrations'
// own.
func dumpQuery(tx *db.Tx) (string, error) {
	columns, err := dbtest.Columns(tx)
	if err != nil {
		return "", err
	}
	object := db.ByEngine{SQLite: "json_object", PostgreSQL: "json_build_object"}.For(tx)
	keys, members := map[string][]string{}, map[string][]string{}
	for _, c := range columns {
		if c.Name == "shops_version" { // which only counts what other rows tell
			continue
		}
		members[c.Table] = append(members[c.Table], "'"+c.Name+"', "+c.Value)
		if c.Key {
			keys[c.Table] = append(keys[c.Table], c.Value)
		}
	}
	var parts []string
	for _, table := range slices.Sorted(maps.Keys(members)) {
		parts = append(parts, fmt.Sprintf("SELECT '%s ' || %s, CAST(%s(%s) AS TEXT) FROM %s",
			table, strings.Join(keys[table], " || '/' || "), object, strings.Join(members[table], ", "), table))
	}
	return strings.Join(parts, " UNION ALL "), nil
}

// table returns the rows of a table in the order of their keys.
func (d dump) table(name string) []map[string]any {
	var found []map[string]any
	for _, key := range slices.Sorted(maps.Keys(d)) {
		if strings.HasPrefix(key, name+" ") {
			found = append(found, decodeRow(d[key]))
		}
	}
	return found
}

// row returns one row; nil: it is not there.
func (d dump) row(key string) map[string]any {
	if _, ok := d[key]; !ok {
		return nil
	}
	return decodeRow(d[key])
}

func decodeRow(text string) map[string]any {
	var row map[string]any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&row); err != nil {
		panic(err) // the database wrote it
	}
	return row
}

// rowChange is a row that differs between two dumps; the side where it is not
// there is nil.
type rowChange struct{ before, after map[string]any }

// changes compares two dumps.
func (d dump) changes(after dump) map[string]rowChange {
	changes := map[string]rowChange{}
	for key, row := range d {
		if after[key] != row {
			changes[key] = rowChange{decodeRow(row), after.row(key)}
		}
	}
	for key := range after {
		if _, ok := d[key]; !ok {
			changes[key] = rowChange{nil, after.row(key)}
		}
	}
	return changes
}

// columns names the columns that differ.
func (r rowChange) columns() []string {
	var changed []string
	for _, column := range slices.Sorted(maps.Keys(r.after)) {
		if r.before[column] != r.after[column] {
			changed = append(changed, column)
		}
	}
	return changed
}

// tell writes a changed row as scripts name it.
func (r rowChange) tell(key string) string {
	switch {
	case r.before == nil:
		return "+" + key
	case r.after == nil:
		return "-" + key
	}
	return "~" + key + " " + strings.Join(r.columns(), " ")
}
