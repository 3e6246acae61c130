package roster

import (
	"maps"
	"slices"
	"strings"

	"github.com/roundtable-directory/roundtable"
)

// index finds slots by the texts that each has. What stood in it at the last settling
// lies in order, text by text; the slots that changed since are looked at one by one.
type index struct {
	texts  dictionary // ordered ones only
	starts []uint32   // of each text, where its slots begin; and where the last end
	slots  []uint32
	many   map[uint32]set      // the slots of texts that so many have that bits are smaller
	stale  set                 // slots whose entries no longer count
	fresh  map[uint32][]string // what those have that have anything
}

// put says what a slot has now.
func (x *index) put(slot uint32, texts []string) {
	if x.fresh == nil {
		x.fresh = make(map[uint32][]string)
	}
	x.stale.add(slot)
	delete(x.fresh, slot)
	if len(texts) > 0 {
		x.fresh[slot] = texts
	}
}

// unsettled reports whether so many have changed that it is time to settle.
func (x *index) unsettled() bool { return len(x.fresh) > 256+len(x.stale) }

// settle puts all in order.
func (x *index) settle() {
	byText, size := x.freshByText()
	added := slices.Sorted(maps.Keys(byText))
	settled := index{slots: make([]uint32, 0, len(x.slots)+size), many: make(map[uint32]set)}
	var text strings.Builder
	take := func(value string, old, more []uint32) {
		begin := len(settled.slots)
		for _, slot := range old {
			if !x.stale.has(slot) {
				settled.slots = append(settled.slots, slot)
			}
		}
		if settled.slots = append(settled.slots, more...); len(settled.slots) == begin {
			return
		}
		settled.starts = append(settled.starts, uint32(begin))
		if bits := tight(settled.slots[begin:]); bits != nil {
			settled.many[uint32(len(settled.texts.ends))] = bits
			settled.slots = settled.slots[:begin]
		}
		text.WriteString(value)
		settled.texts.ends = append(settled.texts.ends, uint32(text.Len()))
		text.WriteByte(0)
	}
	for n := range uint32(len(x.texts.ends)) {
		value := x.texts.get(n)
		for len(added) > 0 && added[0] < value {
			take(added[0], nil, byText[added[0]])
			added = added[1:]
		}
		more := []uint32(nil)
		if len(added) > 0 && added[0] == value {
			more, added = byText[value], added[1:]
		}
		old := slices.Clip(x.of(n, n+1))
		x.many[n].each(func(slot uint32) { old = append(old, slot) })
		take(value, old, more)
	}
	for _, value := range added {
		take(value, nil, byText[value])
	}
	settled.texts.text = strings.Clone(text.String())
	settled.starts = append(settled.starts, uint32(len(settled.slots)))
	settled.texts.ends, settled.starts, settled.slots = exact(settled.texts.ends), exact(settled.starts), exact(settled.slots)
	*x = settled
}

// freshByText are the slots that changed, by text, and how many in all.
func (x *index) freshByText() (byText map[string][]uint32, size int) {
	byText = make(map[string][]uint32)
	for _, slot := range slices.Sorted(maps.Keys(x.fresh)) {
		for _, text := range x.fresh[slot] {
			byText[text] = append(byText[text], slot)
		}
		size += len(x.fresh[slot])
	}
	return byText, size
}

// exact returns a list that takes no more memory than it fills.
func exact(list []uint32) []uint32 {
	if cap(list)-len(list) <= len(list)/16 {
		return list
	}
	return append(make([]uint32, 0, len(list)), list...)
}

// tight are slots as a set, if that takes less memory than their list.
func tight(slots []uint32) set {
	words := int(slices.Max(slots))/64 + 1
	if len(slots) <= 2*words {
		return nil
	}
	bits := make(set, words)
	bits.addAll(slots)
	return bits
}

// of are the slots of a range of texts, but for those of many.
func (x *index) of(from, to uint32) []uint32 {
	if from >= to {
		return nil
	}
	return x.slots[x.starts[from]:x.starts[to]]
}

// collect adds the slots, below the size of found, of a range of texts.
func (x *index) collect(found set, from, to uint32) {
	found.addAll(x.of(from, to))
	for n, bits := range x.many {
		if from <= n && n < to {
			found.union(bits)
		}
	}
}

// wanted says which texts are looked for: those with a prefix, or it alone, and those
// that differ by one mistake from a word.
type wanted struct {
	prefix   string
	whole    bool
	mistyped string // empty: none
}

func (w *wanted) has(text string) bool {
	return text == w.prefix || !w.whole && strings.HasPrefix(text, w.prefix) || w.mistyped != "" && roundtable.Mistyped(w.mistyped, text)
}

// find returns the slots, below size, that have a text that is wanted, for the caller to
// keep.
func (x *index) find(w wanted, size int) set {
	found := newSet(size)
	from, to := x.texts.startingWith(w.prefix)
	if w.whole {
		to = min(to, from+1)
		if from < to && x.texts.get(from) != w.prefix {
			to = from
		}
	}
	x.collect(found, from, to)
	if w.mistyped != "" {
		x.texts.nearly(w.mistyped, func(n uint32) { x.collect(found, n, n+1) })
	}
	if len(x.stale) == 0 {
		return found
	}
	found.subtract(x.stale)
	for slot, texts := range x.fresh {
		if slices.ContainsFunc(texts, w.has) {
			found.add(slot)
		}
	}
	return found
}

func (x *index) bytes() int {
	bits := 0
	for _, slots := range x.many {
		bits += 8 * len(slots)
	}
	return bits + len(x.texts.text) + 4*(len(x.texts.ends)+len(x.starts)+len(x.slots)) + 8*len(x.stale) + 200*len(x.fresh)
}
