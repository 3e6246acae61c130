package api

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

const (
	defaultPerPage = 30
	maxPerPage     = 100
)

// query reads the parameters of a request and collects what is wrong with them.
type query struct {
	values url.Values
	wrong  []roundtable.FieldError
}

// readQuery reads a query, of which unknown parameters are ignored.
func readQuery(from *url.URL) *query { return &query{values: from.Query()} }

// strictQuery reads the query of a writing route, which knows the parameters named.
func strictQuery(from *url.URL, known ...string) *query {
	q := &query{}
	if from.RawQuery == "" {
		return q
	}
	values, err := url.ParseQuery(from.RawQuery)
	if err != nil {
		q.refuse(roundtable.BodyField, roundtable.CodeInvalidParameter, "The query cannot be read.")
		return q
	}
	q.values = values
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, name) {
			q.refuse(abbreviate(name), roundtable.CodeUnknownParameter, "Unknown query parameter.")
		} else if len(values[name]) != 1 {
			q.invalid(name, "Must be given once.")
		}
	}
	return q
}

// emptyForm is the body of a route that needs none.
var emptyForm = newForm[struct{}]()

// bare refuses, of a route that needs no body, query parameters and then members of
// the body.
func (r *request) bare() error {
	if err := strictQuery(r.URL).err(); err != nil {
		return err
	}
	return r.noMembers()
}

// noMembers refuses the members of a body that needs to be none.
func (r *request) noMembers() error {
	if _, wrong, _ := emptyForm.read(r.body); len(wrong) > 0 {
		return roundtable.Invalid(wrong...)
	}
	return nil
}

// err is everything that is wrong, or nil.
func (q *query) err() error {
	if len(q.wrong) == 0 {
		return nil
	}
	return roundtable.Invalid(q.wrong...)
}

func (q *query) refuse(field string, code roundtable.Code, message string) {
	q.wrong = append(q.wrong, roundtable.FieldError{Field: field, Code: code, Message: message})
}

func (q *query) invalid(name, message string) {
	q.refuse(name, roundtable.CodeInvalidParameter, message)
}

// text reads a parameter; one that is empty is not given.
func (q *query) text(name string) roundtable.Opt[string] {
	value := q.values.Get(name)
	switch {
	case value == "":
		return roundtable.Opt[string]{}
	case !validText(value):
		q.invalid(name, "Must be valid UTF-8 without the character NUL.")
		return roundtable.Opt[string]{}
	}
	return roundtable.Some(value)
}

// list reads a comma-separated parameter.
func (q *query) list(name string) []string {
	var list []string
	for value := range strings.SplitSeq(q.text(name).Value, ",") {
		if value = strings.TrimSpace(value); value != "" {
			list = append(list, value)
		}
	}
	return list
}

// choices reads a comma-separated parameter of known values.
func (q *query) choices(name string, known ...string) []string {
	list := q.list(name)
	for _, value := range list {
		if !slices.Contains(known, value) {
			q.invalid(name, "Must be of: "+strings.Join(known, ", ")+".")
			return nil
		}
	}
	return list
}

// choice reads a parameter of known values.
func (q *query) choice(name string, known ...string) string {
	value := q.text(name).Value
	if value != "" && !slices.Contains(known, value) {
		q.invalid(name, "Must be one of: "+strings.Join(known, ", ")+".")
	}
	return value
}

func (q *query) integer(name string) roundtable.Opt[int64] {
	text := q.values.Get(name)
	if text == "" {
		return roundtable.Opt[int64]{}
	}
	value, ok := parseInteger(text)
	if !ok {
		q.invalid(name, "Must be an integer.")
		return roundtable.Opt[int64]{}
	}
	return roundtable.Some(value)
}

func (q *query) boolean(name string) roundtable.Opt[bool] {
	text := q.values.Get(name)
	if text == "" {
		return roundtable.Opt[bool]{}
	}
	value, ok := parseBoolean(text)
	if !ok {
		q.invalid(name, "Must be true or false.")
		return roundtable.Opt[bool]{}
	}
	return roundtable.Some(value)
}

// page reads page and per_page (section 2): a page below 1 counts as 1.
func (q *query) page() directory.Page {
	page := directory.Page{Number: 1, PerPage: defaultPerPage}
	read := func(name string, into *int, inRange func(int64) bool, message string) {
		if !q.values.Has(name) {
			return
		}
		number, ok := parseInteger(q.values.Get(name))
		if !ok || !inRange(number) {
			q.invalid(name, message)
			return
		}
		*into = int(max(1, number))
	}
	read("page", &page.Number, func(int64) bool { return true }, "Must be an integer.")
	read("per_page", &page.PerPage, func(n int64) bool { return n >= 1 && n <= maxPerPage }, "Must be an integer from 1 to 100.")
	return page
}
