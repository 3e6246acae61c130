package roundtable

import (
	"slices"
	"strings"
	"testing"
)

func TestKeywordsInReviews(t *testing.T) {
	t.Parallel()
	text := "Le PAIN  était rassis ; l'accueil-client, nul. Crème brûlée à 12,50 €! Straße, ﬁn, مَطعم"
	for keyword, want := range map[string]bool{
		"pain": true, "Pain était": true, "pain rassis": false, "PAIN ÉTAIT RASSIS": true, "rassi": false, "assis": false,
		"accueil client": true, "l'accueil": true, "creme brulee": true, "Crème": true, "12": true, "12,50": true, "2,50": false, "50 €": true, "€": false, "!": false, "": false, " ": false,
		"strasse": false, "STRAßE": true, "fin": true, "مطعم": true, "client nul creme": true,
	} {
		if got := NewReviewWords(text).Holds(keyword); got != want {
			t.Errorf("%q occurs: %v, want %v", keyword, got, want)
		}
	}
	if NewReviewWords("").Holds("") || NewReviewWords(" ! ").Holds("?") {
		t.Error("no words occur in no words")
	}
}

func TestReviewValues(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what  string
		clean func(string) (string, *problem)
		given map[string]Code // empty: it is taken
	}{
		{"id", cleanReviewID, map[string]Code{
			"a": "", "g/1 é#?%": "", strings.Repeat("é", 100): "", strings.Repeat("e", 101): CodeInvalidLength, "": CodeInvalidLength,
			" a": CodeInvalidCharacters, "a ": CodeInvalidCharacters, "a\tb": CodeInvalidCharacters, "a\u200bb": CodeInvalidCharacters, "a\u202eb": CodeInvalidCharacters, "\u00a0": CodeInvalidCharacters,
		}},
		{"author", cleanReviewAuthor, map[string]Code{"": "", " ": "", strings.Repeat("é", 200): "", strings.Repeat("e", 201): CodeTooLong, "a\nb": CodeInvalidCharacters, "a\x7f": CodeInvalidCharacters}},
		{"text", cleanReviewText, map[string]Code{"": "", "a\r\n\tb": "", strings.Repeat("é", 10_000): "", strings.Repeat("e", 10_001): CodeTooLong, "a\x00": CodeInvalidCharacters, "\u0085a": ""}},
		{"lang", cleanReviewLang, map[string]Code{
			"": "", "fr": "", "pt-BR": "", "zh-Hant-TW": "", "es-419": "", "gsw": "", "f": CodeInvalidChoice, "fr_FR": CodeInvalidChoice, "fr-": CodeInvalidChoice, "-fr": CodeInvalidChoice, "12": CodeInvalidChoice,
			"fr ": CodeInvalidChoice, "français": CodeInvalidChoice, "abcdefghi": CodeInvalidChoice, "fr-" + strings.Repeat("x-", 16) + "x": CodeInvalidChoice,
		}},
	} {
		for given, want := range test.given {
			var got Code
			if _, wrong := test.clean(given); wrong != nil {
				got = wrong.code
			}
			if got != want {
				t.Errorf("%s %.40q: %q, want %q", test.what, given, got, want)
			}
		}
	}
}

// reviewed judges a list of reviews by an ORG_ADMIN of organisation 1, which has businesses
// a and b; c is of organisation 2. One is known, of a.
func reviewed(patches ...ReviewPatch) (*TakenReviews, error) {
	business := func(letter string) string { return strings.Repeat(letter, 24) }
	facts := &Facts{
		Orgs: map[int64]*Org{1: {ID: 1, ProviderID: 1}, 2: {ID: 2, ProviderID: 1}},
		Businesses: map[string]Business{
			business("a"): {ID: business("a"), OrgID: 1}, business("b"): {ID: business("b"), OrgID: 1}, business("c"): {ID: business("c"), OrgID: 2},
		},
	}
	for i := range patches {
		patches[i].BusinessID.Value = business(patches[i].BusinessID.Value)
	}
	known := &Review{ID: "known", OrgID: 1, BusinessID: business("a"), Rating: 3, Author: "Bohort", PublishedAt: 5, Version: 4}
	actor := Actor{Key: &APIKey{}, User: &User{ID: "admin", OrgID: 1, Role: OrgAdmin}}
	return TakeReviews(actor, &ReviewBatch{Reviews: patches, Listed: true, At: 9}, map[ReviewKey]*Review{known.Key(): known}, facts)
}

func sent(id, business string, rating int64) ReviewPatch {
	return ReviewPatch{ID: Some(id), BusinessID: Some(business), Rating: Some(rating), PublishedAt: Some(UnixMicros(5))}
}

func TestTakeReviews(t *testing.T) {
	t.Parallel()
	same, cleared := ReviewPatch{ID: Some("known"), BusinessID: Some("a")}, ReviewPatch{ID: Some("known"), BusinessID: Some("a"), Author: Null[string]()}
	for name, test := range map[string]struct {
		patches []ReviewPatch
		want    string // created, updated, unchanged by their ids; or the refusal
	}{
		"nothing":              {nil, "[] [] 0"},
		"new ones":             {[]ReviewPatch{sent("x", "a", 1), sent("y", "b", 5)}, "[x 1 y 5] [] 0"},
		"the same":             {[]ReviewPatch{same}, "[] [] 1"},
		"the same, with all":   {[]ReviewPatch{sent("known", "a", 3)}, "[] [] 1"},
		"another rating":       {[]ReviewPatch{sent("known", "a", 2), sent("x", "a", 3)}, "[x 3] [known 2] 0"},
		"cleared":              {[]ReviewPatch{cleared}, "[] [known 3] 0"},
		"another business":     {[]ReviewPatch{sent("x", "a", 1), sent("known", "b", 3)}, "operation_not_allowed (reviews.1.business_id: edit_not_allowed)"},
		"of another tenant":    {[]ReviewPatch{sent("known", "c", 3), sent("x", "d", 3)}, "invalid (reviews.0.business_id: unknown_business, reviews.1.business_id: unknown_business)"},
		"twice":                {[]ReviewPatch{sent("x", "a", 1), sent("x", "b", 1)}, "invalid (reviews.1.id: duplicate_item)"},
		"known twice":          {[]ReviewPatch{same, cleared}, "invalid (reviews.1.id: duplicate_item)"},
		"new without anything": {[]ReviewPatch{{ID: Some("x"), BusinessID: Some("a")}}, "invalid (reviews.0.rating: required, reviews.0.published_at: required)"},
		"a wrong rating":       {[]ReviewPatch{sent("known", "a", 6), sent("x", "a", 0)}, "invalid (reviews.0.rating: out_of_range, reviews.1.rating: out_of_range)"},
		"too many":             {make([]ReviewPatch, MaxReviews+1), "invalid (reviews: too_many_items)"},
	} {
		taken, err := reviewed(slices.Clone(test.patches)...)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = tell(taken.Created) + " " + tell(taken.Updated) + " " + string(rune('0'+taken.Unchanged))
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func tell(reviews []*Review) string {
	var told []string
	for _, r := range reviews {
		told = append(told, r.ID+" "+string(rune('0'+r.Rating)))
	}
	return "[" + strings.Join(told, " ") + "]"
}

// What changes and what stays, of one that is known and of one that is new.
func TestTakenReviewsWhole(t *testing.T) {
	t.Parallel()
	taken, err := reviewed(
		ReviewPatch{ID: Some("known"), BusinessID: Some("a"), Text: Some(" Good. "), UpdatedAt: Some(UnixMicros(7))},
		ReviewPatch{ID: Some("new"), BusinessID: Some("a"), Rating: Some(int64(1)), PublishedAt: Some(UnixMicros(6)), Lang: Some("fr"), Author: Null[string]()})
	if err != nil || len(taken.Updated) != 1 || len(taken.Created) != 1 {
		t.Fatalf("%+v, %v", taken, err)
	}
	business, at := strings.Repeat("a", 24), UnixMicros(7)
	updated, created := *taken.Updated[0], *taken.Created[0]
	if updated.UpdatedAt == nil || *updated.UpdatedAt != at {
		t.Errorf("updated at %v", updated.UpdatedAt)
	}
	updated.UpdatedAt = nil
	if want := (Review{ID: "known", OrgID: 1, BusinessID: business, Rating: 3, Author: "Bohort", Text: "Good.", PublishedAt: 5, Version: 5}); updated != want {
		t.Errorf("updated %+v, want %+v", updated, want)
	}
	if want := (Review{ID: "new", OrgID: 1, BusinessID: business, Rating: 1, Lang: "fr", PublishedAt: 6, CreatedAt: 9, Version: 1}); created != want {
		t.Errorf("created %+v, want %+v", created, want)
	}
}
