package dbtest

import (
	"strings"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// Column is a column of the schema.
type Column struct {
	Table, Name string
	Type        string // as the engine names it
	Key         bool   // part of the primary key
	Value       string // an expression that is alike on every engine: bytes in hexadecimal, booleans as numbers
}

// Columns reads the columns of all tables, in the order of their places, but for those
// that migrating takes and those that only one engine has.
func Columns(tx *db.Tx) ([]Column, error) {
	text := db.ByEngine{
		SQLite: `SELECT m.name, c.name, c.type, c.pk > 0 FROM sqlite_master m, pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'goose%' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name, c.cid`,
		PostgreSQL: `SELECT c.table_name::text, c.column_name::text, c.data_type::text, k.column_name IS NOT NULL FROM information_schema.columns c
			LEFT JOIN information_schema.key_column_usage k ON k.constraint_name = c.table_name || '_pkey' AND k.column_name = c.column_name
			WHERE c.table_schema = 'public' AND c.table_name NOT IN ('goose_db_version', 'migration_lock') AND c.column_name <> 'xact'
			ORDER BY c.table_name::text COLLATE "C", c.ordinal_position`,
	}.For(tx)
	var columns []Column
	err := tx.Each(text, nil, func(r *db.Rows) error {
		var c Column
		err := r.Scan(&c.Table, &c.Name, &c.Type, &c.Key)
		c.Value = c.Name
		switch strings.ToUpper(c.Type) {
		case "BLOB":
			c.Value = "hex(" + c.Name + ")"
		case "BYTEA":
			c.Value = "upper(encode(" + c.Name + ", 'hex'))"
		case "BOOLEAN":
			c.Value = c.Name + "::int"
		}
		columns = append(columns, c)
		return err
	})
	return columns, err
}

// Reference is a column whose values the schema wants to find in another table.
type Reference struct{ Table, Column, Parent string }

// References reads the foreign keys, sorted.
func References(tx *db.Tx) ([]Reference, error) {
	text := db.ByEngine{
		SQLite: `SELECT m.name, f."from", f."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) f
			WHERE m.type = 'table' ORDER BY 1, 2`,
		PostgreSQL: `SELECT c.conrelid::regclass::text, a.attname::text, c.confrelid::regclass::text FROM pg_constraint c
			JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.contype = 'f' ORDER BY 1, 2`,
	}.For(tx)
	var references []Reference
	err := tx.Each(text, nil, func(r *db.Rows) error {
		var f Reference
		err := r.Scan(&f.Table, &f.Column, &f.Parent)
		references = append(references, f)
		return err
	})
	return references, err
}
