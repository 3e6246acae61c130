package main

import (
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	const (
		passed  = `{"Action":"run","Package":"p","Test":"TestA"}` + "\n" + `{"Action":"output","Package":"p","Test":"TestA","Output":"quiet\n"}` + "\n" + `{"Action":"pass","Package":"p","Test":"TestA"}` + "\n"
		failed  = `{"Action":"output","Package":"p","Test":"TestB","Output":"loud\n"}` + "\n" + `{"Action":"fail","Package":"p","Test":"TestB"}` + "\n"
		skipped = `{"Action":"output","Package":"p","Test":"TestC","Output":"no engine\n"}` + "\n" + `{"Action":"skip","Package":"p","Test":"TestC"}` + "\n"
		good    = `{"Action":"pass","Package":"p","Elapsed":1.5}` + "\n"
		bad     = `{"Action":"output","Package":"p","Output":"FAIL p [build failed]\n"}` + "\n" + `{"Action":"fail","Package":"p"}` + "\n"
		build   = `{"ImportPath":"p","Action":"build-output","Output":"p.go:1: oops\n"}` + "\n"
		empty   = `{"Action":"skip","Package":"q"}` + "\n"
	)
	tests := map[string]struct {
		in      string
		noSkips bool
		out     string
		err     string
	}{
		"passed":            {in: passed + good, out: "pass p 1.5s\n1 passed, 0 failed, 0 skipped\n"},
		"failed":            {in: passed + failed + bad, out: "loud\nFAIL p [build failed]\nfail p 0.0s\n1 passed, 1 failed, 0 skipped\n", err: "1 failed"},
		"does not build":    {in: passed + build + bad, out: "p.go:1: oops\nFAIL p [build failed]\nfail p 0.0s\n1 passed, 1 failed, 0 skipped\n", err: "1 failed"},
		"skipped":           {in: passed + skipped + good, out: "pass p 1.5s\nskipped: p no engine\n1 passed, 0 failed, 1 skipped\n"},
		"may not skip":      {in: passed + skipped, noSkips: true, out: "skipped: p no engine\n1 passed, 0 failed, 1 skipped\n", err: "1 skipped, and here nothing may be: install what they miss"},
		"nothing ran":       {in: empty, out: "0 passed, 0 failed, 0 skipped\n", err: "no test ran"},
		"everything skips":  {in: skipped, out: "skipped: p no engine\n0 passed, 0 failed, 1 skipped\n", err: "no test ran"},
		"no output at all":  {in: "", out: "0 passed, 0 failed, 0 skipped\n", err: "no test ran"},
		"not an event":      {in: "go: oops\n" + passed, out: "go: oops\n1 passed, 0 failed, 0 skipped\n"},
		"no newline at end": {in: strings.TrimSpace(passed), out: "1 passed, 0 failed, 0 skipped\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			err := run(strings.NewReader(test.in), &out, test.noSkips)
			if out.String() != test.out {
				t.Errorf("printed %q, want %q", out.String(), test.out)
			}
			if got := message(err); got != test.err {
				t.Errorf("error %q, want %q", got, test.err)
			}
		})
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
