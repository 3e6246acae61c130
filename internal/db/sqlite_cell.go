package db

import (
	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"
)

// cell shows column i of the present row in place, valid until the next step.
func (s *stmt) cell(i int) cell {
	tls, column := s.conn.tls, int32(i)
	switch sqlite.Xsqlite3_column_type(tls, s.handle, column) {
	case sqlite.SQLITE_INTEGER:
		return cell{kind: kindInt, number: sqlite.Xsqlite3_column_int64(tls, s.handle, column)}
	case sqlite.SQLITE_TEXT:
		return cell{kind: kindText, bytes: s.bytes(column)}
	case sqlite.SQLITE_BLOB:
		return cell{kind: kindBlob, bytes: s.bytes(column)}
	case sqlite.SQLITE_FLOAT:
		return cell{kind: kindFloat, float: sqlite.Xsqlite3_column_double(tls, s.handle, column)}
	}
	return cell{}
}

// bytes shows a text or a blob; an empty one is nil.
func (s *stmt) bytes(column int32) []byte {
	p := sqlite.Xsqlite3_column_blob(s.conn.tls, s.handle, column)
	n := sqlite.Xsqlite3_column_bytes(s.conn.tls, s.handle, column)
	if p == 0 || n == 0 {
		return nil
	}
	return view(p, int(n))
}

func (s *stmt) columns() int { return int(sqlite.Xsqlite3_column_count(s.conn.tls, s.handle)) }

func (s *stmt) columnName(i int) string {
	return libc.GoString(sqlite.Xsqlite3_column_name(s.conn.tls, s.handle, int32(i)))
}
