package roster

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable"
)

// randomWord is short, of few letters, so that many are near to one another.
func randomWord(chance *rand.Rand) string {
	var b strings.Builder
	for range 1 + chance.IntN(5) {
		b.WriteString([]string{"a", "b", "é", "ß", "日", "1"}[chance.IntN(6)])
	}
	return b.String()
}

func TestIndexFindsWhatIsThere(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 1))
	const slots = 200
	var x index
	has := make([][]string, slots)
	for step := range 4_000 {
		slot := chance.IntN(slots)
		has[slot] = nil
		for range chance.IntN(4) {
			has[slot] = append(has[slot], randomWord(chance))
		}
		x.put(uint32(slot), has[slot])
		if step%97 == 0 {
			x.settle()
		}
		w := wanted{prefix: randomWord(chance), whole: step%3 == 0}
		if word := randomWord(chance); len([]rune(word)) > 1 && step%2 == 0 {
			w.mistyped = word
		}
		found := x.find(w, slots)
		for slot, texts := range has {
			want := slices.ContainsFunc(texts, func(text string) bool {
				return text == w.prefix || !w.whole && strings.HasPrefix(text, w.prefix) || w.mistyped != "" && roundtable.Mistyped(w.mistyped, text)
			})
			if found.has(uint32(slot)) != want {
				t.Fatalf("%+v in %q: %v", w, texts, !want)
			}
		}
	}
}

func TestDictionary(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(2, 2))
	var d dictionary
	at := make(map[string]uint32)
	for step := range 3_000 {
		word := randomWord(chance)
		if step%50 == 0 {
			word = ""
		}
		if at[word] = d.add(word); d.get(at[word]) != word {
			t.Fatalf("%q is %q", word, d.get(at[word]))
		}
		if step%300 == 299 {
			var used set
			for word, n := range at {
				if chance.IntN(3) == 0 {
					delete(at, word)
				} else {
					used.add(n)
				}
			}
			renumbered := d.settle(used)
			for word, n := range at {
				at[word] = renumbered[n]
			}
			if d.size() != len(at) {
				t.Fatalf("%d texts, want %d", d.size(), len(at))
			}
		}
		part := randomWord(chance)
		found := d.containing(part)
		for word, n := range at {
			if got, known := d.find(word); !known || got != n || found.has(n) != strings.Contains(word, part) {
				t.Fatalf("%q is %d, not %d; contains %q: %v", word, got, n, part, found.has(n))
			}
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(3, 3))
	var l lists
	has := make(map[uint32][]uint32)
	for step := range 20_000 {
		slot := chance.Uint32N(100)
		list := make([]uint32, chance.IntN(6))
		for i := range list {
			list[i] = chance.Uint32()
		}
		has[slot] = list
		if l.set(slot, list); l.wasteful() || step%5_000 == 0 {
			l.rewrite()
		}
		if other := chance.Uint32N(100); !slices.Equal(l.get(other), has[other]) {
			t.Fatalf("slot %d has %v, want %v", other, l.get(other), has[other])
		}
	}
	if len(l.data) > 20_000 {
		t.Errorf("%d numbers are kept", len(l.data))
	}
}
