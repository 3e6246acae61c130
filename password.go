package roundtable

import (
	"unicode"
	"unicode/utf8"
)

const (
	minPassword = 8
	maxPassword = 128
)

// passwordProblem holds the password rule of section 1; nil: the password meets it.
func passwordProblem(password string) *problem {
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword {
		return weakPassword()
	}
	var upper, lower, special bool
	for _, r := range password {
		switch {
		case unicode.IsUpper(r):
			upper = true
		case unicode.IsLower(r):
			lower = true
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r):
			special = true
		}
	}
	if upper && lower && special {
		return nil
	}
	return weakPassword()
}

func weakPassword() *problem {
	return &problem{CodeWeakPassword, "Must have 8 to 128 characters, among them an upper-case letter, a lower-case letter and a special character."}
}
