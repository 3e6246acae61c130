package roundtable

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// OrgSearch is what a list of organisations is narrowed by, within the READ scope.
type OrgSearch struct {
	ID    Opt[int64]
	Alias Opt[string] // exactly
	Query string      // of words that begin a word of the name each, or the id; empty: all
}

// Matcher tells of an organisation, by its id and its folded name, whether the query
// finds it.
func (s OrgSearch) Matcher() func(id int64, nameKey string) bool {
	query := Fold(s.Query)
	wanted := wordsOf(query)
	return func(id int64, nameKey string) bool {
		switch {
		case query == "" || query == strconv.FormatInt(id, 10):
			return true
		case len(wanted) == 0:
			return strings.Contains(nameKey, query)
		}
		words := wordsOf(nameKey)
		return !slices.ContainsFunc(wanted, func(prefix string) bool {
			return !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, prefix) })
		})
	}
}

// wordsOf cuts a text at all that is neither letter nor digit.
func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r) })
}
