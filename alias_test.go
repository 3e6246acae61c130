package roundtable

import (
	"strings"
	"testing"
)

// TestAliasOf: an alias that nobody asked for follows from the name.
func TestAliasOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"The Milk Company":             "the_milk_company",
		"  Lait & Crème — d'Orcanie! ": "lait_creme_d_orcanie",
		"a__b_":                        "a_b",
		"_":                            "org",
		"24/7":                         "24_7",
		"Łódź №5":                      "odz_no5",
		"ﬁne Ⅳ":                        "fine_iv",
		"牛乳":                           "org",
		"牛乳 2":                         "2",
		"":                             "org",
		strings.Repeat("n", 101):       strings.Repeat("n", 100),
		strings.Repeat("n", 99) + " m": strings.Repeat("n", 99),
		"a\u0301\u200dB":               "a_b",
	} {
		if got := aliasOf(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestAliasSpelling(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 100)
	for _, test := range []struct {
		alias string
		n     int
		want  string
	}{
		{"milk", 1, "milk"},
		{"milk", 2, "milk_2"},
		{"milk_2", 2, "milk_2_2"},
		{long, 1, long},
		{long, 3, long[:98] + "_3"},
		{long, 1000, long[:95] + "_1000"},
	} {
		if got := AliasSpelling(test.alias, test.n); got != test.want || checkAlias(got) != nil {
			t.Errorf("%s %d: %s, want %s", test.alias, test.n, got, test.want)
		}
	}
}

// FuzzAlias: whatever the name, an alias comes of it that may be asked for, and as
// itself.
func FuzzAlias(f *testing.F) {
	f.Add("The Milk Company")
	f.Add("\xff_\x00 ß ǆ")
	f.Fuzz(func(t *testing.T, name string) {
		alias := aliasOf(name)
		if wrong := checkAlias(alias); wrong != nil || aliasOf(alias) != alias {
			t.Fatalf("%q is %q: %v", name, alias, wrong)
		}
	})
}
