package directory

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

var (
	bytesLiteral = regexp.MustCompile(`x'([0-9a-f]*)'`)
	hexCall      = regexp.MustCompile(`\bhex\((\w+)\)`)
)

// portable puts a statement of a test, with its bytes as x'00' and its hex(column), in
// the words of the engine that the tests run on.
func portable(text string) string {
	if dbtest.Engine() == db.PostgreSQL {
		text = bytesLiteral.ReplaceAllString(text, `'\x$1'`)
		text = hexCall.ReplaceAllString(text, "upper(encode($1, 'hex'))")
	}
	return text
}

// quoted is the value of a column as an SQL literal.
func quoted(c dbtest.Column) string {
	switch {
	case dbtest.Engine() == db.SQLite:
		return "quote(" + c.Value + ")"
	case c.Type == "text" || c.Type == "bytea":
		return "coalesce(quote_literal(" + c.Value + "), 'NULL')"
	}
	return "coalesce((" + c.Value + ")::text, 'NULL')"
}

// columns are those of a table.
func (d *opened) columns(t *testing.T, table string) (columns []dbtest.Column) {
	t.Helper()
	err := d.db.Read(t.Context(), func(tx *db.Tx) error {
		all, err := dbtest.Columns(tx)
		for _, c := range all {
			if c.Table == table {
				columns = append(columns, c)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return columns
}

// dangling finds rows that name one which is not there.
func (d *opened) dangling(t *testing.T) (found []string) {
	t.Helper()
	var references []dbtest.Reference
	err := d.db.Read(t.Context(), func(tx *db.Tx) (err error) {
		references, err = dbtest.References(tx)
		return err
	})
	if err != nil || len(references) < 20 {
		t.Fatalf("%d references, %v", len(references), err)
	}
	for _, r := range references {
		for _, row := range d.query(t, fmt.Sprintf("SELECT %s || '' FROM %s WHERE %[1]s IS NOT NULL AND %[1]s NOT IN (SELECT id FROM %[3]s)", r.Column, r.Table, r.Parent)) {
			found = append(found, r.Table+"."+r.Column+" "+row)
		}
	}
	return found
}

// plantRefusal has the database refuse, from now on, to write rows of a table whose
// column holds one of the values: with an error that tells of "planted".
func (d *opened) plantRefusal(t *testing.T, table, column string, values ...string) {
	t.Helper()
	list := "('" + strings.Join(values, "', '") + "')"
	if d.db.Engine() == db.PostgreSQL {
		d.exec(t, fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT planted CHECK (%s NOT IN %s) NOT VALID", table, column, list))
		return
	}
	for _, event := range []string{"INSERT", "UPDATE"} {
		d.exec(t, fmt.Sprintf("CREATE TRIGGER planted_%s BEFORE %[1]s ON %s WHEN NEW.%s IN %s BEGIN SELECT RAISE(ABORT, 'planted'); END",
			event, table, column, list))
	}
}

// dropRefusal takes away what plantRefusal planted.
func (d *opened) dropRefusal(t *testing.T, table string) {
	t.Helper()
	if d.db.Engine() == db.PostgreSQL {
		d.exec(t, "ALTER TABLE "+table+" DROP CONSTRAINT planted")
		return
	}
	d.exec(t, "DROP TRIGGER planted_INSERT", "DROP TRIGGER planted_UPDATE")
}

// plantLateRefusal is plantRefusal that costs the whole transaction: on SQLite it is
// rolled back at once, on PostgreSQL it comes with the commit.
func (d *opened) plantLateRefusal(t *testing.T, table, column string, values ...string) {
	t.Helper()
	list := "('" + strings.Join(values, "', '") + "')"
	if d.db.Engine() == db.PostgreSQL {
		d.exec(t, "CREATE TABLE planted (id TEXT PRIMARY KEY)", "INSERT INTO planted SELECT id FROM users WHERE id NOT IN "+list)
		d.exec(t, fmt.Sprintf("ALTER TABLE %s ADD CONSTRAINT planted FOREIGN KEY (%s) REFERENCES planted (id) DEFERRABLE INITIALLY DEFERRED NOT VALID", table, column))
		return
	}
	d.exec(t, fmt.Sprintf("CREATE TRIGGER planted AFTER INSERT ON %s WHEN NEW.%s IN %s BEGIN SELECT RAISE(ROLLBACK, 'planted'); END", table, column, list))
}
