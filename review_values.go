package roundtable

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cleanReviewID takes printable characters as they stand: the id is another system's.
func cleanReviewID(id string) (string, *problem) {
	switch n := utf8.RuneCountInString(id); {
	case n < 1 || n > maxReviewID:
		return "", &problem{CodeInvalidLength, fmt.Sprintf("Must have 1 to %d characters.", maxReviewID)}
	case strings.ContainsFunc(id, func(c rune) bool { return !unicode.IsPrint(c) }) || strings.TrimSpace(id) != id:
		return "", &problem{CodeInvalidCharacters, "Must hold printable characters only, and no space at its ends."}
	}
	return id, nil
}

func cleanReviewAuthor(author string) (string, *problem) {
	return cleanProse(author, maxReviewAuthor, "")
}

func cleanReviewText(text string) (string, *problem) {
	return cleanProse(text, maxReviewText, "\n\r\t")
}

// cleanProse trims a text of at most limit characters that may be empty, without control
// characters but those allowed.
func cleanProse(s string, limit int, allowed string) (string, *problem) {
	s = strings.TrimSpace(s)
	switch {
	case utf8.RuneCountInString(s) > limit:
		return "", &problem{CodeTooLong, fmt.Sprintf("Must have at most %d characters.", limit)}
	case strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) && !strings.ContainsRune(allowed, c) }):
		return "", &problem{CodeInvalidCharacters, "Must not hold control characters."}
	}
	return s, nil
}

// cleanReviewLang takes what has the form of a language tag, such as pt-BR. Which
// languages there are is not ours to say.
func cleanReviewLang(lang string) (string, *problem) {
	if lang == "" {
		return "", nil
	}
	sound := len(lang) <= maxReviewLang
	for i, part := range strings.Split(lang, "-") {
		sound = sound && len(part) >= 1 && len(part) <= 8 && (i > 0 || len(part) >= 2 && !strings.ContainsAny(part, "0123456789"))
		for k := range len(part) {
			sound = sound && isLetterOrDigit(rune(part[k]))
		}
	}
	if !sound {
		return "", &problem{CodeInvalidChoice, "Must be a language tag, such as fr or pt-BR."}
	}
	return lang, nil
}
