package directory

import "time"

// kind tells items apart by what the rules for others may read of them. Kinds are bits,
// so that there are sets of them.
type kind uint8

const (
	inert    kind = 1 << iota // changes what no rule reads
	decides                   // anything else
	anything = inert | decides
)

// Beside other batches one is begun when it is worth it: a server takes a full
// transaction more easily than two half-empty ones. What decides is little, is not mixed
// with the rest (docs/decisions/0015), and waits where many ask even if it would be alone.
const (
	enoughInert      = 24
	enoughDeciding   = 8
	patience         = 5 * time.Millisecond // for one batch, four times as long for two, and so on
	patienceDeciding = 2 * patience
)

// Where many ask, those who were just answered ask again at once. A batch that is alone
// waits for most of them, a little: otherwise what came meanwhile would go without them,
// and they without those.
const (
	many     = 16
	comeBack = 2 * time.Millisecond
)

// gathering counts what waits and what is under way, and says when a batch is worth it.
type gathering struct {
	lines    [anything]line // by kind
	underWay int            // items that were taken and are not done
	batches  int            // that they were taken in
	ended    time.Time      // when the last of them was done
	around   int            // items that were done or waited then
}

// line is what waits of one kind.
type line struct {
	waiting int
	since   time.Time // the first came, or the last batch was taken
}

func (g *gathering) arrived(of kind, now time.Time) {
	l := &g.lines[of]
	if l.waiting++; l.waiting == 1 {
		l.since = now
	}
}

func (g *gathering) left(of kind) { g.lines[of].waiting-- }

// begin counts a batch of items that have left.
func (g *gathering) begin(items int, of kind, now time.Time) {
	g.batches++
	g.underWay += items
	for k := range g.lines {
		if of&kind(k) != 0 {
			g.lines[k].since = now
		}
	}
}

func (g *gathering) end(items int, now time.Time) {
	g.batches--
	g.underWay -= items
	g.ended, g.around = now, items
	for _, l := range g.lines {
		g.around += l.waiting
	}
}

// worth reports whether what waits of a set of kinds is worth a batch, or otherwise in
// what time it will be, if nothing changes until then; zero: nothing waits. Alone, a batch
// is worth it with a single item.
func (g *gathering) worth(of kind, now time.Time) (worth bool, in time.Duration) {
	waiting, since := 0, now
	for k, l := range g.lines {
		if of&kind(k) == 0 || l.waiting == 0 {
			continue
		}
		waiting += l.waiting
		if l.since.Before(since) {
			since = l.since
		}
	}
	beside := time.Duration(max(1, g.batches))
	enough, in := max(enoughInert, g.underWay/int(beside)), beside*beside*patience-now.Sub(since)
	switch {
	case waiting == 0:
		return false, 0
	case g.batches == 0 && g.around < many:
		return true, 0
	case of == decides:
		enough, in = enoughDeciding, beside*beside*patienceDeciding-now.Sub(since)
	case g.batches == 0:
		enough, in = min(enoughInert, g.around*3/4), comeBack-now.Sub(g.ended)
	}
	return waiting >= enough || in <= 0, in
}

// tells reports whether workers are to hear of an item that has arrived: it is the first
// of its kind, for which they may have to wait, or makes a batch worth it.
func (g *gathering) tells(of kind, now time.Time) bool {
	worth, _ := g.worth(of, now)
	return worth || g.lines[of].waiting == 1
}
