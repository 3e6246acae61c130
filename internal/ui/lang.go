package ui

import (
	"strings"

	"golang.org/x/text/language"

	"github.com/roundtable-directory/roundtable"
)

// langNames are the languages by the names that their speakers know.
var langNames = map[string]string{
	"fr": "Français", "en": "English", "es": "Español", "it": "Italiano", "pt-br": "Português (Brasil)", "de": "Deutsch",
	"ar": "العربية", "nl": "Nederlands", "pl": "Polski", "cs": "Čeština", "ca": "Català", "sk": "Slovenčina",
	"pt": "Português (Portugal)", "lv": "Latviešu", "ro": "Română", "bg": "Български", "hu": "Magyar",
}

// maxAccept bounds the header that is parsed.
const maxAccept = 512

// acceptedLang chooses the language for somebody who is not known, by what the browser
// asks for; English if that is none of ours.
func acceptedLang(header string) string {
	const fallback = "en"
	if header == "" || len(header) > maxAccept {
		return fallback
	}
	tags, _, err := language.ParseAcceptLanguage(header)
	if err != nil || len(tags) == 0 {
		return fallback
	}
	langs := roundtable.Langs()
	ours := make([]language.Tag, 0, len(langs)+1)
	ours = append(ours, language.English) // the first is what a matcher falls back to
	for _, lang := range langs {
		ours = append(ours, languageTag(lang))
	}
	_, index, confidence := language.NewMatcher(ours).Match(tags...)
	if confidence == language.No || index == 0 {
		return fallback
	}
	return langs[index-1]
}

func languageTag(lang string) language.Tag {
	if lang == "pt" {
		return language.EuropeanPortuguese // else the matcher would take it for Brazil's
	}
	return language.Make(lang)
}

// htmlLang is a language as HTML names it.
func htmlLang(lang string) string {
	if base, region, ok := strings.Cut(lang, "-"); ok {
		return base + "-" + strings.ToUpper(region)
	}
	return lang
}
