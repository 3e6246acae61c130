package roundtable

import (
	_ "embed"
	"strings"
	"unicode"
)

// commonPasswords are the ten thousand commonest, in lower case, one a line. They come from
// zxcvbn-ts (NOTICE).
//
//go:embed common_passwords.txt
var commonPasswords string

const (
	maxTrimmed  = 4 // characters around a common password that make it no better
	minDistinct = 4 // characters
)

// CommonPassword reports whether a password is among the commonest, or one of them with the
// usual disguises: capitals, a few digits and signs around it, letters written as digits.
// Pages refuse those; the API takes what the original takes.
func CommonPassword(password string) bool {
	text := strings.ToLower(password)
	if distinct(text) < minDistinct {
		return true
	}
	plain := undisguised(text)
	for _, candidate := range []string{
		text, plain, trimmed(text, isSign), trimmed(text, isNoLetter), trimmed(plain, isSign), trimmed(plain, isNoLetter),
		undisguised(trimmed(text, isSign)), undisguised(trimmed(text, isNoLetter)),
	} {
		if candidate != "" && strings.Contains(commonPasswords, "\n"+candidate+"\n") {
			return true
		}
	}
	return false
}

func isNoLetter(r rune) bool { return !unicode.IsLetter(r) }

func isSign(r rune) bool { return isNoLetter(r) && !unicode.IsDigit(r) }

func distinct(text string) int {
	seen := make(map[rune]bool)
	for _, r := range text {
		seen[r] = true
	}
	return len(seen)
}

// trimmed is a text without some characters around it, where those are few; otherwise empty.
func trimmed(text string, outside func(rune) bool) string {
	core := strings.TrimFunc(text, outside)
	if len(text)-len(core) > maxTrimmed {
		return ""
	}
	return core
}

// undisguised is a text with letters in the place of what looks like them.
func undisguised(text string) string {
	return strings.NewReplacer("@", "a", "4", "a", "3", "e", "1", "i", "!", "i", "0", "o", "$", "s", "5", "s", "7", "t").Replace(text)
}
