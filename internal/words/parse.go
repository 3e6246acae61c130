package words

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// text is the forms of one text by their names; a text without a plural has "other" alone.
type text map[string][]piece

// piece is a run of letters, and the placeholder after it, if there is one.
type piece struct{ literal, name string }

var errBrace = errors.New("a brace that is no placeholder")

// parse reads the texts of a language that has the forms named: {"key": "text"} or
// {"key": {"one": "text", "other": "text"}}, the latter with each of the forms.
func parse(data []byte, forms []string) (map[string]text, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, err
	}
	parsed := make(map[string]text, len(raw))
	for key, value := range raw {
		t, err := parseText(value, forms)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
		parsed[key] = t
	}
	return parsed, nil
}

func parseText(data []byte, forms []string) (text, error) {
	var single string
	if json.Unmarshal(data, &single) == nil {
		pieces, err := cut(single)
		return text{"other": pieces}, err
	}
	var plural map[string]string
	if err := json.Unmarshal(data, &plural); err != nil {
		return nil, err
	}
	t := text{}
	for _, form := range forms {
		if plural[form] == "" {
			return nil, fmt.Errorf("the form %q is missing", form)
		}
	}
	for form, s := range plural {
		if !slices.Contains(forms, form) {
			return nil, fmt.Errorf("the language has no form %q", form)
		}
		pieces, err := cut(s)
		if err != nil {
			return nil, err
		}
		t[form] = pieces
	}
	return t, nil
}

// cut takes a text apart at its placeholders.
func cut(s string) ([]piece, error) {
	var pieces []piece
	for s != "" {
		literal, rest, found := strings.Cut(s, "{")
		name, after, closed := "", "", true
		if found {
			name, after, closed = strings.Cut(rest, "}")
			closed = closed && name != "" && !strings.Contains(name, "{")
		}
		if !closed || strings.Contains(literal, "}") {
			return nil, errBrace
		}
		pieces, s = append(pieces, piece{literal, name}), after
	}
	return pieces, nil
}
