package ui

import (
	"strconv"

	"github.com/roundtable-directory/roundtable"
)

// explanations are the texts for what can be wrong with a field of a page.
var explanations = map[roundtable.Code]string{
	roundtable.CodeRequired:          "page.error.required",
	roundtable.CodeInvalidEmail:      "page.error.email",
	roundtable.CodeInvalidLength:     "page.error.length",
	roundtable.CodeTooLong:           "page.error.too_long",
	roundtable.CodeTooManyItems:      "page.error.too_many",
	roundtable.CodeInvalidCharacters: "page.error.characters",
	roundtable.CodeInvalidPhone:      "page.error.phone",
	roundtable.CodeInvalidChoice:     "page.error.choice",
	roundtable.CodeWeakPassword:      "page.error.weak_password",
	roundtable.CodePasswordNotUsable: "page.error.password_not_usable",
	roundtable.CodeCommonPassword:    "page.error.common_password",
	roundtable.CodeWrongPassword:     "page.error.wrong_password",
	roundtable.CodeEditNotAllowed:    "page.error.edit_not_allowed",
}

// explain says what is wrong with a field in the reader's language; in English where
// there is no text for it.
func (q *request) explain(wrong roundtable.FieldError) string {
	if key, known := explanations[wrong.Code]; known {
		return q.words.Text(key)
	}
	return wrong.Message
}

// lineOf is the line, from 1, that an index stands for.
func lineOf(index string) int {
	n, err := strconv.Atoi(index)
	if err != nil {
		return 1
	}
	return n + 1
}
