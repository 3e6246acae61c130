package db_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// keptRow is a line of rows.jsonl: a row as the release of its schema wrote it.
type keptRow struct {
	Table string
	Row   map[string]any
}

// TestReleasedSchemas takes every schema that was released, with rows in every table, to
// the newest: what stood there is still there. The schema itself is committed beside its
// rows, so that a migration that was released is never changed.
func TestReleasedSchemas(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("testdata/released/*")
	if err != nil || len(folders) == 0 {
		t.Fatal("no schemas", err)
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			version, err := strconv.ParseInt(filepath.Base(folder), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			d := dbtest.Opened(t, dbtest.Empty(t))
			if err := d.MigrateTo(t.Context(), version); err != nil {
				t.Fatal(err)
			}
			checkReleasedSchema(t, d, folder, version)
			rows := readKept(t, folder)
			plantKept(t, d, rows)
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := d.CheckSchema(t.Context()); err != nil {
				t.Error(err)
			}
			checkKept(t, d, rows)
		})
	}
}

func checkReleasedSchema(t *testing.T, d *db.DB, folder string, version int64) {
	t.Helper()
	name := filepath.Join(folder, "schema."+strings.ToLower(string(d.Engine()))+".sql")
	got := dump(t, d)
	if *update && version == db.Head() { // what is not the newest any more is never written anew
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the migrations no longer lead to %s. A released migration is not changed: write a new one. As long as it is not released: go test ./internal/db -run TestReleasedSchemas -update, on both engines", name)
	}
}

func readKept(t *testing.T, folder string) []keptRow {
	t.Helper()
	file, err := os.Open(filepath.Join(folder, "rows.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var rows []keptRow
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		var row keptRow
		decoder := json.NewDecoder(strings.NewReader(lines.Text()))
		decoder.UseNumber()
		if err := decoder.Decode(&row); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		for column, value := range row.Row {
			row.Row[column] = keptValue(t, value)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// keptValue is a value as Rows.Values returns it.
func keptValue(t *testing.T, value any) any {
	t.Helper()
	switch v := value.(type) {
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			t.Fatal(err)
		}
		return n
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case map[string]any:
		b, err := hex.DecodeString(fmt.Sprint(v["hex"]))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	return value
}

// plantKept inserts rows in their order, and wants some for every table.
func plantKept(t *testing.T, d *db.DB, rows []keptRow) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, row := range rows {
			var names, places []string
			var values []any
			for column, value := range row.Row {
				names, values = append(names, column), append(values, value)
				places = append(places, fmt.Sprintf("$%d", len(values)))
			}
			text := "INSERT INTO " + row.Table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(places, ", ") + ")"
			if _, err := tx.Exec(text, values...); err != nil {
				return err
			}
		}
		tables, err := tx.Tables()
		for _, table := range tables {
			first := slices.IndexFunc(rows, func(r keptRow) bool { return r.Table == table.Name })
			if first < 0 {
				t.Errorf("%s has no rows", table.Name)
				continue
			}
			for _, c := range table.Columns {
				if _, has := rows[first].Row[c.Name]; !has {
					t.Errorf("%s.%s has no value", table.Name, c.Name)
				}
			}
			if table.Numbered {
				if err := tx.KeepIDs(table.Name); err != nil {
					return err
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// checkKept finds every row by its key, with every value that its table still has.
func checkKept(t *testing.T, d *db.DB, rows []keptRow) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		tables, err := tx.Tables()
		if err != nil {
			return err
		}
		for _, row := range rows {
			at := slices.IndexFunc(tables, func(t db.Table) bool { return t.Name == row.Table })
			if at < 0 {
				continue // a later schema has done without
			}
			found, err := rowOf(tx, tables[at], row)
			if err != nil {
				return err
			}
			for column, want := range row.Row {
				if got, still := found[column]; (still || len(found) == 0) && fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
					t.Errorf("%s.%s of %v is %#v, was %#v", row.Table, column, row.Row, got, want)
				}
			}
		}
		if d.Engine() == db.SQLite {
			found, err := tx.One("SELECT 1 FROM pragma_foreign_key_check", nil, new(int))
			if err != nil || found {
				t.Errorf("a row refers to none: %v", err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rowOf reads the row with the key of another.
func rowOf(tx *db.Tx, table db.Table, row keptRow) (map[string]any, error) {
	var names, key []string
	var values []any
	for _, c := range table.Columns {
		names = append(names, c.Name)
	}
	for i, name := range table.Key {
		key, values = append(key, fmt.Sprintf("%s = $%d", name, i+1)), append(values, row.Row[name])
	}
	found := map[string]any{}
	text := "SELECT " + strings.Join(names, ", ") + " FROM " + table.Name + " WHERE " + strings.Join(key, " AND ")
	return found, tx.Each(text, values, func(rows *db.Rows) error {
		values, err := rows.Values()
		for i, value := range values {
			found[names[i]] = value
		}
		return err
	})
}
