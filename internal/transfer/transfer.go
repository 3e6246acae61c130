package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// ErrNotEmpty is a target that holds something.
var ErrNotEmpty = errors.New("the target is not empty")

// Arrival is a table that arrived.
type Arrival struct {
	Table string
	Rows  int64
	Sum   [32]byte // SHA-256 over all rows in the order of the key, alike on every engine
}

// Progress is where a transfer stands.
type Progress struct {
	Table       string
	Checking    bool  // what arrived is read again
	Done, Total int64 // rows of the table
}

// Copy copies every row of from into to, whose schema is the same and which is empty.
// The source is read in one snapshot. All is written in one transaction, which is
// committed only after every table was read back and found the same: an error leaves
// the target empty. report is called now and then, and may not be nil.
func Copy(ctx context.Context, from, to *db.DB, report func(Progress)) ([]Arrival, error) {
	for _, d := range []*db.DB{from, to} {
		if err := requireHead(ctx, d); err != nil {
			return nil, err
		}
	}
	var arrivals []Arrival
	err := to.Write(ctx, func(target *db.Tx) error {
		c := &copying{ctx: ctx, target: target, report: report, text: to.Engine() == db.PostgreSQL}
		if err := c.begin(); err != nil {
			return err
		}
		err := from.Read(ctx, func(source *db.Tx) error {
			c.source = source
			return c.send()
		})
		if err != nil {
			return err
		}
		arrivals = c.sent
		return c.check()
	})
	return arrivals, err
}

// requireHead refuses a schema that is not this program's: rows of another one do not
// fit.
func requireHead(ctx context.Context, d *db.DB) error {
	version, err := d.SchemaVersion(ctx)
	if err == nil && version != db.Head() {
		err = fmt.Errorf("the %s database has schema version %d, and this program copies version %d; migrate it first, with a release that knows both",
			d.Engine(), version, db.Head())
	}
	return err
}

// copying is a transfer under way.
type copying struct {
	ctx            context.Context
	source, target *db.Tx
	text           bool // the target takes only what is text as text
	tables         []db.Table
	sent           []Arrival
	report         func(Progress)
}

// begin reads what the tables of the target are and that they hold nothing.
func (c *copying) begin() (err error) {
	if c.tables, err = c.target.Tables(); err != nil {
		return err
	}
	for _, table := range c.tables {
		found, err := c.target.One("SELECT 1 FROM "+table.Name+" LIMIT 1", nil, new(int))
		if err != nil {
			return err
		}
		if found {
			return fmt.Errorf("%w: %s has rows; name a new database", ErrNotEmpty, table.Name)
		}
	}
	return nil
}

// send copies every table.
func (c *copying) send() error {
	theirs, err := c.source.Tables()
	if err != nil {
		return err
	}
	for _, table := range c.tables {
		same := func(other db.Table) bool { return sameTable(table, other) }
		if !slices.ContainsFunc(theirs, same) || len(theirs) != len(c.tables) {
			return fmt.Errorf("the databases do not have the same tables: %s differs, although the schema has the same version", table.Name)
		}
		if err := c.sendTable(table); err != nil {
			return fmt.Errorf("copy %s: %w", table.Name, err)
		}
	}
	return nil
}

// sameTable compares what matters to a row.
func sameTable(a, b db.Table) bool {
	return a.Name == b.Name && slices.Equal(a.Key, b.Key) && slices.EqualFunc(a.Columns, b.Columns, func(x, y db.Column) bool {
		return x.Name == y.Name && stored(x.Type) == stored(y.Type)
	})
}

// stored is the type that SQLite has for a type.
func stored(t db.ColumnType) db.ColumnType {
	if t == db.BooleanColumn {
		return db.IntegerColumn
	}
	return t
}

func (c *copying) sendTable(table db.Table) error {
	var total int64
	if _, err := c.source.One("SELECT count(*) FROM "+table.Name, nil, &total); err != nil {
		return err
	}
	insert := insertInto(table)
	sum, done := newSum(), int64(0)
	c.report(Progress{Table: table.Name, Total: total})
	err := eachPage(c.ctx, c.source, table, func(rows [][]any) error {
		for _, row := range rows {
			if c.text {
				if err := requireText(table, row); err != nil {
					return err
				}
			}
			sum.add(row)
			if err := c.target.Later(insert, row...); err != nil {
				return err
			}
		}
		done += int64(len(rows))
		c.report(Progress{Table: table.Name, Done: done, Total: total})
		return nil
	})
	if err != nil {
		return err
	}
	if table.Numbered {
		last, err := c.source.LastID(table.Name)
		if err != nil {
			return err
		}
		if err := c.target.SetLastID(table.Name, last); err != nil {
			return err
		}
	}
	c.sent = append(c.sent, Arrival{Table: table.Name, Rows: done, Sum: sum.end()})
	return nil
}

// check reads the target again and compares.
func (c *copying) check() error {
	for i, table := range c.tables {
		sum, done, sent := newSum(), int64(0), c.sent[i]
		err := eachPage(c.ctx, c.target, table, func(rows [][]any) error {
			for _, row := range rows {
				sum.add(row)
			}
			done += int64(len(rows))
			c.report(Progress{Table: table.Name, Checking: true, Done: done, Total: sent.Rows})
			return nil
		})
		if err != nil {
			return fmt.Errorf("check %s: %w", table.Name, err)
		}
		if got := sum.end(); done != sent.Rows || !bytes.Equal(got[:], sent.Sum[:]) {
			return fmt.Errorf("%s did not arrive whole: %d rows with sum %x of %d with sum %x", table.Name, done, got, sent.Rows, sent.Sum)
		}
	}
	return nil
}
