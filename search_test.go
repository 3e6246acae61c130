package roundtable

import (
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                         nil,
		" - ":                      nil,
		"Perceval de Galles":       {"perceval", "de", "galles"},
		"ÉLOÏSE d'Arc-en-Ciel":     {"eloise", "d", "arc", "en", "ciel"},
		"anne.martin+2@shop.co.uk": {"anne", "martin", "2", "shop", "co", "uk"},
		"ΣΊΣΥΦΟΣ Đorđe":            {"σισυφοσ", "đorđe"},
	} {
		if got := Words(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestMistyped(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"perceval", "percval"},
		{"perceval", "perceeval"},
		{"perceval", "parceval"},
		{"perceval", "precevai"},
		{"perceval", "percevla"},
		{"perceval", "ercevalp"},
		{"a", ""},
		{"ab", "ba"},
		{"aab", "aba"},
		{"perceval", "epcreval"},
		{"łukasz", "lukasz"},
		{"éa", "èa"},
		{"ae", "éae"},
		{"日本語", "日語本"},
		{"日本語", "日本"},
		{"日本語", "日木誤"},
		{"", "ab"},
		{"same", "same"},
		{"abcd", "badc"},
		{"aaaa", "aaa"},
	} {
		want := distance([]rune(pair[0]), []rune(pair[1])) == 1
		if Mistyped(pair[0], pair[1]) != want || Mistyped(pair[1], pair[0]) != want {
			t.Errorf("%q: want %v", pair, want)
		}
	}
}

// FuzzMistyped compares with the textbook.
func FuzzMistyped(f *testing.F) {
	f.Add("perceval", "percval")
	f.Add("éè", "èé")
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = string([]rune(a)), string([]rune(b))
		if len(a) > 50 || len(b) > 50 {
			return
		}
		if want := distance([]rune(a), []rune(b)) == 1; Mistyped(a, b) != want {
			t.Errorf("%q %q: want %v", a, b, want)
		}
	})
}

// distance is how many mistakes make b of a, no letter being touched twice.
func distance(a, b []rune) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
