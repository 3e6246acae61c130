package roster

import (
	"math/bits"
	"slices"
)

// set is a set of small numbers, a bit for each.
type set []uint64

func newSet(size int) set { return make(set, (size+63)/64) }

func (s *set) add(n uint32) {
	for int(n/64) >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[n/64] |= 1 << (n % 64)
}

func (s set) remove(n uint32) {
	if int(n/64) < len(s) {
		s[n/64] &^= 1 << (n % 64)
	}
}

func (s *set) put(n uint32, in bool) {
	if in {
		s.add(n)
	} else {
		s.remove(n)
	}
}

func (s set) has(n uint32) bool { return int(n/64) < len(s) && s[n/64]&(1<<(n%64)) != 0 }

func (s set) count() int {
	n := 0
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

func (s set) clone() set { return slices.Clone(s) }

func (s set) intersects(other set) bool {
	for i := range min(len(s), len(other)) {
		if s[i]&other[i] != 0 {
			return true
		}
	}
	return false
}

// narrowed is a set from which more and more is taken away. It begins with one that is
// not its own, which it copies before it changes it.
type narrowed struct {
	set
	owned bool
}

// own returns the set, to be changed in place.
func (n *narrowed) own() set {
	if !n.owned {
		n.set, n.owned = n.clone(), true
	}
	return n.set
}

// to keeps what is in other too, and takes other over: no third set is needed.
func (n *narrowed) to(other set) {
	other.intersect(n.set)
	n.set, n.owned = other, true
}

// union adds all of other, which is no longer than s.
func (s set) union(other set) {
	for i, word := range other {
		s[i] |= word
	}
}

// intersect takes away what is not in other.
func (s set) intersect(other set) {
	for i := range s {
		if i < len(other) {
			s[i] &= other[i]
		} else {
			s[i] = 0
		}
	}
}

// keepIf keeps what is in other if in, and what is not if out.
func (s set) keepIf(other set, in, out bool) {
	switch {
	case !in && !out:
		clear(s)
	case !out:
		s.intersect(other)
	case !in:
		s.subtract(other)
	}
}

// keepMarked keeps those whose mark, which stands at their place, is among marks.
func (s set) keepMarked(mark []uint32, marks set) {
	for i, word := range s {
		if word == 0 {
			continue
		}
		kept := uint64(0)
		for bit, n := range mark[i*64 : min(i*64+64, len(mark))] {
			if int(n/64) < len(marks) {
				kept |= (marks[n/64] >> (n % 64) & 1) << bit
			}
		}
		s[i] = word & kept
	}
}

// addAll adds numbers below the size that s was made for.
func (s set) addAll(numbers []uint32) {
	for _, n := range numbers {
		s[n/64] |= 1 << (n % 64)
	}
}

// subtract takes away what is in other.
func (s set) subtract(other set) {
	for i := range min(len(s), len(other)) {
		s[i] &^= other[i]
	}
}

func (s set) each(visit func(n uint32)) {
	for i, word := range s {
		for ; word != 0; word &= word - 1 {
			visit(uint32(i*64 + bits.TrailingZeros64(word)))
		}
	}
}
