package db

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"
)

// keptBuffer is how much argument text a statement keeps room for between calls.
const keptBuffer = 64 << 10

// stmt is a prepared statement of one connection.
type stmt struct {
	conn   *conn
	handle uintptr
	params []int   // for each parameter of the engine, the argument it takes
	args   int     // how many arguments the text names
	buffer uintptr // texts and blobs of the arguments, in engine memory
	size   int
	busy   bool
	rows   *Rows // who reads it, if not Exec
	once   bool  // finalised when it stops
}

// prepare compiles one statement whose placeholders are $1, $2, ….
func (c *conn) prepare(text string) (*stmt, error) {
	p := allocateString(c.tls, text)
	if p == 0 {
		return nil, c.fail(sqlite.SQLITE_NOMEM)
	}
	defer free(c.tls, p)
	tail := c.out + 8
	rc := sqlite.Xsqlite3_prepare_v3(c.tls, c.handle, p, int32(len(text)+1), sqlite.SQLITE_PREPARE_PERSISTENT, c.out, tail)
	if rc != sqlite.SQLITE_OK {
		return nil, fmt.Errorf("%w in %q", c.fail(rc), text)
	}
	s := &stmt{conn: c, handle: readWord(c.out)}
	if s.handle == 0 {
		return nil, errors.New("db: empty statement")
	}
	if strings.TrimSpace(text[readWord(tail)-p:]) != "" {
		s.finalize()
		return nil, fmt.Errorf("db: more than one statement in %q", text)
	}
	if err := s.readParams(); err != nil {
		s.finalize()
		return nil, fmt.Errorf("%w in %q", err, text)
	}
	return s, nil
}

// readParams learns which argument each parameter takes: the engine numbers
// them by first appearance and knows $2 as a name only.
func (s *stmt) readParams() error {
	n := sqlite.Xsqlite3_bind_parameter_count(s.conn.tls, s.handle)
	for i := int32(1); i <= n; i++ {
		name := libc.GoString(sqlite.Xsqlite3_bind_parameter_name(s.conn.tls, s.handle, i))
		number, err := strconv.Atoi(strings.TrimPrefix(name, "$"))
		if err != nil || number < 1 || name[0] != '$' {
			return fmt.Errorf("db: placeholder %q is not of the form $1", name)
		}
		s.params = append(s.params, number-1)
		s.args = max(s.args, number)
	}
	return nil
}

// step runs to the next row and tells whether there is one.
func (s *stmt) step() (bool, error) {
	switch rc := sqlite.Xsqlite3_step(s.conn.tls, s.handle); rc {
	case sqlite.SQLITE_ROW:
		return true, nil
	case sqlite.SQLITE_DONE:
		return false, nil
	default:
		return false, s.conn.fail(rc)
	}
}

// stop makes the statement ready for its next use.
func (s *stmt) stop() {
	if !s.busy {
		return
	}
	s.busy = false
	if s.rows != nil {
		s.rows.cursor, s.rows = nil, nil
	}
	active := s.conn.active
	s.conn.active = slices.Delete(active, slices.Index(active, s), slices.Index(active, s)+1)
	if s.once {
		s.finalize()
		return
	}
	// Reset repeats the error of the last step, which step has reported.
	sqlite.Xsqlite3_reset(s.conn.tls, s.handle)
	if s.size > keptBuffer {
		s.drop()
	}
}

func (s *stmt) finalize() {
	sqlite.Xsqlite3_finalize(s.conn.tls, s.handle)
	s.drop()
}

func (s *stmt) drop() {
	free(s.conn.tls, s.buffer)
	s.buffer, s.size = 0, 0
}
