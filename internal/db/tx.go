package db

import "fmt"

// Tx is a transaction, or in Get a single statement. It is valid until the
// function that received it returns, and for one goroutine.
type Tx struct {
	conn   *conn
	writes bool
}

// Query starts a statement that returns rows. Rows left open are closed when
// the transaction ends.
func (t *Tx) Query(sql string, args ...any) (*Rows, error) {
	return t.query(statementKey{sql: sql}, args)
}

func (t *Tx) query(key statementKey, args []any) (*Rows, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	s, err := t.conn.start(key, args)
	if err != nil {
		return nil, err
	}
	s.rows = &Rows{stmt: s}
	return s.rows, nil
}

// Exec runs a statement and returns how many rows it inserted, updated or deleted.
func (t *Tx) Exec(sql string, args ...any) (affected int64, err error) {
	return t.exec(statementKey{sql: sql}, args)
}

func (t *Tx) exec(key statementKey, args []any) (int64, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	if !t.writes {
		return 0, ErrReadOnly
	}
	return t.conn.exec(key, args)
}

// usable refuses what comes after the end, and what would be committed on its
// own because the engine has rolled the transaction back, as on a full disk.
func (t *Tx) usable() error {
	if t.conn == nil {
		return ErrDone
	}
	if t.writes && !t.conn.inTransaction() {
		return fmt.Errorf("%w: the transaction was rolled back after an earlier error", ErrUnavailable)
	}
	return nil
}

// Savepoint runs fn so that its error undoes what fn did, and nothing else. failed is
// the error of fn; err is that the transaction cannot go on.
func (t *Tx) Savepoint(fn func() error) (failed, err error) {
	if _, err := t.Exec("SAVEPOINT inner_step"); err != nil {
		return nil, err
	}
	open := len(t.conn.active)
	failed = fn()
	if err := t.usable(); err != nil {
		return failed, err
	}
	for len(t.conn.active) > open {
		t.conn.active[len(t.conn.active)-1].stop()
	}
	if failed != nil {
		if _, err := t.Exec("ROLLBACK TO inner_step"); err != nil {
			return failed, err
		}
	}
	_, err = t.Exec("RELEASE inner_step")
	return failed, err
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
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
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
	return true, rows.Scan(dest...)
}

// Rows are the results of a query, one row at a time.
type Rows struct {
	stmt *stmt // nil once closed
	err  error
	row  bool // Next has found a row
}

// Next goes to the next row and tells whether there is one. At the end, or
// after an error, the rows are closed.
func (r *Rows) Next() bool {
	if r.stmt == nil {
		return false
	}
	r.row, r.err = r.stmt.step()
	if !r.row {
		r.stmt.stop()
	}
	return r.row
}

// Scan copies the columns of the present row: to *string, *int64, *int, *bool,
// *float64, *[]byte, byte arrays, types of these kinds, pointers to pointers
// (NULL is nil) and slices, which are JSON text (NULL is nil).
func (r *Rows) Scan(dest ...any) error {
	if r.stmt == nil || !r.row {
		return ErrDone
	}
	if n := r.stmt.columns(); n != len(dest) {
		return fmt.Errorf("db: %d columns for %d destinations", n, len(dest))
	}
	for i, d := range dest {
		if err := r.stmt.scan(int32(i), d); err != nil {
			return fmt.Errorf("db: column %s: %w", r.stmt.columnName(int32(i)), err)
		}
	}
	return nil
}

// Err returns the error that ended Next.
func (r *Rows) Err() error { return r.err }

// Close ends the query; closing twice is harmless. It returns Err.
func (r *Rows) Close() error {
	if r.stmt != nil {
		r.stmt.stop()
	}
	return r.err
}
