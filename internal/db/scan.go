package db

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
)

var errNull = errors.New("is NULL")

// cell is a column of the present row, in one of the five forms that engines store.
type cell struct {
	kind   kind
	number int64
	float  float64
	bytes  []byte // of a text or a blob, until the next row
}

// scan copies the cell to dest, as Rows.Scan says.
func (c *cell) scan(dest any) error {
	switch d := dest.(type) {
	case *string:
		text, err := c.text()
		*d = string(text)
		return err
	case *int64:
		n, err := c.int()
		*d = n
		return err
	case *int:
		n, err := c.int()
		*d = int(n)
		return err
	case *bool:
		n, err := c.int()
		*d = n != 0
		return err
	case *float64:
		return c.scanFloat(d)
	case *[]byte:
		return c.scanBlob(d)
	case *[]string, *[]int64, *[][]int64:
		return c.scanList(dest)
	}
	return c.scanReflected(reflect.ValueOf(dest))
}

// mismatch explains why a cell cannot be read as asked.
func (c *cell) mismatch() error {
	if c.kind == kindNull {
		return errNull
	}
	return fmt.Errorf("is %s", c.kind)
}

func (c *cell) int() (int64, error) {
	if c.kind != kindInt {
		return 0, c.mismatch()
	}
	return c.number, nil
}

func (c *cell) text() ([]byte, error) {
	if c.kind != kindText {
		return nil, c.mismatch()
	}
	return c.bytes, nil
}

func (c *cell) scanFloat(dest *float64) error {
	switch c.kind {
	case kindFloat:
		*dest = c.float
	case kindInt:
		*dest = float64(c.number)
	default:
		return c.mismatch()
	}
	return nil
}

func (c *cell) scanBlob(dest *[]byte) error {
	switch c.kind {
	case kindNull:
		*dest = nil
	case kindBlob:
		*dest = append([]byte{}, c.bytes...)
	default:
		*dest = []byte{}
		return c.mismatch()
	}
	return nil
}

// scanList decodes JSON text; NULL is a nil list.
func (c *cell) scanList(dest any) error {
	list := reflect.ValueOf(dest).Elem()
	list.SetZero()
	if c.kind == kindNull {
		return nil
	}
	text, err := c.text()
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
func (c *cell) scanReflected(dest reflect.Value) error {
	if dest.Kind() != reflect.Pointer || dest.IsNil() {
		return errors.New("needs a pointer to scan into")
	}
	v := dest.Elem()
	switch v.Kind() {
	case reflect.String:
		text, err := c.text()
		v.SetString(string(text))
		return err
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, err := c.int()
		if v.OverflowInt(n) {
			return fmt.Errorf("%d overflows %s", n, v.Type())
		}
		v.SetInt(n)
		return err
	case reflect.Bool:
		n, err := c.int()
		v.SetBool(n != 0)
		return err
	case reflect.Slice:
		return c.scanList(dest.Interface())
	case reflect.Array:
		return c.scanArray(v)
	case reflect.Pointer:
		if c.kind == kindNull {
			v.SetZero()
			return nil
		}
		fresh := reflect.New(v.Type().Elem())
		v.Set(fresh)
		return c.scan(fresh.Interface())
	}
	return fmt.Errorf("cannot be scanned into %s", v.Type())
}

func (c *cell) scanArray(v reflect.Value) error {
	if v.Type().Elem().Kind() != reflect.Uint8 {
		return fmt.Errorf("cannot be scanned into %s", v.Type())
	}
	if c.kind != kindBlob {
		return c.mismatch()
	}
	if len(c.bytes) != v.Len() {
		return fmt.Errorf("has %d bytes for %s", len(c.bytes), v.Type())
	}
	reflect.Copy(v, reflect.ValueOf(c.bytes))
	return nil
}
