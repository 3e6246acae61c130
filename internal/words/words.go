// Package words owns the texts that people read on pages and in mails, in the languages
// that a user can have, and how a language writes plurals, numbers and dates. It knows no
// page and no mail. Texts are plain: who puts them into HTML escapes them.
package words

import (
	"embed"
	"fmt"
	"sync"

	"golang.org/x/text/language"
)

//go:embed texts
var texts embed.FS

// source is the language that the others are translated from, and that who has none of
// them reads.
const source = "en"

// maxAccept bounds the header that Match reads; browsers send some fifty bytes.
const maxAccept = 512

// library is every catalog, and what chooses one.
type library struct {
	catalogs map[string]*Catalog // by code
	matcher  language.Matcher    // of the tags of locales, the source first
	codes    []string            // in the order of the matcher
}

var once = sync.OnceValues(load)

// Of returns the texts of a language, by its code in lower case; English if it is unknown.
// A catalog never changes and may be used by many at once. The error is one of the texts
// themselves, the same for every language: who asks once at the start need not ask again.
func Of(lang string) (*Catalog, error) {
	all, err := once()
	if err != nil {
		return nil, err
	}
	if c, known := all.catalogs[lang]; known {
		return c, nil
	}
	return all.catalogs[source], nil
}

// Match returns the code of the language that an Accept-Language header asks for; English
// if it asks for none of ours, or cannot be read.
func Match(acceptLanguage string) string {
	all, err := once()
	if err != nil || len(acceptLanguage) > maxAccept {
		return source
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return source
	}
	_, index, confidence := all.matcher.Match(wanted...)
	if confidence == language.No {
		return source
	}
	return all.codes[index]
}

func load() (*library, error) {
	all := &library{catalogs: map[string]*Catalog{}}
	var tags []language.Tag
	for _, l := range locales() {
		data, err := texts.ReadFile("texts/" + l.code + ".json")
		if err != nil {
			return nil, fmt.Errorf("texts of %s: %w", l.code, err)
		}
		parsed, err := parse(data, l.forms())
		if err != nil {
			return nil, fmt.Errorf("texts of %s: %w", l.code, err)
		}
		if l.language, err = language.Parse(l.tag); err != nil {
			return nil, fmt.Errorf("tag of %s: %w", l.code, err)
		}
		all.catalogs[l.code] = &Catalog{locale: l, texts: parsed}
		all.codes, tags = append(all.codes, l.code), append(tags, l.language)
	}
	for _, c := range all.catalogs {
		c.fill(all.catalogs[source])
	}
	all.matcher = language.NewMatcher(tags)
	return all, nil
}
