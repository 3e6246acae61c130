package db

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"
)

var errNull = errors.New("is NULL")

// scan reads column i of the present row.
func (s *stmt) scan(i int32, dest any) error {
	switch d := dest.(type) {
	case *string:
		text, err := s.bytes(i, sqlite.SQLITE_TEXT)
		*d = string(text)
		return err
	case *int64:
		n, err := s.int(i)
		*d = n
		return err
	case *int:
		n, err := s.int(i)
		*d = int(n)
		return err
	case *bool:
		n, err := s.int(i)
		*d = n != 0
		return err
	case *float64:
		return s.scanFloat(i, d)
	case *[]byte:
		return s.scanBlob(i, d)
	case *[]string, *[]int64, *[][]int64:
		return s.scanList(i, dest)
	}
	return s.scanReflected(i, reflect.ValueOf(dest))
}

func (s *stmt) kind(i int32) int32 { return sqlite.Xsqlite3_column_type(s.conn.tls, s.handle, i) }

func (s *stmt) isNull(i int32) bool { return s.kind(i) == sqlite.SQLITE_NULL }

// mismatch explains why a column cannot be read as asked.
func (s *stmt) mismatch(i int32) error {
	if s.isNull(i) {
		return errNull
	}
	return fmt.Errorf("has storage class %d", s.kind(i))
}

func (s *stmt) int(i int32) (int64, error) {
	if s.kind(i) != sqlite.SQLITE_INTEGER {
		return 0, s.mismatch(i)
	}
	return sqlite.Xsqlite3_column_int64(s.conn.tls, s.handle, i), nil
}

// bytes shows a text or a blob in place, valid until the next step.
func (s *stmt) bytes(i, class int32) ([]byte, error) {
	if s.kind(i) != class {
		return nil, s.mismatch(i)
	}
	p := sqlite.Xsqlite3_column_blob(s.conn.tls, s.handle, i)
	n := sqlite.Xsqlite3_column_bytes(s.conn.tls, s.handle, i)
	if p == 0 || n == 0 {
		return nil, nil
	}
	return view(p, int(n)), nil
}

func (s *stmt) scanFloat(i int32, dest *float64) error {
	if k := s.kind(i); k != sqlite.SQLITE_FLOAT && k != sqlite.SQLITE_INTEGER {
		return s.mismatch(i)
	}
	*dest = sqlite.Xsqlite3_column_double(s.conn.tls, s.handle, i)
	return nil
}

func (s *stmt) scanBlob(i int32, dest *[]byte) error {
	if s.isNull(i) {
		*dest = nil
		return nil
	}
	b, err := s.bytes(i, sqlite.SQLITE_BLOB)
	*dest = append([]byte{}, b...)
	return err
}

// scanList decodes JSON text; NULL is a nil list.
func (s *stmt) scanList(i int32, dest any) error {
	list := reflect.ValueOf(dest).Elem()
	list.SetZero()
	if s.isNull(i) {
		return nil
	}
	text, err := s.bytes(i, sqlite.SQLITE_TEXT)
	if err != nil {
		return err
	}
	if string(text) == "[]" { // most lists are empty
		list.Set(reflect.MakeSlice(list.Type(), 0, 0))
		return nil
	}
	return json.Unmarshal(text, dest)
}

// scanReflected serves the named kinds, byte arrays and pointers, which take NULL.
func (s *stmt) scanReflected(i int32, dest reflect.Value) error {
	if dest.Kind() != reflect.Pointer || dest.IsNil() {
		return errors.New("needs a pointer to scan into")
	}
	v := dest.Elem()
	switch v.Kind() {
	case reflect.String:
		text, err := s.bytes(i, sqlite.SQLITE_TEXT)
		v.SetString(string(text))
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := s.int(i)
		if v.OverflowInt(n) {
			return fmt.Errorf("%d overflows %s", n, v.Type())
		}
		v.SetInt(n)
		return err
	case reflect.Bool:
		n, err := s.int(i)
		v.SetBool(n != 0)
		return err
	case reflect.Slice:
		return s.scanList(i, dest.Interface())
	case reflect.Array:
		return s.scanArray(i, v)
	case reflect.Pointer:
		if s.isNull(i) {
			v.SetZero()
			return nil
		}
		fresh := reflect.New(v.Type().Elem())
		v.Set(fresh)
		return s.scan(i, fresh.Interface())
	}
	return fmt.Errorf("cannot be scanned into %s", v.Type())
}

func (s *stmt) scanArray(i int32, v reflect.Value) error {
	if v.Type().Elem().Kind() != reflect.Uint8 {
		return fmt.Errorf("cannot be scanned into %s", v.Type())
	}
	b, err := s.bytes(i, sqlite.SQLITE_BLOB)
	if err != nil {
		return err
	}
	if len(b) != v.Len() {
		return fmt.Errorf("has %d bytes for %s", len(b), v.Type())
	}
	reflect.Copy(v, reflect.ValueOf(b))
	return nil
}

func (s *stmt) columns() int { return int(sqlite.Xsqlite3_column_count(s.conn.tls, s.handle)) }

func (s *stmt) columnName(i int32) string {
	return libc.GoString(sqlite.Xsqlite3_column_name(s.conn.tls, s.handle, i))
}
