package words_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/words"
)

func catalog(t *testing.T, lang string) *words.Catalog {
	t.Helper()
	c, err := words.Of(lang)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryLanguageOfAUser(t *testing.T) {
	for _, lang := range roundtable.Langs() {
		if got := catalog(t, lang).Lang(); got != lang {
			t.Errorf("Of(%q) is %q", lang, got)
		}
	}
	for _, lang := range []string{"", "xx", "../en", "FR"} {
		if got := catalog(t, lang).Lang(); got != "en" {
			t.Errorf("Of(%q) is %q, want en", lang, got)
		}
	}
	if dir := catalog(t, "ar").Dir(); dir != "rtl" {
		t.Errorf("Arabic is written %q", dir)
	}
	if dir := catalog(t, "fr").Dir(); dir != "ltr" {
		t.Errorf("French is written %q", dir)
	}
}

func TestMatch(t *testing.T) {
	for _, tt := range []struct{ accept, want string }{
		{"", "en"},
		{"*", "en"},
		{"fr", "fr"},
		{"fr-CA,fr;q=0.9,en;q=0.8", "fr"},
		{"en;q=0.3, de-AT;q=0.9", "de"},
		{"pt", "pt-br"}, // what Unicode takes the bare tag for
		{"pt-BR", "pt-br"},
		{"pt-PT,pt;q=0.9", "pt"},
		{"pt-AO", "pt"},
		{"es-MX", "es"},
		{"ar-EG", "ar"},
		{"nl-BE", "nl"},
		{"mo", "ro"},
		{"zh-CN,zh;q=0.9", "en"},
		{"ja, sk;q=0.1", "sk"},
		{"fr;q=0, en", "en"},
		{"de;q=x", "en"},
		{"\x00\xff", "en"},
		{"<script>", "en"},
		{strings.Repeat("a-", 100_000), "en"},
		{strings.Repeat("fr,", 1000), "en"},
	} {
		if got := words.Match(tt.accept); got != tt.want {
			t.Errorf("Match(%.40q) = %q, want %q", tt.accept, got, tt.want)
		}
	}
}

func TestDatesAndNumbers(t *testing.T) {
	at := time.Date(2026, 3, 2, 22, 5, 59, 0, time.FixedZone("", 3600))
	for _, tt := range []struct{ lang, date, moment, number string }{
		{"fr", "2 mars 2026", "2 mars 2026 à 21:05 UTC", "12\u202f345"},
		{"en", "2 March 2026", "2 March 2026 at 21:05 UTC", "12,345"},
		{"es", "2 de marzo de 2026", "2 de marzo de 2026, 21:05 UTC", "12.345"},
		{"it", "2 marzo 2026", "2 marzo 2026, 21:05 UTC", "12.345"},
		{"pt-br", "2 de março de 2026", "2 de março de 2026 às 21:05 UTC", "12.345"},
		{"de", "2. März 2026", "2. März 2026 um 21:05 UTC", "12.345"},
		{"ar", "2 مارس 2026", "2 مارس 2026، 9:05 م UTC", "12,345"},
		{"nl", "2 maart 2026", "2 maart 2026 om 21:05 UTC", "12.345"},
		{"pl", "2 marca 2026", "2 marca 2026, 21:05 UTC", "12\u00a0345"},
		{"cs", "2. března 2026", "2. března 2026 v 21:05 UTC", "12\u00a0345"},
		{"ca", "2 de març de 2026", "2 de març de 2026, 21:05 UTC", "12.345"},
		{"sk", "2. marca 2026", "2. marca 2026 o 21:05 UTC", "12\u00a0345"},
		{"pt", "2 de março de 2026", "2 de março de 2026 às 21:05 UTC", "12\u00a0345"},
		{"lv", "2026. gada 2. marts", "2026. gada 2. marts plkst. 21:05 UTC", "12\u00a0345"},
		{"ro", "2 martie 2026", "2 martie 2026, 21:05 UTC", "12.345"},
		{"bg", "2 март 2026 г.", "2 март 2026 г., 21:05 UTC", "12\u00a0345"},
		{"hu", "2026. március 2.", "2026. március 2. 21:05 UTC", "12\u00a0345"},
	} {
		c := catalog(t, tt.lang)
		if got := c.Date(at); got != tt.date {
			t.Errorf("%s: date %q, want %q", tt.lang, got, tt.date)
		}
		if got := c.DateTime(at); got != tt.moment {
			t.Errorf("%s: moment %q, want %q", tt.lang, got, tt.moment)
		}
		if got := c.Number(12345); got != tt.number {
			t.Errorf("%s: number %q, want %q", tt.lang, got, tt.number)
		}
	}
}

// The forms of numbers as grammars tell them, one language after the other.
func TestPluralForms(t *testing.T) {
	for _, tt := range []struct {
		langs   string
		form    string
		numbers []int64
	}{
		{"en de es it nl ca pt bg hu", "one", []int64{1}},
		{"en de es it nl ca pt bg hu", "other", []int64{0, 2, 11, 21, 101, 1000}},
		{"fr pt-br", "one", []int64{0, 1}},
		{"fr pt-br", "other", []int64{2, 11, 21, 101}},
		{"pl", "one", []int64{1}},
		{"pl", "few", []int64{2, 3, 4, 22, 34, 102, 1004}},
		{"pl", "many", []int64{0, 5, 11, 12, 14, 21, 25, 100, 101, 112}},
		{"cs sk", "one", []int64{1}},
		{"cs sk", "few", []int64{2, 3, 4}},
		{"cs sk", "other", []int64{0, 5, 11, 21, 22, 102}},
		{"lv", "zero", []int64{0, 10, 11, 19, 20, 30, 111}},
		{"lv", "one", []int64{1, 21, 101, 1001}},
		{"lv", "other", []int64{2, 9, 22, 102}},
		{"ro", "one", []int64{1}},
		{"ro", "few", []int64{0, 2, 19, 101, 119, 1019}},
		{"ro", "other", []int64{20, 21, 100, 120, 1000}},
		{"ar", "zero", []int64{0}},
		{"ar", "one", []int64{1}},
		{"ar", "two", []int64{2}},
		{"ar", "few", []int64{3, 10, 103, 1010}},
		{"ar", "many", []int64{11, 26, 99, 111}},
		{"ar", "other", []int64{100, 101, 102, 1000, 20_000_000}},
	} {
		for lang := range strings.FieldsSeq(tt.langs) {
			c := catalog(t, lang)
			if !slices.Contains(words.Forms(c), tt.form) {
				t.Errorf("%s has no form %s", lang, tt.form)
			}
			for _, n := range tt.numbers {
				if got := words.Form(c, n); got != tt.form {
					t.Errorf("%s: %d takes the form %q, want %q", lang, n, got, tt.form)
				}
			}
		}
	}
}

func TestText(t *testing.T) {
	c, err := words.Parse("pl", `{
		"hello": "Dzień dobry, {name}!",
		"shops": {"one": "{count} sklep", "few": "{count} sklepy", "many": "{count} sklepów", "other": "{count} sklepu"}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		key   string
		pairs []any
		want  string
	}{
		{"hello", []any{"name", "Jan"}, "Dzień dobry, Jan!"},
		{"hello", []any{"name", "{name} %s <b>"}, "Dzień dobry, {name} %s <b>!"},
		{"hello", nil, "Dzień dobry, {name}!"},
		{"hello", []any{"name"}, "Dzień dobry, {name}!"},
		{"shops", []any{"count", 1}, "1 sklep"},
		{"shops", []any{"count", 3}, "3 sklepy"},
		{"shops", []any{"count", 12}, "12 sklepów"},
		{"shops", []any{"count", int64(22222)}, "22\u00a0222 sklepy"},
		{"shops", nil, "{count} sklepu"},
		{"none", []any{"count", 1}, "none"},
	} {
		if got := c.Text(tt.key, tt.pairs...); got != tt.want {
			t.Errorf("Text(%q, %v) = %q, want %q", tt.key, tt.pairs, got, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, tt := range []struct{ data, want string }{
		{`{"a": "{"}`, "a: a brace"},
		{`{"a": "}"}`, "a: a brace"},
		{`{"a": "{}"}`, "a: a brace"},
		{`{"a": "{b{c}"}`, "a: a brace"},
		{`{"a": {"one": "x", "other": "y"}}`, `a: the form "few" is missing`},
		{`{"a": {"one": "x", "few": "x", "many": "x", "other": "y", "two": "z"}}`, `a: the language has no form "two"`},
		{`{"a": 1}`, "a: json"},
		{`[]`, "json"},
	} {
		_, err := words.Parse("pl", tt.data)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.data, err, tt.want)
		}
	}
}

func TestCatalogsAreFilled(t *testing.T) {
	keys := words.Keys(catalog(t, "en"))
	if len(keys) == 0 {
		t.Fatal("English has no texts")
	}
	for _, lang := range roundtable.Langs() {
		if got := words.Keys(catalog(t, lang)); !slices.Equal(got, keys) {
			t.Errorf("%s: %d keys, English has %d", lang, len(got), len(keys))
		}
	}
}
