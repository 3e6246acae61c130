package db

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

type kind uint8

const (
	kindNull kind = iota
	kindInt
	kindFloat
	kindText
	kindBlob
)

// String names the kind for messages.
func (k kind) String() string {
	return [...]string{"NULL", "an integer", "a float", "a text", "a blob"}[k]
}

// value is an argument in one of the five forms that engines store.
type value struct {
	kind   kind
	number int64
	float  float64
	text   string
	blob   []byte
}

// valueOf accepts nil, strings, integers, booleans, floats, []byte, byte
// arrays, types of these kinds, pointers to them (nil is NULL), and slices,
// which become JSON text (nil is NULL).
func valueOf(arg any) (value, error) {
	switch a := arg.(type) {
	case nil:
		return value{}, nil
	case string:
		return textValue(a)
	case int64:
		return value{kind: kindInt, number: a}, nil
	case int:
		return value{kind: kindInt, number: int64(a)}, nil
	case bool:
		return value{kind: kindInt, number: oneIf(a)}, nil
	case float64:
		return value{kind: kindFloat, float: a}, nil
	case []byte:
		if a == nil {
			return value{}, nil
		}
		return value{kind: kindBlob, blob: a}, nil
	case []string:
		return listValue(a, appendStrings)
	case []int64:
		return listValue(a, appendInts)
	case [][]int64:
		return listValue(a, appendSets)
	}
	return reflectedValue(reflect.ValueOf(arg))
}

// textValue refuses what PostgreSQL cannot store, for every engine.
func textValue(text string) (value, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return value{}, errors.New("a text with a zero byte cannot be stored")
	}
	return value{kind: kindText, text: text}, nil
}

func oneIf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func listValue[T any](list []T, appendTo func([]byte, []T) []byte) (value, error) {
	if list == nil {
		return value{}, nil
	}
	return value{kind: kindText, text: string(appendTo(make([]byte, 0, 64), list))}, nil
}

// reflectedValue serves the named kinds and pointers.
func reflectedValue(v reflect.Value) (value, error) {
	switch v.Kind() {
	case reflect.String:
		return textValue(v.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return value{kind: kindInt, number: v.Int()}, nil
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return value{kind: kindInt, number: int64(v.Uint())}, nil
	case reflect.Bool:
		return value{kind: kindInt, number: oneIf(v.Bool())}, nil
	case reflect.Pointer:
		if v.IsNil() {
			return value{}, nil
		}
		return valueOf(v.Elem().Interface())
	case reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			blob := make([]byte, v.Len())
			reflect.Copy(reflect.ValueOf(blob), v)
			return value{kind: kindBlob, blob: blob}, nil
		}
	case reflect.Slice:
		if v.IsNil() {
			return value{}, nil
		}
		text, err := json.Marshal(v.Interface())
		return value{kind: kindText, text: string(text)}, err
	}
	return value{}, fmt.Errorf("%s cannot be stored", v.Type())
}
