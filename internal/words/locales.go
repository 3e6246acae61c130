package words

import (
	"strings"

	cldr "github.com/go-playground/locales"
	"github.com/go-playground/locales/ar"
	"github.com/go-playground/locales/bg"
	"github.com/go-playground/locales/ca"
	"github.com/go-playground/locales/cs"
	"github.com/go-playground/locales/de"
	"github.com/go-playground/locales/en_GB"
	"github.com/go-playground/locales/es"
	"github.com/go-playground/locales/fr"
	"github.com/go-playground/locales/hu"
	"github.com/go-playground/locales/it"
	"github.com/go-playground/locales/lv"
	"github.com/go-playground/locales/nl"
	"github.com/go-playground/locales/pl"
	"github.com/go-playground/locales/pt_BR"
	"github.com/go-playground/locales/pt_PT"
	"github.com/go-playground/locales/ro"
	"github.com/go-playground/locales/sk"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// plenty is a number beyond which the last seven digits decide about a plural.
const plenty = 10_000_000

// locale is a language as it is written.
type locale struct {
	code  string // as a user has it
	tag   string // BCP 47
	name  string // in itself
	rtl   bool
	dates cldr.Translator // and which plural forms there are

	// numbers is another than dates in Arabic alone, whose digits here are those of the
	// rest of the page: the library mixes them with the separators of Eastern digits.
	numbers cldr.Translator

	// language is the tag as it is matched. It chooses among the plural forms, too: of the
	// two libraries, golang.org/x/text has the rule of Romanian right.
	language language.Tag
}

// locales are the languages, the source first: it is what an unknown language falls to.
func locales() []locale {
	return []locale{
		{code: "en", tag: "en", name: "English", dates: en_GB.New(), numbers: en_GB.New()},
		{code: "fr", tag: "fr", name: "Français", dates: fr.New(), numbers: fr.New()},
		{code: "es", tag: "es", name: "Español", dates: es.New(), numbers: es.New()},
		{code: "it", tag: "it", name: "Italiano", dates: it.New(), numbers: it.New()},
		{code: "pt-br", tag: "pt-BR", name: "Português (Brasil)", dates: pt_BR.New(), numbers: pt_BR.New()},
		{code: "de", tag: "de", name: "Deutsch", dates: de.New(), numbers: de.New()},
		{code: "ar", tag: "ar", name: "العربية", rtl: true, dates: ar.New(), numbers: en_GB.New()},
		{code: "nl", tag: "nl", name: "Nederlands", dates: nl.New(), numbers: nl.New()},
		{code: "pl", tag: "pl", name: "Polski", dates: pl.New(), numbers: pl.New()},
		{code: "cs", tag: "cs", name: "Čeština", dates: cs.New(), numbers: cs.New()},
		{code: "ca", tag: "ca", name: "Català", dates: ca.New(), numbers: ca.New()},
		{code: "sk", tag: "sk", name: "Slovenčina", dates: sk.New(), numbers: sk.New()},
		{code: "pt", tag: "pt-PT", name: "Português (Portugal)", dates: pt_PT.New(), numbers: pt_PT.New()},
		{code: "lv", tag: "lv", name: "Latviešu", dates: lv.New(), numbers: lv.New()},
		{code: "ro", tag: "ro", name: "Română", dates: ro.New(), numbers: ro.New()},
		{code: "bg", tag: "bg", name: "Български", dates: bg.New(), numbers: bg.New()},
		{code: "hu", tag: "hu", name: "Magyar", dates: hu.New(), numbers: hu.New()},
	}
}

// forms are the names of the plural forms that the language has.
func (l locale) forms() []string {
	var names []string
	for _, rule := range l.dates.PluralsCardinal() {
		names = append(names, strings.ToLower(rule.String()))
	}
	return names
}

// form is the name of the plural form for a whole number.
func (l locale) form(n int64) string {
	if n = max(n, -n); n > plenty {
		n = n%plenty + plenty
	}
	switch plural.Cardinal.MatchPlural(l.language, int(n), 0, 0, 0, 0) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	}
	return "other"
}
