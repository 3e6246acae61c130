package main

import (
	"fmt"
	"net/http"
	"time"
)

// The row of access lists, and the figure it is held against.
const (
	accessMode = "access list of 10,000, 1"
	accessMost = 30 * time.Millisecond
)

// chainManager is the GROUP_MANAGER of the chain, who reaches 10,000 of its businesses.
func (w world) chainManager() user { return user{w.chain(), w.users(w.chain()) - 1} }

// accessSets are those of a GROUP_MANAGER. In the chain: two countries and, of the
// third, one service. Elsewhere one country, by its two services; those who are
// measured in searches have many.
func (w world) accessSets(u user) [][]int {
	groups := u.org * 10
	if u == w.chainManager() {
		return [][]int{{groups + 1}, {groups + 2}, {groups + 3, groups + 4}}
	}
	if u.org > w.chain() || w.named && u.place == firstGroupMgr {
		return w.sets(u)
	}
	country := groups + 1 + (u.place-firstGroupMgr)%3
	return [][]int{{country, groups + 4}, {country, groups + 5}}
}

// accessList asks what the GROUP_MANAGER of the chain reaches: a page, with the count.
func (g *generator) accessList() update {
	g.count++
	page := fmt.Sprintf("/access?page=%d&per_page=100", 1+g.count%100)
	return update{caller: user{g.world.chain(), 0}, target: g.world.chainManager(), under: page, want: http.StatusOK}
}

func (b *bench) accessList() []target {
	s := b.subject(accessMode)
	if s == nil {
		return nil
	}
	return []target{{
		fmt.Sprintf("%s: p99 under %s for a page of 100 and the count", accessMode, shown(accessMost)), shown(s.p99()), s.p99() < accessMost,
	}}
}
