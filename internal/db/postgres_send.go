package db

import (
	"cmp"
	"context"
	"io"

	"github.com/jackc/pgx/v5/pgconn"
)

// flush sends what waits in the queue, if anything does.
func (c *pgConn) flush() error {
	if len(c.queue) == 0 {
		return nil
	}
	_, err := c.drain()
	return err
}

// drain sends the queue and reads all the answers. It returns the tag of the last.
func (c *pgConn) drain() (pgconn.CommandTag, error) {
	last := c.queue[len(c.queue)-1]
	answers, result, err := c.send()
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, visited, err := c.read(last, result)
	if closed := answers.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return tag, c.fail(err)
	}
	return tag, visited
}

// send sends the queue as one, and reads the answers to all but the last of it: that
// one's rows come from result, and answers has to be closed after them.
func (c *pgConn) send() (answers *pgconn.MultiResultReader, result *pgconn.ResultReader, err error) {
	if err := c.interrupt(); err != nil {
		return nil, nil, err
	}
	batch := new(pgconn.Batch)
	for _, call := range c.queue {
		if call.stmt == nil {
			batch.ExecParams(call.text, nil, nil, nil, nil)
		} else {
			batch.ExecStatement(call.stmt.StatementDescription, call.params, call.stmt.paramFormats, call.stmt.resultFormats)
		}
	}
	c.sent = true
	c.awaitAnswer()
	answers = c.pg.ExecBatch(context.Background(), batch) // has everything copied
	result, err = c.readAllButLast(answers)
	c.reset()
	if err != nil {
		_ = answers.Close()
	}
	return answers, result, err
}

// readAllButLast visits the rows of those in the queue for whom somebody does.
func (c *pgConn) readAllButLast(answers *pgconn.MultiResultReader) (result *pgconn.ResultReader, err error) {
	for i, call := range c.queue {
		if !answers.NextResult() {
			return nil, c.fail(cmp.Or(answers.Close(), io.ErrUnexpectedEOF))
		}
		result = answers.ResultReader()
		if i == len(c.queue)-1 {
			break
		}
		_, visited, failed := c.read(call, result)
		if failed != nil {
			return nil, c.fail(failed)
		}
		err = cmp.Or(err, visited)
	}
	return result, err
}

// read reads the answer to a call. visited is the error of who visits the rows.
func (c *pgConn) read(call pgCall, result *pgconn.ResultReader) (tag pgconn.CommandTag, visited, err error) {
	if call.row != nil {
		at := &pgRows{conn: c, stmt: call.stmt, result: result}
		rows := &Rows{cursor: at, row: true}
		for visited == nil && at.next() {
			at.present = result.Values()
			visited = call.row(rows)
		}
	}
	tag, err = result.Close()
	return tag, visited, err
}

// interrupt reads the rest of the rows that come from the network, so that another
// statement can be sent.
func (c *pgConn) interrupt() error {
	if c.reading != nil {
		c.reading.keepRest()
	}
	return c.lost
}

func (c *pgConn) start(key statementKey, args []any, r *Rows) error {
	call, err := c.call(key, args)
	if err != nil {
		return err
	}
	c.queue = append(c.queue, call)
	answers, result, err := c.send()
	if err != nil {
		return err
	}
	rows := &pgRows{conn: c, stmt: call.stmt, rows: r, answers: answers, result: result}
	c.reading = rows
	c.active = append(c.active, rows)
	r.cursor = rows
	return nil
}

func (c *pgConn) exec(key statementKey, args []any) (int64, error) {
	call, err := c.call(key, args)
	if err != nil {
		return 0, err
	}
	c.queue = append(c.queue, call)
	tag, err := c.drain()
	if err == nil && tag.String() == "" {
		err = errEmpty
	}
	return tag.RowsAffected(), err
}

// maxQueue bounds how much waits to be sent at once.
const maxQueue = 1024

func (c *pgConn) later(key statementKey, args []any, row func(*Rows) error) error {
	call, err := c.call(key, args)
	if err != nil {
		return err
	}
	call.row = row
	c.queue = append(c.queue, call)
	if len(c.queue) >= maxQueue {
		return c.flush()
	}
	return nil
}
