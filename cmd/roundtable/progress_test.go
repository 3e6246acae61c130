package main

import (
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/transfer"
)

// reports is what a small transfer tells.
var reports = []transfer.Progress{
	{Table: "orgs"},
	{Table: "users", Total: 3000},
	{Table: "users", Done: 1000, Total: 3000},
	{Table: "users", Done: 3000, Total: 3000},
	{Table: "users", Checking: true, Done: 3000, Total: 3000},
}

func shown(p *progress) string {
	var out strings.Builder
	p.out = &out
	for _, report := range reports {
		p.show(report)
	}
	p.end()
	return out.String()
}

// Where nobody watches, each table is a line; --json prints none.
func TestProgressLines(t *testing.T) {
	t.Parallel()
	p := newProgress(&strings.Builder{}, false)
	if got, want := shown(p), "users copied: 3000 rows\nusers checked: 3000 rows\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := shown(newProgress(&strings.Builder{}, true)); got != "" {
		t.Errorf("%q", got)
	}
}

// On a terminal one line moves, not more often than can be seen, and is gone at the end.
func TestProgressBar(t *testing.T) {
	t.Parallel()
	begun := time.Unix(0, 0)
	p := &progress{bar: true, now: func() time.Time { begun = begun.Add(60 * time.Millisecond); return begun }}
	got := strings.Split(shown(p), "\r\x1b[K")
	want := []string{
		"",
		"copied  orgs                 [==============================] 0 of 0",
		"copied  users                [==========                    ] 1000 of 3000",
		"copied  users                [==============================] 3000 of 3000",
		"checked users                [==============================] 3000 of 3000",
		"",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q", got)
	}
}
