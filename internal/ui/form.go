package ui

import (
	"errors"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/roundtable-directory/roundtable"
)

// maxForm bounds what is posted. The longest form, a profile with twelve keywords, has
// some five kilobytes.
const maxForm = 64 << 10

// readForm reads what was posted.
func (q *request) readForm() error {
	kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return &roundtable.Error{Code: roundtable.CodeMediaType}
	}
	q.Body = http.MaxBytesReader(q.w, q.Body, maxForm)
	if err := q.ParseForm(); err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return &roundtable.Error{Code: roundtable.CodeBodyTooLarge}
		}
		return &roundtable.Error{Code: roundtable.CodeInvalid}
	}
	for _, values := range q.PostForm {
		for _, value := range values {
			if !utf8.ValidString(value) || strings.Contains(value, "\x00") {
				return &roundtable.Error{Code: roundtable.CodeInvalid}
			}
		}
	}
	q.form = q.PostForm
	return nil
}

// field is a field of a form as the page shows it.
type field struct {
	Name, Label, Hint string
	Kind              string // type of the input, or textarea, select, checkbox
	Complete          string // what a browser may fill in, as HTML names it
	Value             string
	Checked           bool
	Options           []option
	Required          bool
	Error             string
}

// Chosen is what a field says to who only reads it; empty: nothing.
func (f field) Chosen() string {
	for _, o := range f.Options {
		if o.Value == f.Value {
			return o.Label
		}
	}
	return f.Value
}

type option struct{ Value, Label, Lang string }

// Described names what belongs to a field beside its label, for those who hear the page.
func (f field) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	if f.Error != "" {
		ids = append(ids, f.Name+"-error")
	}
	return strings.Join(ids, " ")
}

// fault is a line of the summary above a form.
type fault struct {
	Field string // empty: the form as a whole
	Text  string
}

// faults are what stands against a form by the words of a refusal, of which fields are the
// fields that the page shows; ok is false for one that is not about the form.
func (q *request) faults(err error, fields []field) (faults []fault, ok bool) {
	refusal, known := errors.AsType[*roundtable.Error](err)
	if !known {
		return nil, false
	}
	switch refusal.Code {
	case roundtable.CodeInvalid, roundtable.CodeForbidden:
	default:
		return nil, false
	}
	if refusal.Code == roundtable.CodeForbidden && len(refusal.Fields) == 0 {
		return []fault{{Text: q.words.Text("page.error.edit_not_allowed")}}, true
	}
	for _, wrong := range refusal.Fields {
		name, index, _ := strings.Cut(wrong.Field, ".")
		f := find(fields, name)
		if f == nil {
			return nil, false
		}
		text := q.explain(wrong)
		if index != "" {
			text = q.words.Text("page.form.line", "line", lineOf(index), "error", text)
		}
		if f.Error == "" {
			f.Error = text
		}
		faults = append(faults, fault{Field: name, Text: f.Label + ": " + text})
	}
	return faults, len(faults) > 0
}

func find(fields []field, name string) *field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}
