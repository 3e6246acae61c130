package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// dump is every row of every table: "table key" to the row as a JSON object.
type dump map[string]string

// dump reads the whole database. Bytes are told in hexadecimal.
func (c *company) dump(t *testing.T) dump {
	t.Helper()
	rows := dump{}
	err := c.db.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Each(c.query, nil, func(r *db.Rows) error {
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
	keys, members := map[string][]string{}, map[string][]string{}
	err := tx.Each(`SELECT m.name, c.name, c.type, c.pk FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid`, nil, func(r *db.Rows) error {
		var table, column, kind string
		var key int
		if err := r.Scan(&table, &column, &kind, &key); err != nil || column == "shops_version" { // which only counts what other rows tell
			return err
		}
		value := column
		if kind == "BLOB" {
			value = "hex(" + column + ")"
		}
		members[table] = append(members[table], "'"+column+"', "+value)
		if key > 0 {
			keys[table] = append(keys[table], value)
		}
		return nil
	})
	var parts []string
	for _, table := range slices.Sorted(maps.Keys(members)) {
		parts = append(parts, fmt.Sprintf("SELECT '%s ' || %s, json_object(%s) FROM %s",
			table, strings.Join(keys[table], " || '/' || "), strings.Join(members[table], ", "), table))
	}
	return strings.Join(parts, " UNION ALL "), err
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
		panic(err) // SQLite wrote it
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
