package roster

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/roundtable-directory/roundtable"
)

// dictionary numbers texts. Those of the last settling stand in order in one string,
// so that a prefix is a range and a substring one walk; those that came since stand
// beside them.
type dictionary struct {
	text   string   // each with a NUL after it
	ends   []uint32 // of each in text, before its NUL
	recent []string // numbered on from ends
	at     map[string]uint32
}

func (d *dictionary) size() int { return len(d.ends) + len(d.recent) }

func (d *dictionary) get(n uint32) string {
	if int(n) >= len(d.ends) {
		return d.recent[int(n)-len(d.ends)]
	}
	return d.text[d.start(n):d.ends[n]]
}

func (d *dictionary) start(n uint32) uint32 {
	if n == 0 {
		return 0
	}
	return d.ends[n-1] + 1
}

func (d *dictionary) find(text string) (uint32, bool) {
	n := d.first(text)
	if n < len(d.ends) && d.get(uint32(n)) == text {
		return uint32(n), true
	}
	recent, ok := d.at[text]
	return recent, ok
}

// first is the place among the ordered ones of the first that is not below text.
func (d *dictionary) first(text string) int {
	return sort.Search(len(d.ends), func(n int) bool { return d.get(uint32(n)) >= text })
}

func (d *dictionary) add(text string) uint32 {
	if n, known := d.find(text); known {
		return n
	}
	if d.at == nil {
		d.at = make(map[string]uint32)
	}
	n := uint32(d.size())
	text = strings.Clone(text)
	d.at[text] = n
	d.recent = append(d.recent, text)
	return n
}

// settle puts all that are used in order, and returns their new numbers.
func (d *dictionary) settle(used set) (renumbered []uint32) {
	renumbered = make([]uint32, d.size())
	recent := slices.Sorted(maps.Keys(d.at))
	recent = slices.DeleteFunc(recent, func(text string) bool { return !used.has(d.at[text]) })
	var text strings.Builder
	var ends []uint32
	take := func(from uint32, value string) {
		renumbered[from] = uint32(len(ends))
		text.WriteString(value)
		ends = append(ends, uint32(text.Len()))
		text.WriteByte(0)
	}
	for old := range uint32(len(d.ends)) {
		if !used.has(old) {
			continue
		}
		value := d.get(old)
		for len(recent) > 0 && recent[0] < value {
			take(d.at[recent[0]], recent[0])
			recent = recent[1:]
		}
		take(old, value)
	}
	for _, value := range recent {
		take(d.at[value], value)
	}
	*d = dictionary{text: strings.Clone(text.String()), ends: exact(ends)}
	return renumbered
}

// unsettled reports whether so many have come that it is time to settle.
func (d *dictionary) unsettled() bool { return len(d.recent) > 64+len(d.ends)/16 }

func (d *dictionary) bytes() int { return len(d.text) + 4*len(d.ends) + 80*len(d.recent) }

// startingWith is the range of the ordered texts with a prefix.
func (d *dictionary) startingWith(prefix string) (from, to uint32) {
	first := d.first(prefix)
	n := sort.Search(len(d.ends)-first, func(n int) bool { return !strings.HasPrefix(d.get(uint32(first+n)), prefix) })
	return uint32(first), uint32(first + n)
}

// nearly visits the ordered texts that differ from a word, of at least two letters, by
// one mistake. Either they begin with the same letter, or the mistake is there.
func (d *dictionary) nearly(word string, visit func(n uint32)) {
	_, width := utf8.DecodeRuneInString(word)
	_, next := utf8.DecodeRuneInString(word[width:])
	first, second, rest := word[:width], word[width:width+next], word[width:]
	from, to := d.startingWith(first)
	for n := from; n < to; n++ {
		if text := d.get(n); len(text)+utf8.UTFMax >= len(word) && len(text) <= len(word)+utf8.UTFMax && roundtable.Mistyped(word, text) {
			visit(n)
		}
	}
	try := func(text string) {
		if n := d.first(text); n < len(d.ends) && d.get(uint32(n)) == text {
			visit(uint32(n))
		}
	}
	try(rest)
	if first != second {
		try(second + first + rest[next:])
	}
	for n := uint32(d.first("\x01")); int(n) < len(d.ends); { // each letter that texts begin with
		_, width := utf8.DecodeRuneInString(d.get(n))
		letter := d.get(n)[:width]
		if letter != first {
			try(letter + rest)
			try(letter + word)
		}
		n = uint32(d.first(letter + lastText))
	}
}

// lastText stands after every text.
const lastText = "\xff"

// containing finds the texts that contain a part without NUL.
func (d *dictionary) containing(part string) set {
	found := newSet(d.size())
	n := 0
	for at := 0; at < len(d.text); {
		next := strings.Index(d.text[at:], part)
		if next < 0 {
			break
		}
		for int(d.ends[n]) < at+next {
			n++
		}
		found.add(uint32(n))
		at = int(d.ends[n]) + 1
		n++
	}
	for i, text := range d.recent {
		if strings.Contains(text, part) {
			found.add(uint32(len(d.ends) + i))
		}
	}
	return found
}
