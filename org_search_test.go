package roundtable

import "testing"

func TestOrgMatcher(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		query string
		want  bool
	}{
		{"", true},
		{"   ", true},
		{"milk", true},
		{"MILK", true},
		{"mi", true},
		{"co mil", true},
		{"crème", true},
		{"creme", true},
		{"7", false},
		{"123", true},
		{"12", false},
		{"0123", false},
		{"ilk", false},
		{"milk tea", false},
		{"l'or", true},
		{"&", true},
		{"§", false},
		{"%", false},
		{"_", false},
	} {
		matches := OrgSearch{Query: test.query}.Matcher()
		if got := matches(123, Fold("The Milk & Crème-Company (L'Orcanie)")); got != test.want {
			t.Errorf("%q: %t", test.query, got)
		}
	}
}
