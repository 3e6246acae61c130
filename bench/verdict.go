package main

import (
	"fmt"
	"io"
	"time"
)

// What a machine must do for its figures to count.
const (
	leastRaw   = 12_000
	leastEmpty = 50_000
)

// target is one figure to reach.
type target struct {
	text     string
	measured string
	reached  bool
}

// writeVerdict holds the figures against the targets of docs/performance.md, as far as
// their modes were run.
func (b *bench) writeVerdict(out io.Writer) {
	raw, empty := b.subject("raw batch, mix"), b.subject("empty handler, 64")
	if raw != nil && raw.rate() < leastRaw || empty != nil && empty.rate() < leastEmpty {
		fmt.Fprintf(out, "**machine too slow** for a verdict: it needs a raw batch of %d/s and an empty handler of %d/s.\n", leastRaw, leastEmpty)
		return
	}
	fmt.Fprintln(out, "| target | measured | reached |")
	fmt.Fprintln(out, "|---|---:|---|")
	for _, t := range b.targets() {
		reached := "no"
		if t.reached {
			reached = "yes"
		}
		fmt.Fprintf(out, "| %s | %s | %s |\n", t.text, t.measured, reached)
	}
}

func (b *bench) targets() []target {
	faults := 0
	for _, s := range b.subjects {
		faults += s.faults()
	}
	list := []target{{"no error", fmt.Sprint(faults), faults == 0}}
	list = append(list, b.rateOverRaw("mix, 64", "raw batch, mix", 8_000)...)
	list = append(list, b.rateOverRaw("one field, 64", "raw batch, one field", 10_000)...)
	list = append(list, b.ratio("mix, 64", "one transaction, 64", 1, 3)...)
	list = append(list, b.ratio("mix, 1", "one transaction, 1", 1, 0.9)...)
	list = append(list, b.latency()...)
	list = append(list, b.ratio("mix with passwords, 64", "mix, 64", 0.999, 0.75)...)
	list = append(list, b.ratio("mix, large, 64", "mix, 64", 1, 0.8)...)
	list = append(list, b.largeServer()...)
	list = append(list, b.ratio(createMode, "mix, 64", 1, 0.6)...)
	list = append(list, b.accessList()...)
	list = append(list, b.reading()...)
	list = append(list, b.mailTargets()...)
	list = append(list, b.ratio(signInMode, hashMode, 1, 0.85)...)
	list = append(list, b.searchTargets()...)
	return append(list, b.postgresTargets()...)
}

// rateOverRaw: at least a number, and at least 55 % of the raw batch.
func (b *bench) rateOverRaw(name, rawName string, least float64) []target {
	s, raw := b.subject(name), b.subject(rawName)
	if s == nil || raw == nil {
		return nil
	}
	least = max(least, 0.55*raw.rate())
	return []target{{
		fmt.Sprintf("%s: at least %.0f/s (the higher of the set number and 55 %% of %s)", name, least, rawName),
		fmt.Sprintf("%.0f/s, %.0f %%", s.rate(), 100*s.rate()/raw.rate()), s.rate() >= least,
	}}
}

// ratio: this share of the rate of one mode is at least so many times that of another.
func (b *bench) ratio(name, over string, share, least float64) []target {
	s, other := b.subject(name), b.subject(over)
	if s == nil || other == nil {
		return nil
	}
	times := share * s.rate() / other.rate()
	return []target{{fmt.Sprintf("%s: at least %.2f times %s", name, least, over), fmt.Sprintf("%.2f times", times), times >= least}}
}

func (b *bench) latency() []target {
	s, empty := b.subject("mix, 64"), b.subject("empty handler, 64")
	if s == nil || empty == nil {
		return nil
	}
	most := max(15*time.Millisecond, 2*empty.p99())
	return []target{{fmt.Sprintf("mix, 64: p99 at most %s (the higher of 15 ms and twice the empty handler's)", shown(most)), shown(s.p99()), s.p99() <= most}}
}

func (b *bench) largeServer() []target {
	s := b.subject("mix, large, 64")
	if s == nil {
		return nil
	}
	startup := median(b.startups)
	return []target{
		{"mix, large, 64: RssAnon under 120 MB", megabytes(s.rssAnon()), s.rssAnon() < 120e6},
		{"large: start-up under 200 ms", shown(startup), startup < 200*time.Millisecond},
	}
}

func (b *bench) reading() []target {
	s, empty := b.subject("GET by id, 64"), b.subject("empty handler, 64")
	if s == nil || empty == nil {
		return nil
	}
	least := min(20_000, 0.18*empty.rate())
	return []target{{
		fmt.Sprintf("GET by id, 64: at least %.0f/s (the lower of 20,000 and 18 %% of the empty handler)", least),
		fmt.Sprintf("%.0f/s, %.0f %%", s.rate(), 100*s.rate()/empty.rate()), s.rate() >= least,
	}}
}

// postgresTargets: the same load on PostgreSQL.
func (b *bench) postgresTargets() []target {
	s, raw := b.subject(pgMix), b.subject(pgStatement)
	var list []target
	if s != nil && raw != nil {
		least := min(10_000, 0.5*raw.rate())
		list = append(list, target{
			fmt.Sprintf("%s: at least %.0f/s (the lower of 10,000 and 50 %% of pgbench)", pgMix, least),
			fmt.Sprintf("%.0f/s, %.0f %% of pgbench", s.rate(), 100*s.rate()/raw.rate()), s.rate() >= least,
		})
	}
	list = append(list, b.ratio(pgMix, pgPlain, 1, 2)...)
	if s != nil {
		list = append(list, target{pgMix + ": p99 at most 20 ms", shown(s.p99()), s.p99() <= 20*time.Millisecond})
	}
	list = append(list, b.ratio(pgStandby, pgMix, 1, 0.6)...)
	list = append(list, b.ratio(pgTwo, pgMix, 1, 0.9)...)
	list = append(list, b.ratio(pgTwoBusy, pgMix, 1, 0.9)...)
	return append(list, b.ratio(pgLarge, pgMix, 1, 0.8)...)
}
