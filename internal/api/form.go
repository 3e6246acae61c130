package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-faster/jx"

	"github.com/roundtable-directory/roundtable"
)

// bodyForm is the form of a body: the members of a struct of Opts by their JSON names.
type bodyForm[T any] struct {
	members map[string][]int
	ignored []string // members that are accepted whatever their type, and named
	whole   []string // members whose values are the rules' to read
}

// wholeMember is the tag of the map that members taken as they stand go into.
const wholeMember = "*"

// takesWhole is a struct with such a map; it names the members.
type takesWhole interface{ whole() []string }

func newForm[T any](ignored ...string) bodyForm[T] {
	f := bodyForm[T]{members: make(map[string][]int), ignored: ignored}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[T]()) {
		if !field.Anonymous {
			f.members[field.Tag.Get("json")] = field.Index
		}
	}
	if body, ok := any(*new(T)).(takesWhole); ok {
		f.whole = body.whole()
	}
	return f
}

// formReader walks a body once and goes on after each error, so that all of them
// are told at once.
type formReader struct {
	errors  []roundtable.FieldError
	ignored []string
}

// read reads a body that inspect has passed; no body is an empty one.
func (f bodyForm[T]) read(body []byte) (into T, errors []roundtable.FieldError, ignored []string) {
	if len(body) == 0 {
		return into, nil, nil
	}
	reader := &formReader{}
	err := f.walk(reader, jx.DecodeBytes(body), "", &into)
	if err != nil { // the body is valid JSON: only what inspect lets through and the tokenizer refuses
		reader.wrong(roundtable.BodyField, roundtable.CodeInvalidJSON, "The body is not valid JSON.")
	}
	return into, reader.errors, reader.ignored
}

// walk reads an object into the members of into; prefix stands before their names
// where errors name them.
func (f bodyForm[T]) walk(r *formReader, d *jx.Decoder, prefix string, into *T) error {
	seen, members := make(map[string]bool), reflect.ValueOf(into).Elem()
	whole := make(map[string]json.RawMessage, len(f.whole))
	if f.whole != nil {
		members.FieldByIndex(f.members[wholeMember]).Set(reflect.ValueOf(whole))
	}
	return d.ObjBytes(func(d *jx.Decoder, key []byte) error {
		name := string(key)
		path := prefix + name
		member, known := f.members[name]
		switch {
		case seen[name]:
			r.wrong(path, roundtable.CodeDuplicateField, "Stands in the body twice.")
			return d.Skip()
		case known && name != wholeMember:
			seen[name] = true
			return r.member(d, path, members.FieldByIndex(member).Addr().Interface())
		case slices.Contains(f.whole, name):
			seen[name] = true
			raw, _, err := r.raw(d, path)
			whole[name] = raw
			return err
		case slices.Contains(f.ignored, name):
			seen[name] = true
			r.ignored = append(r.ignored, path)
		default:
			seen[name] = true
			r.wrong(path, roundtable.CodeUnknownField, "Unknown field.")
		}
		return d.Skip()
	})
}

// object reads a value that is an object of a form.
func object[T any](form bodyForm[T]) valueReader[T] {
	return func(r *formReader, d *jx.Decoder, path string) (into T, ok bool, err error) {
		if d.Next() != jx.Object {
			r.wrong(path, roundtable.CodeWrongType, "Must be an object.")
			return into, false, d.Skip()
		}
		return into, true, form.walk(r, d, path+".", &into)
	}
}

func (r *formReader) wrong(field string, code roundtable.Code, message string) {
	if len(r.errors) < roundtable.MaxErrors {
		r.errors = append(r.errors, roundtable.FieldError{Field: abbreviate(field), Code: code, Message: message})
	}
}

// abbreviate keeps a client's own long name from being echoed whole.
func abbreviate(name string) string {
	if len(name) > 100 {
		return strings.ToValidUTF8(name[:100], "") + "…"
	}
	return name
}

// member reads a value into the Opt that takes it.
func (r *formReader) member(d *jx.Decoder, name string, opt any) error {
	switch opt := opt.(type) {
	case *roundtable.Opt[string]:
		return readOpt(r, d, name, opt, (*formReader).text)
	case *roundtable.Opt[int64]:
		return readOpt(r, d, name, opt, (*formReader).integer)
	case *roundtable.Opt[bool]:
		return readOpt(r, d, name, opt, (*formReader).boolean)
	case *roundtable.Opt[[]string]:
		return readOpt(r, d, name, opt, list((*formReader).text))
	case *roundtable.Opt[[]roundtable.ReviewPatch]:
		return readOpt(r, d, name, opt, list(object(reviewForm)))
	case *roundtable.Opt[roundtable.UnixMicros]:
		return readOpt(r, d, name, opt, (*formReader).instant)
	case *roundtable.Opt[float64]:
		return readOpt(r, d, name, opt, (*formReader).number)
	case *roundtable.Opt[json.RawMessage]:
		return readOpt(r, d, name, opt, (*formReader).raw)
	case *roundtable.Opt[[]int64]:
		return readOpt(r, d, name, opt, list((*formReader).integer))
	case *roundtable.Opt[[]roundtable.PlanPatch]:
		return readOpt(r, d, name, opt, list(object(planForm)))
	case *roundtable.Opt[[][]int64]:
		return readOpt(r, d, name, opt, list(list((*formReader).integer)))
	}
	panic(fmt.Sprintf("api: no form for %T", opt))
}

// valueReader reads one value; ok is false if its form is wrong, which it has
// noted then.
type valueReader[T any] func(r *formReader, d *jx.Decoder, path string) (value T, ok bool, err error)

func readOpt[T any](r *formReader, d *jx.Decoder, name string, opt *roundtable.Opt[T], read valueReader[T]) error {
	if d.Next() == jx.Null {
		*opt = roundtable.Null[T]()
		return d.Null()
	}
	value, ok, err := read(r, d, name)
	if ok {
		*opt = roundtable.Some(value)
	}
	return err
}

func (r *formReader) text(d *jx.Decoder, path string) (string, bool, error) {
	if d.Next() != jx.String {
		r.wrong(path, roundtable.CodeWrongType, "Must be a string.")
		return "", false, d.Skip()
	}
	s, err := d.Str()
	if strings.ContainsRune(s, 0) {
		r.wrong(path, roundtable.CodeInvalidCharacters, "Must not hold the character NUL.")
		return "", false, err
	}
	return s, true, err
}

// integer takes digits, as a number or as old clients send them, in a string.
func (r *formReader) integer(d *jx.Decoder, path string) (int64, bool, error) {
	text, err := r.scalar(d)
	if value, ok := parseInteger(text); ok || err != nil {
		return value, ok, err
	}
	r.wrong(path, roundtable.CodeWrongType, "Must be an integer.")
	return 0, false, nil
}

// parseInteger reads an optional minus and digits without leading zeros: no
// fraction, no exponent, no overflow.
func parseInteger(text string) (int64, bool) {
	value, err := strconv.ParseInt(text, 10, 64)
	return value, err == nil && strconv.FormatInt(value, 10) == text
}

// number takes any finite number, as a number or in a string.
func (r *formReader) number(d *jx.Decoder, path string) (float64, bool, error) {
	text, err := r.scalar(d)
	if err != nil {
		return 0, false, err
	}
	value, failed := strconv.ParseFloat(text, 64)
	if failed != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		r.wrong(path, roundtable.CodeWrongType, "Must be a number.")
		return 0, false, nil
	}
	return value, true, nil
}

// instant takes Unix seconds, or a date or an instant of ISO 8601.
func (r *formReader) instant(d *jx.Decoder, path string) (roundtable.UnixMicros, bool, error) {
	text, err := r.scalar(d)
	if at, ok := parseInstant(text); ok || err != nil {
		return at, ok, err
	}
	r.wrong(path, roundtable.CodeInvalidDate, notAnInstant)
	return 0, false, nil
}

// raw takes any value as it stands; what it holds is the rules' to judge.
func (r *formReader) raw(d *jx.Decoder, _ string) (json.RawMessage, bool, error) {
	raw, err := d.Raw()
	return json.RawMessage(bytes.Clone(raw)), err == nil, err
}

// boolean takes true and false, and the spellings of old clients in a string.
func (r *formReader) boolean(d *jx.Decoder, path string) (bool, bool, error) {
	if d.Next() == jx.Bool {
		value, err := d.Bool()
		return value, true, err
	}
	if d.Next() == jx.String {
		text, err := d.Str()
		if value, ok := parseBoolean(text); ok || err != nil {
			return value, ok, err
		}
	} else if err := d.Skip(); err != nil {
		return false, false, err
	}
	r.wrong(path, roundtable.CodeWrongType, "Must be a boolean.")
	return false, false, nil
}

func parseBoolean(text string) (value, ok bool) {
	switch text {
	case "true", "True":
		return true, true
	case "false", "False":
		return false, true
	}
	return false, false
}

// scalar returns the text of a number or string, and nothing for other values.
func (r *formReader) scalar(d *jx.Decoder) (string, error) {
	switch d.Next() {
	case jx.Number:
		raw, err := d.Raw()
		return string(raw), err
	case jx.String:
		return d.Str()
	}
	return "", d.Skip()
}

// list reads an array. An element whose form is wrong leaves its place empty, so
// that the errors of the others keep their index.
func list[T any](read valueReader[T]) valueReader[[]T] {
	return func(r *formReader, d *jx.Decoder, path string) ([]T, bool, error) {
		if d.Next() != jx.Array {
			r.wrong(path, roundtable.CodeWrongType, "Must be a list.")
			return nil, false, d.Skip()
		}
		values := []T{}
		err := d.Arr(func(d *jx.Decoder) error {
			element := path + "." + strconv.Itoa(len(values))
			value, _, err := read(r, d, element)
			values = append(values, value)
			return err
		})
		return values, true, err
	}
}
