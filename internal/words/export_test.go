package words

import (
	"fmt"
	"maps"
	"slices"

	"golang.org/x/text/language"
)

// Form is the plural form that a number takes.
func Form(c *Catalog, n int64) string { return c.form(n) }

// Forms are the plural forms that a language has.
func Forms(c *Catalog) []string { return c.forms() }

// Keys are the keys of a catalog, sorted.
func Keys(c *Catalog) []string { return slices.Sorted(maps.Keys(c.texts)) }

// Parse makes a catalog of a language from other texts than the embedded.
func Parse(lang, data string) (*Catalog, error) {
	for _, l := range locales() {
		if l.code == lang {
			l.language = language.Make(l.tag)
			parsed, err := parse([]byte(data), l.forms())
			return &Catalog{locale: l, texts: parsed}, err
		}
	}
	return nil, fmt.Errorf("no language %q", lang)
}

// Source is a file of texts as it stands in the repository.
func Source(lang string) ([]byte, error) { return texts.ReadFile("texts/" + lang + ".json") }
