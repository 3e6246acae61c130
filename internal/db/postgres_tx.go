package db

import "errors"

const beginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

// begin opens a transaction together with its first statement; an empty text opens none.
func (c *pgConn) begin(text string) {
	if c.open = text != ""; !c.open {
		return
	}
	for _, text := range []string{text, "COMMIT"} {
		if _, err := c.statement(statementKey{sql: text}); err != nil {
			return // the transaction has failed, and says so to whoever uses it
		}
	}
	c.queue = append(c.queue, c.ofTransactions(text))
}

// leaveSnapshot ends the transaction of the snapshot and begins one that writes, together
// with the next statement.
func (c *pgConn) leaveSnapshot() error {
	for _, text := range []string{"COMMIT", "BEGIN ISOLATION LEVEL READ COMMITTED"} {
		if _, err := c.statement(statementKey{sql: text}); err != nil {
			return err
		}
		c.queue = append(c.queue, c.ofTransactions(text))
	}
	return nil
}

// ofTransactions is a statement that begins or ends something, prepared if it was.
func (c *pgConn) ofTransactions(text string) pgCall {
	return pgCall{text: text, stmt: c.kept[statementKey{sql: text}]}
}

// end closes what is open and then commits or rolls back. Of a transaction that has
// failed nothing is committed, also if nobody looked at the error.
func (c *pgConn) end(commit bool) error {
	for len(c.active) > 0 {
		c.active[len(c.active)-1].stop()
	}
	switch {
	case c.lost != nil:
		return c.lost
	case !c.open:
		return nil
	case commit && c.failed == nil:
		if !c.sent && len(c.queue) == 1 { // nothing but the begin
			return nil
		}
		tag, err := c.runText("COMMIT")
		if err == nil && tag.String() != "COMMIT" {
			return errors.New("db: the server did not commit but answered " + tag.String())
		}
		if err == nil || c.lost != nil {
			return err
		}
	}
	return c.rollBack(commit)
}

// rollBack ends a transaction that is not to be committed, or failed when it was to be.
func (c *pgConn) rollBack(committing bool) error {
	failed := c.failed
	if c.sent {
		c.reset()
		if _, err := c.runText("ROLLBACK"); err != nil {
			return err
		}
	}
	if committing {
		return failed
	}
	return nil
}

// savepoint waits for the server only when fn left something to be done, or failed.
func (c *pgConn) savepoint(fn func() error) (failed, err error) {
	c.queue = append(c.queue, pgCall{text: "SAVEPOINT inner_step"})
	open := len(c.active)
	failed = fn()
	for len(c.active) > open {
		c.active[len(c.active)-1].stop()
	}
	if failed == nil && c.failed == nil {
		failed = c.flush()
	}
	if c.lost != nil {
		return failed, c.lost
	}
	if errors.Is(c.failed, ErrConflict) || errors.Is(c.failed, ErrUnavailable) {
		return failed, c.failed
	}
	if failed == nil {
		failed = c.failed // an error that fn did not pass on
	}
	if failed != nil {
		return failed, c.undo()
	}
	c.queue = append(c.queue, pgCall{text: "RELEASE inner_step"})
	return nil, nil
}

// undo goes back to the savepoint. What has not been sent yet is forgotten.
func (c *pgConn) undo() error {
	for i := len(c.queue) - 1; i >= 0; i-- {
		if c.queue[i].text == "SAVEPOINT inner_step" { // nothing of it has been sent
			c.queue, c.failed = c.queue[:i], nil
			return nil
		}
	}
	c.reset()
	c.failed = nil
	c.queue = append(c.queue, pgCall{text: "ROLLBACK TO inner_step"}, pgCall{text: "RELEASE inner_step"})
	return c.flush() // before that nothing can be prepared
}
