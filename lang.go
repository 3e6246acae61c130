package roundtable

import (
	"slices"
	"strings"
)

// Langs are the seventeen languages a user can have, in the contract's order.
func Langs() []string {
	return []string{
		"fr", "en", "es", "it", "pt-br", "de", "ar", "nl", "pl",
		"cs", "ca", "sk", "pt", "lv", "ro", "bg", "hu",
	}
}

// cleanLang reads a language code without regard to case.
func cleanLang(s string) (string, *problem) {
	if lang := strings.ToLower(s); slices.Contains(Langs(), lang) {
		return lang, nil
	}
	return "", notAChoice(Langs())
}
