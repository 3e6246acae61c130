package directory

import (
	"reflect"
	"strings"
)

// columns are the stored members of a struct, by their db tags, so that a new
// member needs no statement to be edited.
type columns struct {
	list   string // "id, org_id, …"
	byName map[string][]int
	types  map[string]string // as SQL names them
	fields [][]int           // index of each column's member
}

func columnsOf[T any]() columns {
	c := columns{byName: make(map[string][]int), types: make(map[string]string)}
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		if name := field.Tag.Get("db"); name != "" {
			names = append(names, name)
			c.byName[name] = field.Index
			c.types[name] = typeOf(field.Type)
			c.fields = append(c.fields, field.Index)
		}
	}
	c.list = strings.Join(names, ", ")
	return c
}

// typeOf is what a member is stored as.
func typeOf(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Int64:
		return "bigint"
	case reflect.Bool:
		return "boolean"
	}
	return "text"
}

// of returns the list with each column named as of a table.
func (c columns) of(table string) string {
	return table + "." + strings.ReplaceAll(c.list, ", ", ", "+table+".")
}

// into returns where the columns of a row go.
func (c columns) into(row any) []any {
	value := reflect.ValueOf(row).Elem()
	dest := make([]any, len(c.fields))
	for i, field := range c.fields {
		dest[i] = value.FieldByIndex(field).Addr().Interface()
	}
	return dest
}

// value returns what a column of row is to hold; a nil list is NULL.
func (c columns) value(row any, column string) any {
	return stored(reflect.ValueOf(row).Elem().FieldByIndex(c.byName[column]))
}

func stored(field reflect.Value) any {
	if field.Kind() == reflect.Slice && field.IsNil() {
		return nil
	}
	return field.Interface()
}

// values returns all columns of row.
func (c columns) values(row any) []any {
	value := reflect.ValueOf(row).Elem()
	values := make([]any, len(c.fields))
	for i, field := range c.fields {
		values[i] = stored(value.FieldByIndex(field))
	}
	return values
}
