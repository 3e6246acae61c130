package roundtable

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// businessValue is a value that a request sends, as it would be stored.
type businessValue struct {
	given json.RawMessage
	raw   json.RawMessage // nil: to be cleared
	wrong []FieldError
}

// businessReader collects what is wrong with the values of a business.
type businessReader struct {
	form []FieldError // their types

	// Of the member at hand: whether it can be cleared, what was sent, what is wrong.
	lasting bool
	raw     json.RawMessage
	wrong   []FieldError
}

func (r *businessReader) mistyped(path, message string) any {
	if len(r.form) < MaxErrors {
		r.form = append(r.form, FieldError{Field: path, Code: CodeWrongType, Message: message})
	}
	return nil
}

func (r *businessReader) refuse(path string, code Code, message string) any {
	if len(r.wrong) < MaxErrors {
		r.wrong = append(r.wrong, FieldError{Field: path, Code: code, Message: message})
	}
	return nil
}

// SetFields takes the members that a request sends, each as valid JSON. What is wrong
// with a type is an error of form.
func (p *BusinessPatch) SetFields(members map[string]json.RawMessage) {
	p.values = make(map[string]businessValue, len(members))
	r := &businessReader{}
	for i := range businessFields {
		field := &businessFields[i]
		if raw, named := members[field.name]; named && field.read != nil {
			p.values[field.name] = r.value(field, raw)
		}
	}
	p.Form = append(p.Form, r.form...)
}

func (r *businessReader) value(field *businessField, raw json.RawMessage) businessValue {
	r.lasting, r.raw, r.wrong = field.lasting, raw, nil
	value := decodeValue(raw)
	if value != nil {
		value = field.read(r, field.name, value)
	} else if field.lasting {
		r.refuse(field.name, CodeNullNotAllowed, "Must not be null.")
	}
	read := businessValue{given: raw, wrong: r.wrong}
	if value != nil {
		read.raw = encodeValue(value)
	}
	return read
}

// decodeValue reads valid JSON; numbers keep their digits.
func decodeValue(raw json.RawMessage) any {
	var value any
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}

// encodeValue writes a value as it is stored: no escapes but those that JSON needs.
func encodeValue(value any) json.RawMessage {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(value) != nil {
		return nil
	}
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n"))
}

// text takes a text, trimmed. One that is empty clears its field.
func (r *businessReader) text(path string, value any, limit int, allowed func(rune) bool) any {
	given, ok := value.(string)
	if !ok {
		return r.mistyped(path, "Must be a string.")
	}
	given = strings.TrimSpace(given)
	switch {
	case utf8.RuneCountInString(given) > limit:
		return r.refuse(path, CodeTooLong, fmt.Sprintf("Must have at most %d characters.", limit))
	case strings.ContainsFunc(given, func(c rune) bool { return unicode.IsControl(c) && !allowed(c) }):
		return r.refuse(path, CodeInvalidCharacters, "Must not hold control characters.")
	case given == "" && r.lasting:
		return r.refuse(path, CodeInvalidLength, fmt.Sprintf("Must have 1 to %d characters.", limit))
	case given == "":
		return nil
	}
	return given
}

// line takes a text of one line.
func line(limit int) func(*businessReader, string, any) any {
	return func(r *businessReader, path string, value any) any {
		return r.text(path, value, limit, func(rune) bool { return false })
	}
}

// prose takes a text that may have many lines.
func prose(limit int) func(*businessReader, string, any) any {
	return func(r *businessReader, path string, value any) any {
		return r.text(path, value, limit, func(c rune) bool { return c == '\n' || c == '\r' || c == '\t' })
	}
}

// label takes a line that old clients may send as an integer, such as a zip code.
func label(limit int) func(*businessReader, string, any) any {
	return func(r *businessReader, path string, value any) any {
		if number, ok := value.(json.Number); ok {
			if _, err := strconv.ParseInt(number.String(), 10, 64); err == nil {
				value = number.String()
			}
		}
		return line(limit)(r, path, value)
	}
}

// labels takes a list of labels. Repetitions are collapsed; an empty list is none.
func labels(items, limit int) func(*businessReader, string, any) any {
	return func(r *businessReader, path string, value any) any {
		list, ok := value.([]any)
		switch {
		case !ok:
			return r.mistyped(path, "Must be a list.")
		case len(list) > items:
			return r.refuse(path, CodeTooManyItems, tooManyItems(items).message)
		case len(list) == 0:
			return nil
		}
		taken := make([]string, len(list))
		for i, element := range list {
			place := path + "." + strconv.Itoa(i)
			told := len(r.form) + len(r.wrong)
			text, ok := label(limit)(r, place, element).(string)
			if !ok && told == len(r.form)+len(r.wrong) {
				r.refuse(place, CodeInvalidLength, fmt.Sprintf("Must have 1 to %d characters.", limit))
			}
			taken[i] = text
		}
		return unique(taken)
	}
}

func oneOf(choices func() []string) func(*businessReader, string, any) any {
	return func(r *businessReader, path string, value any) any {
		given, ok := value.(string)
		switch {
		case !ok:
			return r.mistyped(path, "Must be a string.")
		case !slices.Contains(choices(), given):
			return r.refuse(path, CodeInvalidChoice, notAChoice(choices()).message)
		}
		return given
	}
}

// date takes a day, YYYY-MM-DD.
func (r *businessReader) date(path string, value any) any {
	given, ok := value.(string)
	if !ok {
		return r.mistyped(path, "Must be a string.")
	}
	if given == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, given); err != nil {
		return r.refuse(path, CodeInvalidDate, "Must be a date, YYYY-MM-DD.")
	}
	return given
}

// country takes an ISO 3166 alpha-2 code.
func (r *businessReader) country(path string, value any) any {
	given, ok := value.(string)
	if !ok {
		return r.mistyped(path, "Must be a string.")
	}
	if !ValidCountry(given) {
		return r.refuse(path, CodeInvalidCountry, "Must be two upper-case letters, such as FR.")
	}
	return given
}

// ValidCountry reports whether s has the form of an ISO 3166 alpha-2 code.
func ValidCountry(s string) bool {
	return len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z'
}

// number takes a number, or its digits in a text, within bounds.
func number(low, high float64) func(*businessReader, string, any) any {
	return func(r *businessReader, path string, value any) any {
		digits, ok := value.(json.Number)
		if text, isText := value.(string); isText {
			digits, ok = json.Number(text), json.Valid([]byte(text))
		}
		given, err := digits.Float64()
		switch {
		case !ok || err != nil || math.IsNaN(given):
			return r.mistyped(path, "Must be a number.")
		case given < low || given > high:
			return r.refuse(path, CodeOutOfRange, fmt.Sprintf("Must be from %g to %g.", low, high))
		}
		return digits
	}
}

// structure takes an object or a list of whatever it holds, as it stands.
func (r *businessReader) structure(path string, value any) any {
	switch value.(type) {
	case map[string]any, []any:
	default:
		return r.mistyped(path, "Must be an object or a list.")
	}
	if depth(value) > maxBusinessDepth {
		return r.refuse(path, CodeTooDeep, fmt.Sprintf("Must be nested at most %d deep.", maxBusinessDepth))
	}
	return r.raw
}

func depth(value any) int {
	deepest := 0
	switch value := value.(type) {
	case map[string]any:
		for _, member := range value {
			deepest = max(deepest, depth(member))
		}
	case []any:
		for _, element := range value {
			deepest = max(deepest, depth(element))
		}
	default:
		return 0
	}
	return 1 + deepest
}
