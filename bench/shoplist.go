package main

import "math/rand/v2"

// shopList is the businesses of a manager as last sent, with those it does not hold.
type shopList struct {
	held, spare []int
}

func newShopList(held []int, businesses int) *shopList {
	l := &shopList{held: held}
	holds := make([]bool, businesses)
	for _, b := range held {
		holds[b] = true
	}
	for b, held := range holds {
		if !held {
			l.spare = append(l.spare, b)
		}
	}
	return l
}

// replaceTwo exchanges two held businesses for two spare ones.
func (l *shopList) replaceTwo(chance *rand.Rand) {
	first := chance.IntN(len(l.held) - 1)
	for _, at := range []int{first, first + 1} {
		out := l.held[at]
		l.held[at] = l.spare[0]
		l.spare = append(l.spare[1:], out)
	}
}

func (l *shopList) ids(org int) []string {
	ids := make([]string, len(l.held))
	for i, b := range l.held {
		ids[i] = businessID(org, b)
	}
	return ids
}
