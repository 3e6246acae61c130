package db

import (
	"fmt"

	sqlite "modernc.org/sqlite/lib"
)

// bind gives the statement its arguments. Texts and blobs are copied to the
// statement's buffer, which the engine reads until the statement stops.
func (s *stmt) bind(args []any) error {
	if len(args) != s.args {
		return fmt.Errorf("db: %d arguments for %d placeholders", len(args), s.args)
	}
	values := s.conn.values[:0]
	size := 1 // never empty: the engine takes a null pointer for NULL
	for i, arg := range args {
		v, err := valueOf(arg)
		if err != nil {
			return fmt.Errorf("db: argument $%d: %w", i+1, err)
		}
		size += len(v.text) + len(v.blob)
		values = append(values, v)
	}
	s.conn.values = values
	defer clear(values)
	if err := s.reserve(size); err != nil {
		return err
	}
	next := s.buffer
	for i, arg := range s.params {
		used, rc := s.bindOne(int32(i+1), &values[arg], next)
		if rc != sqlite.SQLITE_OK {
			return s.conn.fail(rc)
		}
		next += uintptr(used)
	}
	return nil
}

// reserve makes the buffer at least n bytes long. What was bound to the old
// one is bound anew before the engine reads it.
func (s *stmt) reserve(n int) error {
	if n <= s.size {
		return nil
	}
	if n > 1<<30 {
		return fmt.Errorf("db: arguments of %d bytes", n)
	}
	s.drop()
	n = max(n*2, 128)
	if s.buffer = allocate(s.conn.tls, n); s.buffer == 0 {
		return s.conn.fail(sqlite.SQLITE_NOMEM)
	}
	s.size = n
	return nil
}

// bindOne binds parameter i and returns how much of the buffer it took.
func (s *stmt) bindOne(i int32, v *value, at uintptr) (used int, rc int32) {
	tls := s.conn.tls
	switch v.kind {
	case kindInt:
		return 0, sqlite.Xsqlite3_bind_int64(tls, s.handle, i, v.number)
	case kindFloat:
		return 0, sqlite.Xsqlite3_bind_double(tls, s.handle, i, v.float)
	case kindText:
		n := copy(view(at, len(v.text)), v.text)
		return n, sqlite.Xsqlite3_bind_text(tls, s.handle, i, at, int32(n), 0)
	case kindBlob:
		n := copy(view(at, len(v.blob)), v.blob)
		return n, sqlite.Xsqlite3_bind_blob(tls, s.handle, i, at, int32(n), 0)
	default:
		return 0, sqlite.Xsqlite3_bind_null(tls, s.handle, i)
	}
}
