package db

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// connKey is where a connection of the pool keeps its pgConn.
const connKey = "roundtable"

// maxServerStatements bounds the prepared statements of a connection.
const maxServerStatements = 512

// pgConn is one connection to PostgreSQL. One goroutine at a time may use it.
type pgConn struct {
	pg         *pgconn.PgConn
	net        net.Conn
	kept       map[statementKey]*pgStmt
	prepared   int // statements so far, for their names
	generation int64
	ids        *pgIDs
	reads      bool // the server refuses changes on it
	silence    time.Duration

	queue   []pgCall // what Later left, and the begin
	arena   []byte   // arguments of the queue and of the call in progress
	params  [][]byte // the same, one by one
	sent    bool     // the transaction has reached the server
	open    bool     // within a transaction
	failed  error    // the first error of the transaction: the server refuses all further statements
	lost    error    // the connection is of no use any more
	reading *pgRows  // whose rows come from the network
	active  []*pgRows
}

// pgStmt is a prepared statement of one connection.
type pgStmt struct {
	*pgconn.StatementDescription
	paramFormats  []int16
	resultFormats []int16
}

// pgCall is a statement with its arguments. Those of transactions have a text only.
type pgCall struct {
	text   string
	stmt   *pgStmt
	params [][]byte
	row    func(*Rows) error // visits the rows; nil: nobody does
}

// prepare is called with every new connection.
func (p *postgres) prepare(conn *pgx.Conn, reads bool) {
	pg := conn.PgConn()
	pg.CustomData()[connKey] = &pgConn{
		pg: pg, net: pg.Conn(), kept: make(map[statementKey]*pgStmt), generation: p.generation.Load(), ids: &p.ids, reads: reads, silence: p.silence,
	}
}

func connOf(conn *pgx.Conn) *pgConn {
	c, _ := conn.PgConn().CustomData()[connKey].(*pgConn) // prepare put it there
	return c
}

// statement returns a prepared statement for the text.
func (c *pgConn) statement(key statementKey) (*pgStmt, error) {
	if s := c.kept[key]; s != nil {
		return s, nil
	}
	text, err := expandArray(key)
	if err != nil {
		return nil, err
	}
	if len(c.kept) >= maxServerStatements {
		if err := c.forget(); err != nil {
			return nil, err
		}
	}
	// The server refuses to prepare anything in a transaction that it has given up.
	if err := c.interrupt(); err != nil {
		return nil, err
	}
	c.awaitAnswer()
	c.prepared++
	description, err := c.pg.Prepare(context.Background(), "s"+strconv.Itoa(c.prepared), text, nil)
	if err != nil {
		return nil, fmt.Errorf("%w in %q", c.fail(err), text)
	}
	s := &pgStmt{StatementDescription: description}
	for _, oid := range description.ParamOIDs {
		s.paramFormats = append(s.paramFormats, formatOf(oid))
	}
	for _, field := range description.Fields {
		s.resultFormats = append(s.resultFormats, formatOf(field.DataTypeOID))
	}
	c.kept[key] = s
	return s, nil
}

// forget drops the kept statements. What waits in the queue is sent before.
func (c *pgConn) forget() error {
	if err := c.flush(); err != nil {
		return err
	}
	clear(c.kept)
	_, err := c.runText("DEALLOCATE ALL")
	return err
}

// call encodes a statement with its arguments.
func (c *pgConn) call(key statementKey, args []any) (pgCall, error) {
	s, err := c.statement(key)
	if err != nil {
		return pgCall{}, err
	}
	if len(args) != len(s.ParamOIDs) {
		return pgCall{}, fmt.Errorf("db: %d arguments for %d placeholders", len(args), len(s.ParamOIDs))
	}
	first := len(c.params)
	for i, arg := range args {
		start := len(c.arena)
		null, err := c.encode(s.ParamOIDs[i], arg)
		if err != nil {
			return pgCall{}, fmt.Errorf("db: argument $%d: %w", i+1, err)
		}
		if null {
			c.params = append(c.params, nil)
		} else {
			c.params = append(c.params, c.arena[start:len(c.arena):len(c.arena)])
		}
	}
	return pgCall{stmt: s, params: c.params[first:len(c.params):len(c.params)]}, nil
}

// runText runs a statement of transactions, after the queue.
func (c *pgConn) runText(text string) (pgconn.CommandTag, error) {
	c.queue = append(c.queue, c.ofTransactions(text))
	return c.drain()
}

// awaitAnswer sets how long the next answer may take.
func (c *pgConn) awaitAnswer() { _ = c.net.SetDeadline(time.Now().Add(c.silence)) }

// atRest makes the connection ready for its next user.
func (c *pgConn) atRest() {
	_ = c.net.SetDeadline(time.Time{}) // fails on a closed connection only
	c.failed, c.sent, c.open = nil, false, false
	c.reset()
	if cap(c.arena) > keptBuffer {
		c.arena, c.params = nil, nil
	}
}

func (c *pgConn) reset() {
	clear(c.queue)
	c.queue, c.arena, c.params = c.queue[:0], c.arena[:0], c.params[:0]
}

// fail turns an error of the client into one of this package, and notes what the
// connection or the transaction does not survive.
func (c *pgConn) fail(err error) error {
	alive, err := postgresError(err, c.reads)
	if !alive && c.lost == nil {
		c.lost = err
	}
	if c.failed == nil {
		c.failed = err
	}
	return err
}

// usable refuses what comes after an error: the server would refuse it with less to say.
func (c *pgConn) usable() error {
	if c.lost != nil {
		return c.lost
	}
	if c.open {
		return c.failed
	}
	return nil
}

var errEmpty = errors.New("db: empty statement")
