package db

import (
	"errors"
	"fmt"

	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"
)

// maxStatements bounds the prepared statements that a connection keeps.
const maxStatements = 256

// conn is one SQLite connection. One goroutine at a time may use it.
type conn struct {
	tls    *libc.TLS
	handle uintptr
	out    uintptr // two words that the engine writes results into
	frames uintptr // int32 written after each commit: frames in the WAL
	kept   map[statementKey]*stmt
	active []*stmt          // statements with open Rows
	values []value          // arguments of the call in progress
	given  map[string]int64 // the last ids that this transaction was given, by table
}

// statementKey names a prepared text: the caller's, and the size of its list, or of its
// rows and of each row.
type statementKey struct {
	sql  string
	list int
	row  int
}

// openConn opens path, which must exist, and runs the pragmas.
func openConn(path string, pragmas ...string) (*conn, error) {
	return openConnAs(path, sqlite.SQLITE_OPEN_READWRITE, pragmas...)
}

// openConnAs is openConn with the way to open it: name is a URI if flags say so.
func openConnAs(name string, flags int32, pragmas ...string) (*conn, error) {
	c := &conn{tls: libc.NewTLS(), kept: make(map[statementKey]*stmt)}
	c.out = allocate(c.tls, 16)
	c.frames = allocate(c.tls, 4)
	text := allocateString(c.tls, name)
	if c.out == 0 || c.frames == 0 || text == 0 {
		return nil, errors.Join(c.fail(sqlite.SQLITE_NOMEM), c.close())
	}
	writeInt32(c.frames, 0)
	flags |= sqlite.SQLITE_OPEN_NOMUTEX | sqlite.SQLITE_OPEN_EXRESCODE
	rc := sqlite.Xsqlite3_open_v2(c.tls, text, c.out, flags, 0)
	c.handle = readWord(c.out)
	free(c.tls, text)
	if rc != sqlite.SQLITE_OK {
		return nil, errors.Join(c.fail(rc), c.close())
	}
	for _, pragma := range pragmas {
		if err := c.run("PRAGMA " + pragma); err != nil {
			return nil, errors.Join(fmt.Errorf("pragma %s: %w", pragma, err), c.close())
		}
	}
	return c, nil
}

// close finalises every statement and gives all memory back.
func (c *conn) close() error {
	var err error
	for _, s := range c.kept {
		s.finalize()
	}
	c.kept = nil
	if c.handle != 0 {
		if rc := sqlite.Xsqlite3_close_v2(c.tls, c.handle); rc != sqlite.SQLITE_OK {
			err = c.fail(rc)
		}
		c.handle = 0
	}
	free(c.tls, c.out)
	free(c.tls, c.frames)
	c.tls.Close()
	return err
}

// statement returns a free prepared statement for the text.
func (c *conn) statement(key statementKey) (*stmt, error) {
	s := c.kept[key]
	if s != nil && !s.busy {
		return s, nil
	}
	text, err := expand(key)
	if err != nil {
		return nil, err
	}
	fresh, err := c.prepare(text)
	if err != nil {
		return nil, err
	}
	if s != nil { // the kept one is in use by an outer loop
		fresh.once = true
		return fresh, nil
	}
	if len(c.kept) >= maxStatements {
		c.forget()
	}
	c.kept[key] = fresh
	return fresh, nil
}

// forget drops the kept statements that are not in use.
func (c *conn) forget() {
	for key, s := range c.kept {
		if !s.busy {
			s.finalize()
			delete(c.kept, key)
		}
	}
}

// start runs a statement whose rows are read by means of r.
func (c *conn) start(key statementKey, args []any, r *Rows) error {
	s, err := c.bound(key, args)
	if err != nil {
		return err
	}
	s.rows, r.cursor = r, s
	return nil
}

// bound is a statement with its arguments, ready to step. The caller stops it.
func (c *conn) bound(key statementKey, args []any) (*stmt, error) {
	s, err := c.statement(key)
	if err != nil {
		return nil, err
	}
	if err := s.bind(args); err != nil {
		if s.once {
			s.finalize()
		}
		return nil, err
	}
	s.busy = true
	c.active = append(c.active, s)
	return s, nil
}

// exec runs a statement to its end and returns how many rows it changed.
func (c *conn) exec(key statementKey, args []any) (int64, error) {
	s, err := c.bound(key, args)
	if err != nil {
		return 0, err
	}
	defer s.stop()
	for {
		more, err := s.step()
		if err != nil {
			return 0, err
		}
		if !more {
			return sqlite.Xsqlite3_changes64(c.tls, c.handle), nil
		}
	}
}

// run executes a statement without arguments.
func (c *conn) run(sql string) error {
	_, err := c.exec(statementKey{sql: sql}, nil)
	return err
}

func (c *conn) inTransaction() bool { return sqlite.Xsqlite3_get_autocommit(c.tls, c.handle) == 0 }
