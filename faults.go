package roundtable

import "slices"

// MaxErrors bounds the errors of one answer; a body of 1 MiB could earn far more.
const MaxErrors = 10_000

// faults are what is wrong with a body: form, values and references, each path once.
type faults struct {
	wrong []FieldError
	noted map[string]bool // their paths
}

// newFaults begins with what is wrong with the form.
func newFaults(form []FieldError) faults {
	f := faults{wrong: slices.Clone(form), noted: make(map[string]bool, len(form))}
	for _, fault := range form {
		f.noted[fault.Field] = true
	}
	return f
}

// note records what is wrong with a field, once for each path: a list element whose
// form is wrong leaves a placeholder, of which no more is told.
func (f *faults) note(path string, p *problem) {
	if !f.noted[path] && len(f.wrong) < MaxErrors {
		f.noted[path] = true
		f.wrong = append(f.wrong, p.in(path))
	}
}

// require notes that a text was not given, or is null.
func (f *faults) require(path string, text Opt[string]) {
	switch {
	case text.Null:
		f.note(path, nullNotAllowed())
	case !text.Set:
		f.note(path, &problem{CodeRequired, "Is required."})
	}
}
