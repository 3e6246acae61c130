package db

import (
	"fmt"
	"slices"
	"strings"
)

// Table is a table of the schema, as both engines have it.
type Table struct {
	Name    string
	Columns []Column // those that only one engine has are left out
	Key     []string // columns of the primary key, in its order
	// Numbered is a table whose key is a number, which the engine gives.
	Numbered bool
}

// Column is a column of a table.
type Column struct {
	Name   string
	Type   ColumnType
	Parent string // the table whose key it refers to, if it does
}

// ColumnType is what a column holds.
type ColumnType string

// The types of columns. SQLite stores booleans as integers and calls them so.
const (
	IntegerColumn ColumnType = "integer"
	BooleanColumn ColumnType = "boolean"
	TextColumn    ColumnType = "text"
	BytesColumn   ColumnType = "bytes"
)

// Tables reads the tables of the schema, those that are referred to before those that
// refer to them. What engines and migrations keep for themselves is left out.
func (t *Tx) Tables() ([]Table, error) {
	parents, err := t.references()
	if err != nil {
		return nil, err
	}
	found, err := t.columns(parents)
	if err != nil {
		return nil, err
	}
	return inOrder(found)
}

// references finds the table that a column refers to, by table and column.
func (t *Tx) references() (map[[2]string]string, error) {
	text := ByEngine{
		SQLite: `SELECT t.name, f."from", f."table" FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'`,
		PostgreSQL: `SELECT t.relname, a.attname, r.relname FROM pg_catalog.pg_constraint c
			JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
			JOIN pg_catalog.pg_class r ON r.oid = c.confrelid
			JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
			JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
			WHERE c.contype = 'f' AND n.nspname = current_schema()`,
	}
	parents := make(map[[2]string]string)
	err := t.Each(text.For(t), nil, func(rows *Rows) error {
		var table, column, parent string
		err := rows.Scan(&table, &column, &parent)
		parents[[2]string{table, column}] = parent
		return err
	})
	return parents, err
}

func (t *Tx) columns(parents map[[2]string]string) ([]Table, error) {
	text := ByEngine{
		SQLite: `SELECT t.name, c.name, lower(c.type), c.pk FROM sqlite_master t, pragma_table_info(t.name) c
			WHERE t.type = 'table' AND t.name <> 'goose_db_version' AND t.name NOT LIKE 'sqlite$_%' ESCAPE '$' ORDER BY t.name, c.cid`,
		PostgreSQL: `SELECT c.table_name, c.column_name, c.data_type, coalesce(k.ordinal_position, 0) FROM information_schema.columns c
			JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
			LEFT JOIN information_schema.table_constraints p
				ON p.table_schema = c.table_schema AND p.table_name = c.table_name AND p.constraint_type = 'PRIMARY KEY'
			LEFT JOIN information_schema.key_column_usage k
				ON k.constraint_schema = p.constraint_schema AND k.constraint_name = p.constraint_name
				AND k.table_name = c.table_name AND k.column_name = c.column_name
			WHERE c.table_schema = current_schema() AND c.table_name NOT IN ('goose_db_version', 'migration_lock')
			ORDER BY c.table_name, c.ordinal_position`,
	}
	var tables []Table
	err := t.Each(text.For(t), nil, func(rows *Rows) error {
		var table, stored string
		var place int
		column := Column{}
		if err := rows.Scan(&table, &column.Name, &stored, &place); err != nil {
			return err
		}
		var shared bool
		if column.Type, shared = columnType(stored); !shared {
			return nil
		}
		column.Parent = parents[[2]string{table, column.Name}]
		if len(tables) == 0 || tables[len(tables)-1].Name != table {
			tables = append(tables, Table{Name: table})
		}
		tables[len(tables)-1].add(column, place)
		return nil
	})
	return tables, err
}

// columnType reports false for a type that only one engine has.
func columnType(stored string) (t ColumnType, shared bool) {
	switch stored {
	case "integer", "bigint":
		return IntegerColumn, true
	case "boolean":
		return BooleanColumn, true
	case "text":
		return TextColumn, true
	case "blob", "bytea":
		return BytesColumn, true
	}
	return "", false
}

// add takes a column in; place is where it stands in the key, from 1.
func (t *Table) add(c Column, place int) {
	t.Columns = append(t.Columns, c)
	if place > 0 {
		t.Key = slices.Grow(t.Key, place)[:max(place, len(t.Key))]
		t.Key[place-1] = c.Name
	}
	t.Numbered = len(t.Key) == 1 && t.Key[0] == "id" && t.Columns[0].Type == IntegerColumn
}

// inOrder puts every table behind those that it refers to.
func inOrder(tables []Table) ([]Table, error) {
	ordered := make([]Table, 0, len(tables))
	placed := make(map[string]bool)
	ready := func(t Table) bool {
		return !placed[t.Name] && !slices.ContainsFunc(t.Columns, func(c Column) bool {
			return c.Parent != "" && c.Parent != t.Name && !placed[c.Parent]
		})
	}
	for len(ordered) < len(tables) {
		next := slices.IndexFunc(tables, ready)
		if next < 0 {
			return nil, fmt.Errorf("db: tables refer to each other in a circle")
		}
		ordered = append(ordered, tables[next])
		placed[tables[next].Name] = true
	}
	return ordered, nil
}

// LastID is the highest number that a numbered table has or may have given.
func (t *Tx) LastID(table string) (int64, error) {
	// Tables without AUTOINCREMENT have no row in sqlite_sequence.
	text := ByEngine{
		SQLite:     "SELECT max(coalesce((SELECT max(id) FROM @), 0), coalesce((SELECT seq FROM sqlite_sequence WHERE name = '@'), 0))",
		PostgreSQL: "SELECT greatest(coalesce((SELECT max(id) FROM @), 0), (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM @_id_seq))",
	}
	var last int64
	_, err := t.One(strings.ReplaceAll(text.For(t), "@", table), nil, &last)
	return last, err
}

// SetLastID has a numbered table give only numbers above last, whatever rows it has.
func (t *Tx) SetLastID(table string, last int64) error {
	if last == 0 {
		return nil
	}
	if t.engine == PostgreSQL {
		_, err := t.One("SELECT setval('"+table+"_id_seq', $1)", []any{last}, new(int64))
		return err
	}
	n, err := t.Exec("UPDATE sqlite_sequence SET seq = $1 WHERE name = $2", last, table)
	if err != nil || n > 0 {
		return err
	}
	// A table that was empty all along. Without AUTOINCREMENT it needs no row.
	_, err = t.Exec(`INSERT INTO sqlite_sequence (name, seq)
		SELECT name, $1 FROM sqlite_master WHERE type = 'table' AND name = $2 AND sql LIKE '%AUTOINCREMENT%'`, last, table)
	return err
}

// Values returns the columns of the present row as they are stored: nil, int64,
// float64, string or []byte. A boolean is 0 or 1.
func (r *Rows) Values() ([]any, error) {
	if r.cursor == nil || !r.row {
		return nil, ErrDone
	}
	values := make([]any, r.cursor.columns())
	for i := range values {
		switch c := r.cursor.cell(i); c.kind {
		case kindInt:
			values[i] = c.number
		case kindFloat:
			values[i] = c.float
		case kindText:
			values[i] = string(c.bytes)
		case kindBlob:
			values[i] = append([]byte{}, c.bytes...)
		}
	}
	return values, nil
}
