package db

import (
	"fmt"
	"slices"
)

// Tx is a transaction, or in Get a single statement. It is valid until the
// function that received it returns, and for one goroutine.
type Tx struct {
	session session // nil after the end
	engine  Engine
	writes  bool
}

// Query starts a statement that returns rows. Rows left open are closed when
// the transaction ends. An error of the statement may come with the rows.
func (t *Tx) Query(sql string, args ...any) (*Rows, error) {
	return t.query(statementKey{sql: sql}, args)
}

func (t *Tx) query(key statementKey, args []any) (*Rows, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	rows := new(Rows)
	if c, ok := t.session.(*conn); ok { // called by its type, the arguments need no room of their own
		return rows, c.start(key, args, rows)
	}
	return rows, t.session.start(key, slices.Clone(args), rows)
}

// Exec runs a statement and returns how many rows it inserted, updated or deleted.
func (t *Tx) Exec(sql string, args ...any) (affected int64, err error) {
	return t.exec(statementKey{sql: sql}, args)
}

func (t *Tx) exec(key statementKey, args []any) (int64, error) {
	if err := t.writable(); err != nil {
		return 0, err
	}
	if c, ok := t.session.(*conn); ok { // as in query
		return c.exec(key, args)
	}
	return t.session.exec(key, slices.Clone(args))
}

// Later is Exec for whoever does not ask what it came to. Over a network it waits for
// company: the statement runs before the next that is not Later, before the end of the
// Savepoint and before the commit, and there its error comes.
func (t *Tx) Later(sql string, args ...any) error {
	if err := t.writable(); err != nil {
		return err
	}
	if c, ok := t.session.(*conn); ok { // as in query
		_, err := c.exec(statementKey{sql: sql}, args)
		return err
	}
	return t.session.later(statementKey{sql: sql}, slices.Clone(args), nil)
}

// EachLater is Each for whoever can wait for the rows until Flush, or until the next
// statement that is not later: those that wait go to the server together. row may not
// use the transaction.
func (t *Tx) EachLater(sql string, args []any, row func(*Rows) error) error {
	return t.eachLater(statementKey{sql: sql}, args, row)
}

func (t *Tx) eachLater(key statementKey, args []any, row func(*Rows) error) error {
	if err := t.usable(); err != nil {
		return err
	}
	return t.session.later(key, args, row)
}

// Flush runs what was left for later, and returns its error.
func (t *Tx) Flush() error {
	if err := t.usable(); err != nil {
		return err
	}
	return t.session.flush()
}

// NextIDs returns n ids for rows of a table that is numbered by its column id. No row
// had them and no other transaction will; they need not be consecutive.
func (t *Tx) NextIDs(table string, n int) ([]int64, error) {
	if err := t.writable(); err != nil || n == 0 {
		return nil, err
	}
	return t.session.nextIDs(table, n)
}

// KeepIDs is to be called after rows were inserted with ids of their own choice: those
// and all below are not given any more.
func (t *Tx) KeepIDs(table string) error {
	if err := t.writable(); err != nil {
		return err
	}
	return t.session.keepIDs(table)
}

func (t *Tx) usable() error {
	if t.session == nil {
		return ErrDone
	}
	if t.writes {
		return t.session.usable()
	}
	return nil
}

func (t *Tx) writable() error {
	if err := t.usable(); err != nil {
		return err
	}
	if !t.writes {
		return ErrReadOnly
	}
	return nil
}

// Savepoint runs fn so that its error undoes what fn did, and nothing else. failed is
// the error of fn; err is that the transaction cannot go on.
func (t *Tx) Savepoint(fn func() error) (failed, err error) {
	if err := t.writable(); err != nil {
		return nil, err
	}
	return t.session.savepoint(fn)
}

// Each visits every row of a query and closes it. An error of row ends the
// visit and is returned as it is.
func (t *Tx) Each(sql string, args []any, row func(*Rows) error) error {
	return t.each(statementKey{sql: sql}, args, row)
}

func (t *Tx) each(key statementKey, args []any, row func(*Rows) error) error {
	rows, err := t.query(key, args)
	if err != nil {
		return err
	}
	return rows.visit(row)
}

// One scans the first row of a query and tells whether there was one.
func (t *Tx) One(sql string, args []any, dest ...any) (found bool, err error) {
	rows, err := t.Query(sql, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if !rows.Next() {
		return false, rows.Err()
	}
	if err := rows.Scan(dest...); err != nil {
		return true, err
	}
	return true, rows.Close()
}

// Rows are the results of a query, one row at a time.
type Rows struct {
	cursor cursor // nil once closed
	err    error
	row    bool // Next has found a row
}

// Next goes to the next row and tells whether there is one. At the end, or
// after an error, the rows are closed.
func (r *Rows) Next() bool {
	if r.cursor == nil {
		return false
	}
	r.row, r.err = r.cursor.step()
	if !r.row {
		r.cursor.stop()
	}
	return r.row
}

// visit visits all rows and closes them.
func (r *Rows) visit(row func(*Rows) error) error {
	defer r.Close()
	for r.Next() {
		if err := row(r); err != nil {
			return err
		}
	}
	return r.Err()
}

// Scan copies the columns of the present row: to *string, *int64, *int, *bool,
// *float64, *[]byte, byte arrays, types of these kinds, pointers to pointers
// (NULL is nil) and slices, which are JSON text (NULL is nil).
func (r *Rows) Scan(dest ...any) error {
	if r.cursor == nil || !r.row {
		return ErrDone
	}
	if n := r.cursor.columns(); n != len(dest) {
		return fmt.Errorf("db: %d columns for %d destinations", n, len(dest))
	}
	for i, d := range dest {
		c := r.cursor.cell(i)
		if err := c.scan(d); err != nil {
			return fmt.Errorf("db: column %s: %w", r.cursor.columnName(i), err)
		}
	}
	return nil
}

// Err returns the error that ended Next.
func (r *Rows) Err() error { return r.err }

// Close ends the query; closing twice is harmless. It returns Err.
func (r *Rows) Close() error {
	if r.cursor != nil {
		r.cursor.stop()
	}
	return r.err
}
