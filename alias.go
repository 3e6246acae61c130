package roundtable

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

const (
	maxAlias     = 100
	nobodysAlias = "org" // of a name without a letter or digit that an alias can hold
)

// checkAlias says what is wrong with an alias; nil: nothing.
func checkAlias(alias string) *problem {
	if len(alias) < 1 || len(alias) > maxAlias {
		return &problem{CodeInvalidLength, fmt.Sprintf("Must have 1 to %d characters.", maxAlias)}
	}
	for _, r := range alias {
		if !inAlias(r) {
			return &problem{CodeInvalidCharacters, "May hold a to z, 0 to 9 and _ only."}
		}
	}
	return nil
}

func inAlias(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' }

// aliasOf makes an alias of a name: The Milk Company is the_milk_company. Letters that
// an alias cannot hold fall away, anything else separates.
func aliasOf(name string) string {
	spelled := strings.Map(func(r rune) rune {
		switch {
		case inAlias(r):
			return r
		case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r):
			return -1
		}
		return ' '
	}, strings.ReplaceAll(Fold(name), "_", " "))
	alias := strings.Join(strings.Fields(spelled), "_")
	if len(alias) > maxAlias {
		alias = strings.TrimRight(alias[:maxAlias], "_")
	}
	if alias == "" {
		return nobodysAlias
	}
	return alias
}

// AliasSpelling is the nth spelling of an alias, from 1: milk, milk_2, milk_3, … It
// stays within the length that an alias may have.
func AliasSpelling(alias string, n int) string {
	if n < 2 {
		return alias
	}
	suffix := "_" + strconv.Itoa(n)
	return alias[:min(len(alias), maxAlias-len(suffix))] + suffix
}
