package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/roundtable-directory/roundtable/internal/transfer"
)

const (
	barWidth = 30
	barEvery = 100 * time.Millisecond
)

// progress shows how far a transfer is: as a bar that moves where somebody watches a
// terminal, and elsewhere as one line for each table that has rows.
type progress struct {
	out     io.Writer
	bar     bool
	quiet   bool
	present transfer.Progress
	shown   time.Time
	now     func() time.Time
}

func newProgress(out io.Writer, quiet bool) *progress {
	p := &progress{out: out, now: time.Now}
	p.bar = isTerminal(out)
	p.quiet = quiet && !p.bar
	return p
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// show takes the next report.
func (p *progress) show(next transfer.Progress) {
	whole := next.Done == next.Total
	switch {
	case p.quiet:
	case p.bar:
		if now := p.now(); whole || now.Sub(p.shown) >= barEvery {
			p.shown = now
			fmt.Fprintf(p.out, "\r\x1b[K%s", barOf(next))
		}
	case whole && next.Total > 0 && next != p.present:
		fmt.Fprintf(p.out, "%s %s: %d rows\n", next.Table, doing(next), next.Total)
	}
	p.present = next
}

// end clears the bar.
func (p *progress) end() {
	if p.bar && !p.shown.IsZero() {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

func barOf(p transfer.Progress) string {
	part := int64(barWidth)
	if p.Total > 0 {
		part = p.Done * barWidth / p.Total
	}
	return fmt.Sprintf("%-7s %-20s [%s%s] %d of %d", doing(p), p.Table,
		strings.Repeat("=", int(part)), strings.Repeat(" ", barWidth-int(part)), p.Done, p.Total)
}

func doing(p transfer.Progress) string {
	if p.Checking {
		return "checked"
	}
	return "copied"
}
