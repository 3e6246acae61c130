package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// searchRow is what a search asks for, in every organisation alike: text for the table,
// and the query for an organisation.
type searchRow struct {
	text  string
	query func(w world, org int) string
}

// whatever is a query that is the same everywhere.
func whatever(query string) searchRow {
	return searchRow{query, func(world, int) string { return query }}
}

// searchRows are the filters with values that people search for, common and rare ones.
func searchRows() []searchRow {
	admin := func(org int) user { return user{org, 1} } // whom everybody READs
	list := []searchRow{
		{"email=(one)", func(_ world, org int) string { return "email=" + admin(org).address() }},
		{"query=(a full name)", func(_ world, org int) string {
			p := admin(org).person()
			return "query=" + url.QueryEscape(p.first+" "+p.last)
		}},
		{"last_name=(a whole one)", func(_ world, org int) string { return "last_name=" + url.QueryEscape(admin(org).person().last) }},
		{"business_id=(one)", func(w world, org int) string { return "business_id=" + businessID(org, w.reachedShop(org)) }},
	}
	for _, query := range []string{
		"", "query=marie", "query=mar", "query=m", "query=example", "query=mraie", "query=mraie+exmaple", "query=Eloise+M", "status=active", "status=invited", "disabled=true", "disabled=false",
		"has_businesses=true", "has_businesses=false", "last_name=a", "last_name=celot", "role=BUSINESS_MANAGER",
		"role=ORG_ADMIN,GROUP_MANAGER", "keywords=knight", "keywords=keys,fire", "display_business_ids=false", "page=20", "order_by=last_name",
		"order_by=-email", "order_by=role", "query=marie&status=active&order_by=-first_name",
	} {
		list = append(list, whatever(query))
	}
	return list
}

// searchModes are the rows of the searches: each filter, by an ORG_ADMIN and by a
// GROUP_MANAGER with fifty access sets, in the small organisations and in the giant one.
func searchModes() []mode {
	var list []mode
	for _, giant := range []bool{false, true} {
		for _, caller := range []int{0, firstGroupMgr} {
			for _, row := range searchRows() {
				name := fmt.Sprintf("search, %s, %s: %s", shapeName(giant), map[int]string{0: "ORG_ADMIN", firstGroupMgr: "GROUP_MANAGER"}[caller], row.text)
				next := func(g *generator) update { return g.search(giant, caller, row) }
				list = append(list, mode{name, searched, 8, next, 1_000, true})
			}
		}
	}
	return list
}

func shapeName(giant bool) string {
	if giant {
		return "giant"
	}
	return "small"
}

// search is one search in an organisation of the shape.
func (g *generator) search(giant bool, caller int, row searchRow) update {
	org := g.world.giant()
	if !giant {
		org = g.org()
	}
	return update{caller: user{org, caller}, path: "/v2/user/search?" + row.query(g.world, org), want: http.StatusOK}
}

// searching is the one server that all searches ask.
type searching struct {
	world  world
	seeded string
	server *server
	first  map[bool]time.Duration // by shape: the first search of an organisation, on average
}

// startSearching seeds, starts the server and asks in every organisation once, so that
// what is measured then is not the reading of rosters.
func (b *bench) startSearching(ctx context.Context) error {
	if b.searching != nil {
		return nil
	}
	s := &searching{world: searchWorld(b.largeUsers), first: make(map[bool]time.Duration)}
	var err error
	if s.seeded, err = b.seed(ctx, "search", s.world); err != nil {
		return err
	}
	if s.server, err = startServer(ctx, b.binary, s.seeded, "--rate-limit", "0"); err != nil {
		return err
	}
	b.searching = s
	for org := 1; org <= s.world.giant(); org++ {
		if org == s.world.chain() {
			continue
		}
		for _, query := range []string{"", "has_businesses=true"} {
			begin := time.Now()
			u := update{caller: user{org, firstGroupMgr}, path: "/v2/user/search?" + query}
			if status, body, err := s.server.ask(ctx, u); err != nil || status != http.StatusOK {
				return fmt.Errorf("%d %s: %w", status, body, err)
			}
			s.first[org > s.world.chain()] += time.Since(begin)
		}
	}
	s.first[false] /= time.Duration(s.world.orgs)
	progress("first search of an organisation: small %s, giant %s", shown(s.first[false]), shown(s.first[true]))
	return nil
}

// prepareSearch makes a row of searches ready: its answers must find somebody.
func (b *bench) prepareSearch(ctx context.Context, m mode) (*subject, error) {
	if err := b.startSearching(ctx); err != nil {
		return nil, err
	}
	g := newGenerator(b.searching.world)
	f := &feed{next: func() update { return m.next(g) }, rate: m.guess}
	found := 0
	for range 5 {
		u := f.next()
		status, body, err := b.searching.server.ask(ctx, u)
		var answer struct{ Count int }
		if err == nil {
			err = json.Unmarshal(body, &answer)
		}
		if err != nil || status != http.StatusOK {
			return nil, fmt.Errorf("%s: %d %s: %w", u.path, status, body, err)
		}
		found = max(found, answer.Count)
	}
	if found == 0 {
		return nil, fmt.Errorf("%s finds nobody", m.name)
	}
	subject := b.served(m, b.searching.server, f)
	subject.found = found
	subject.stop = b.searching.stop
	return subject, nil
}

// stop stops the server once.
func (s *searching) stop() error {
	if s.server == nil {
		return nil
	}
	server := s.server
	s.server = nil
	return server.stop()
}

// writeSearches says what stands beside the table.
func (b *bench) writeSearches(out io.Writer) {
	if b.searching == nil {
		return
	}
	w := b.searching.world
	fmt.Fprintf(out, "Searches: %d users, %d organisations of %d and one of %d with %d businesses and %d groups; a page of 30 with its count. "+
		"The first search of an organisation reads its users: %s in a small one, %s in the giant.\n\n",
		b.largeUsers, w.orgs, w.perOrg, w.giantUsers, w.giantShops(), giantGroups, shown(b.searching.first[false]), shown(b.searching.first[true]))
}

// searchTargets: every search is quick, and no filter is far slower than the best.
func (b *bench) searchTargets() []target {
	var list []target
	for _, giant := range []bool{false, true} {
		prefix := "search, " + shapeName(giant)
		var rows []*subject
		for _, s := range b.subjects {
			if strings.HasPrefix(s.name, prefix) {
				rows = append(rows, s)
			}
		}
		if len(rows) == 0 {
			continue
		}
		byP99 := func(a, b *subject) int { return int(a.p99() - b.p99()) }
		worst, best := slices.MaxFunc(rows, byP99), slices.MinFunc(rows, byP99)
		times := float64(worst.p99()) / float64(max(1, best.p99()))
		list = append(list,
			target{prefix + ": p99 under 20 ms", fmt.Sprintf("%s (%s)", shown(worst.p99()), worst.name), worst.p99() < 20*time.Millisecond},
			target{prefix + ": no filter worse than 10 times the best", fmt.Sprintf("%.1f times", times), times <= 10})
	}
	return list
}
