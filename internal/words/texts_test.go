package words_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/words"
)

// entry is a text as its file has it: forms by name, a text without a plural under "".
type entry map[string]string

func (e *entry) UnmarshalJSON(data []byte) error {
	var single string
	if json.Unmarshal(data, &single) == nil {
		*e = entry{"": single}
		return nil
	}
	return json.Unmarshal(data, (*map[string]string)(e))
}

func readTexts(t *testing.T, lang string) map[string]entry {
	t.Helper()
	data, err := words.Source(lang)
	if err != nil {
		t.Fatal(err)
	}
	var read map[string]entry
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatalf("%s: %v", lang, err)
	}
	return read
}

// eachText goes through all texts of all languages, in order.
func eachText(t *testing.T, visit func(lang, key, form, text string)) {
	t.Helper()
	for _, lang := range roundtable.Langs() {
		read := readTexts(t, lang)
		for _, key := range slices.Sorted(maps.Keys(read)) {
			for _, form := range slices.Sorted(maps.Keys(read[key])) {
				visit(lang, key, form, read[key][form])
			}
		}
	}
}

// Files are sorted, one key a line, so that two people who add to them seldom meet.
func TestFilesAreSorted(t *testing.T) {
	line := regexp.MustCompile(`^  "([a-z0-9_.]+)": ("|\{).*("|\})(,?)$`)
	for _, lang := range roundtable.Langs() {
		data, err := words.Source(lang)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(bytes.TrimSuffix(data, []byte("\n"))), "\n")
		var keys []string
		for _, l := range lines[1 : len(lines)-1] {
			found := line.FindStringSubmatch(l)
			if found == nil {
				t.Errorf("%s: not one key a line: %s", lang, l)
				continue
			}
			keys = append(keys, found[1])
		}
		if !slices.IsSorted(keys) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
			t.Errorf("%s: keys are not in order, or one stands twice", lang)
		}
	}
}

func TestEveryLanguageHasEveryKey(t *testing.T) {
	english := readTexts(t, "en")
	for _, lang := range roundtable.Langs() {
		read := readTexts(t, lang)
		for key := range english {
			if _, found := read[key]; !found {
				t.Errorf("%s: %s is missing", lang, key)
			}
		}
		for key := range read {
			if _, found := english[key]; !found {
				t.Errorf("%s: %s is no key of English", lang, key)
			}
		}
	}
}

// A text has plural forms in each language or in none, and then those of the language.
func TestPluralFormsAreWhole(t *testing.T) {
	english := readTexts(t, "en")
	for _, lang := range roundtable.Langs() {
		forms := slices.Sorted(slices.Values(words.Forms(catalog(t, lang))))
		for key, e := range readTexts(t, lang) {
			want := []string{""}
			if _, single := english[key][""]; !single {
				want = forms
			}
			if got := slices.Sorted(maps.Keys(e)); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the forms %q, want %q", lang, key, got, want)
			}
		}
	}
}

// A translation has the placeholders of English. A form that stands for one number alone
// may have that number as a word instead.
func TestPlaceholders(t *testing.T) {
	english := readTexts(t, "en")
	eachText(t, func(lang, key, form, text string) {
		source := english[key][""] + english[key]["other"]
		got, want := placeholders(text), placeholders(source)
		if slices.Equal(got, want) {
			return
		}
		without := slices.DeleteFunc(want, func(name string) bool { return name == "{count}" })
		if form != "" && standsForOne(catalog(t, lang), form) && slices.Equal(got, without) {
			return
		}
		t.Errorf("%s: %s %s has the placeholders %q, English has %q", lang, key, form, got, placeholders(source))
	})
}

func placeholders(text string) []string {
	names := regexp.MustCompile(`\{[^}]*\}?`).FindAllString(text, -1)
	slices.Sort(names)
	return names
}

func standsForOne(c *words.Catalog, form string) bool {
	numbers := 0
	for n := range int64(200) {
		if words.Form(c, n) == form {
			numbers++
		}
	}
	return numbers == 1
}

// alike are words that a language shares with English.
var alike = map[string]string{
	"page.layout.home":      "it",
	"page.layout.pages":     "fr",
	"page.layout.password":  "it",
	"page.layout.sessions":  "fr ca",
	"page.login.password":   "it",
	"page.sidebar.messages": "fr",
	"page.form.error_title": "es ca",
	"page.profile.no":       "es it ca",
}

func TestTranslated(t *testing.T) {
	english := readTexts(t, "en")
	met := map[string]bool{}
	eachText(t, func(lang, key, form, text string) {
		if lang == "en" || !strings.ContainsFunc(withoutPlaceholders(text), unicode.IsLower) {
			return
		}
		same := text == english[key][form]
		allowed := slices.Contains(strings.Fields(alike[key]), lang)
		switch {
		case same && !allowed:
			t.Errorf("%s: %s reads as in English: %s", lang, key, text)
		case same:
			met[key+" "+lang] = true
		}
	})
	for key, langs := range alike {
		for lang := range strings.FieldsSeq(langs) {
			if !met[key+" "+lang] {
				t.Errorf("%s: %s need not be excepted", lang, key)
			}
		}
	}
}

func withoutPlaceholders(text string) string {
	return regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(text, "")
}

func TestClean(t *testing.T) {
	eachText(t, func(lang, key, form, text string) {
		if fault := unclean(text); fault != "" {
			t.Errorf("%s: %s %s: %s: %q", lang, key, form, fault, text)
		}
	})
	for _, text := range []string{"", " a", "a ", "a\u00a0", "a  b", "a\nb", "a\u200fb", "a\u202eb", "a\u200bb", "<b>a</b>", "a &amp; b", "{a b}", "a\u00adb", "a\ufeff", "caf\u0065\u0301"} {
		if unclean(text) == "" {
			t.Errorf("%q passes for clean", text)
		}
	}
}

// unclean says what a text must not have.
func unclean(text string) string {
	switch {
	case text == "":
		return "it is empty"
	case strings.TrimSpace(text) != text:
		return "space at an end"
	case strings.Contains(text, "  "):
		return "two spaces"
	case strings.ContainsAny(text, "<>&"):
		return "looks like HTML"
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Mn) }):
		// Arabic needs one mark, the doubled vowel of adverbs.
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }) || !unicode.Is(unicode.Arabic, firstLetter(text)) {
			return "an invisible or combining character"
		}
	case slices.ContainsFunc(placeholders(text), func(name string) bool { return !regexp.MustCompile(`^\{[a-z_]+\}$`).MatchString(name) }):
		return "a wrong placeholder"
	}
	return ""
}

func firstLetter(text string) rune {
	for _, r := range withoutPlaceholders(text) {
		if unicode.IsLetter(r) {
			return r
		}
	}
	return 0
}

// Typography that readers notice: what French sets before its high signs, which quotes and
// apostrophes there are, and one script in a word.
func TestTypography(t *testing.T) {
	thin := regexp.MustCompile(`[^\x{202f}][!?;:»]|«[^\x{202f}]`)
	eachText(t, func(lang, key, form, text string) {
		plain := withoutPlaceholders(text)
		if lang == "fr" && thin.MatchString(plain) {
			t.Errorf("fr: %s: no narrow space at a high sign: %q", key, text)
		}
		if strings.ContainsAny(plain, `"'`) {
			t.Errorf("%s: %s: a typewriter's quote or apostrophe: %q", lang, key, text)
		}
		if strings.ContainsRune(plain, '…') || strings.Contains(plain, "...") {
			t.Errorf("%s: %s: an ellipsis: %q", lang, key, text)
		}
		if lang == "ro" && strings.ContainsAny(plain, "şţŞŢ") {
			t.Errorf("ro: %s: a cedilla for a comma: %q", key, text)
		}
		if lang == "ar" && strings.ContainsAny(plain, ",;?") {
			t.Errorf("ar: %s: a Latin comma, semicolon or question mark: %q", key, text)
		}
		for word := range strings.FieldsFuncSeq(plain, func(r rune) bool { return !unicode.IsLetter(r) }) {
			if script := scripts(word); script > 1 {
				t.Errorf("%s: %s: letters of %d scripts in %q", lang, key, script, word)
			}
		}
	})
}

func scripts(word string) int {
	n := 0
	for _, table := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Arabic} {
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(table, r) }) {
			n++
		}
	}
	return n
}

// A sentence ends as it does in English.
func TestEndings(t *testing.T) {
	english := readTexts(t, "en")
	ends := map[string]string{"؟": "?", "،": ","}
	kind := func(text string) string {
		last := string([]rune(text)[len([]rune(text))-1:])
		if other, found := ends[last]; found {
			last = other
		}
		if strings.Contains(".?:", last) {
			return last
		}
		return ""
	}
	eachText(t, func(lang, key, form, text string) {
		source := english[key]["other"]
		if form == "" {
			source = english[key][""]
		}
		if key == "mail.greeting" || key == "page.error.phone" {
			return // customs differ; a full stop after a list of signs would seem one of them
		}
		if got, want := kind(text), kind(source); got != want {
			t.Errorf("%s: %s %s ends with %q, English with %q", lang, key, form, got, want)
		}
	})
}

// Nothing in a page breaks because a language is wordy: menus and buttons stay short.
func TestLength(t *testing.T) {
	english := readTexts(t, "en")
	eachText(t, func(lang, key, form, text string) {
		source := max(len([]rune(english[key][""])), len([]rune(english[key]["other"])))
		if n, most := len([]rune(text)), 2*source+20; n > most {
			t.Errorf("%s: %s has %d characters, more than %d: %s", lang, key, n, most, text)
		}
	})
}

func ExampleCatalog_Text() {
	c, err := words.Of("pl")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Text("page.login.often", "count", 3))
	// Output: Zbyt wiele prób. Poczekaj 3 minuty i spróbuj ponownie.
}
