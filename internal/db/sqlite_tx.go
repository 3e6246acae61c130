package db

import "fmt"

// transact runs fn between begin and its end, which comes on a panic too.
func (c *conn) transact(begin string, writes bool, fn func(*Tx) error) (err error) {
	if begin != "" {
		if err := c.run(begin); err != nil {
			return err
		}
	}
	tx := &Tx{session: c, engine: SQLite, writes: writes}
	commit := false
	defer func() {
		tx.session = nil
		if ended := c.end(commit); err == nil {
			err = ended
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	commit = begin != ""
	return nil
}

// end closes what is open and then commits or rolls back. A commit that fails
// is rolled back.
func (c *conn) end(commit bool) error {
	c.stopAll()
	clear(c.given)
	var err error
	if commit {
		err = c.run("COMMIT")
	}
	if c.inTransaction() {
		if undo := c.run("ROLLBACK"); err == nil {
			err = undo
		}
	}
	return err
}

// usable refuses what would be committed on its own because the engine has rolled the
// transaction back, as on a full disk.
func (c *conn) usable() error {
	if !c.inTransaction() {
		return fmt.Errorf("%w: the transaction was rolled back after an earlier error", ErrUnavailable)
	}
	return nil
}

// later runs the statement now: there is no way that it could save.
func (c *conn) later(key statementKey, args []any, row func(*Rows) error) error {
	if row == nil {
		_, err := c.exec(key, args)
		return err
	}
	rows := new(Rows)
	if err := c.start(key, args, rows); err != nil {
		return err
	}
	return rows.visit(row)
}

func (c *conn) flush() error { return nil }

// leaveSnapshot has nothing to do: nobody else writes.
func (c *conn) leaveSnapshot() error { return nil }

func (c *conn) savepoint(fn func() error) (failed, err error) {
	if err := c.run("SAVEPOINT inner_step"); err != nil {
		return nil, err
	}
	open := len(c.active)
	failed = fn()
	if err := c.usable(); err != nil {
		return failed, err
	}
	for len(c.active) > open {
		c.active[len(c.active)-1].stop()
	}
	if failed != nil {
		if err := c.run("ROLLBACK TO inner_step"); err != nil {
			return failed, err
		}
	}
	return failed, c.run("RELEASE inner_step")
}

// nextIDs counts on from the highest id that is there, was there, or was asked for in
// this transaction: nobody else writes meanwhile.
func (c *conn) nextIDs(table string, n int) ([]int64, error) {
	last, known := c.given[table]
	if !known {
		// Tables without AUTOINCREMENT have no row in sqlite_sequence.
		text := "SELECT max(coalesce((SELECT max(id) FROM " + table + "), 0)," +
			" coalesce((SELECT seq FROM sqlite_sequence WHERE name = '" + table + "'), 0))"
		rows := new(Rows)
		if err := c.start(statementKey{sql: text}, nil, rows); err != nil {
			return nil, err
		}
		if rows.Next() {
			rows.err = rows.Scan(&last)
		}
		if err := rows.Close(); err != nil {
			return nil, err
		}
	}
	ids := make([]int64, n)
	for i := range ids {
		ids[i] = last + int64(i) + 1
	}
	if c.given == nil {
		c.given = make(map[string]int64)
	}
	c.given[table] = last + int64(n)
	return ids, nil
}

// keepIDs has nothing to do: the engine looks at the ids that there are.
func (c *conn) keepIDs(string) error { return nil }

// stopAll ends the statements whose Rows were left open.
func (c *conn) stopAll() {
	for len(c.active) > 0 {
		c.active[len(c.active)-1].stop()
	}
}
