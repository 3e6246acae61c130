package apitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/template"
)

// decode reads a value that the contract's reader took for free text; a member
// that T does not have is a mistake.
func decode[T any](value any) (T, error) {
	var decoded T
	text, err := json.Marshal(value)
	if err != nil {
		return decoded, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoded, decoder.Decode(&decoded)
}

// expand writes out {{repeat n "x"}}.
func expand(text string) ([]byte, error) {
	repeat := func(n int, s string) string { return strings.Repeat(s, n) }
	parsed, err := template.New("raw").Funcs(template.FuncMap{"repeat": repeat}).Parse(text)
	if err != nil {
		return nil, err
	}
	expanded := bytes.NewBuffer([]byte{})
	err = parsed.Execute(expanded, nil)
	return expanded.Bytes(), err
}

// withAny returns value with Any in the place of everything under keys, but null.
func withAny(value any, keys []string) any {
	switch value := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(value))
		for key, member := range value {
			if members[key] = withAny(member, keys); member != nil && slices.Contains(keys, key) {
				members[key] = Any
			}
		}
		return members
	case []any:
		elements := make([]any, len(value))
		for i, element := range value {
			elements[i] = withAny(element, keys)
		}
		return elements
	}
	return value
}

// differences tells where got is not what want promises, one line for each place.
// The lists named in unordered may come in any order.
func differences(path string, want, got any) []string {
	if want == Any && got != nil {
		return nil
	}
	switch want := want.(type) {
	case map[string]any:
		if got, ok := got.(map[string]any); ok {
			return memberDifferences(path, want, got)
		}
	case []any:
		if got, ok := got.([]any); ok && len(want) == len(got) {
			return elementDifferences(path, want, got)
		}
	default:
		if want == got {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is %s, want %s", path, text(got), text(want))}
}

func memberDifferences(path string, want, got map[string]any) []string {
	var found []string
	for key, promised := range want {
		value, ok := got[key]
		if !ok {
			found = append(found, fmt.Sprintf("%s.%s is missing, want %s", path, key, text(promised)))
			continue
		}
		found = append(found, differences(path+"."+key, promised, value)...)
	}
	for key, value := range got {
		if _, ok := want[key]; !ok {
			found = append(found, fmt.Sprintf("%s.%s is %s, want none", path, key, text(value)))
		}
	}
	slices.Sort(found)
	return found
}

// unordered are the members whose lists have no promised order.
var unordered = []string{"details", "changes", "effects"}

func elementDifferences(path string, want, got []any) []string {
	if slices.Contains(unordered, path[strings.LastIndexByte(path, '.')+1:]) {
		got = inOrderOf(want, got)
	}
	var found []string
	for i, promised := range want {
		found = append(found, differences(fmt.Sprintf("%s.%d", path, i), promised, got[i])...)
	}
	return found
}

// inOrderOf returns got with what equals an element of want in its place.
func inOrderOf(want, got []any) []any {
	ordered := slices.Clone(got)
	for i, promised := range want {
		for k := i; k < len(ordered); k++ {
			if len(differences("", promised, ordered[k])) == 0 {
				ordered[i], ordered[k] = ordered[k], ordered[i]
				break
			}
		}
	}
	return ordered
}

func text(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}
