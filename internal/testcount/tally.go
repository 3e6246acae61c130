package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// event is one line of go test -json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
	Elapsed float64
}

// tally counts tests, subtests included. A package that fails although none of
// its tests did (it does not build, say) counts as one failed test.
type tally struct {
	passed, failed, skipped int

	output map[[2]string]*strings.Builder // package and test to what it printed
	broken map[string]bool                // packages with a failed test
	skips  []string                       // what was skipped, with its reason
}

// read counts the events of in. Packages are named on out as they end, with the
// output of failed tests before them. A line that is no event goes to out as it is.
func (t *tally) read(in io.Reader, out io.Writer) error {
	t.output, t.broken = map[[2]string]*strings.Builder{}, map[string]bool{}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		switch {
		case len(line) == 0:
		case json.Unmarshal(line, &e) != nil:
			fmt.Fprintf(out, "%s", line)
		default:
			t.add(e, out)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) add(e event, out io.Writer) {
	key := [2]string{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(out, e.Output)
	case "output":
		if t.output[key] == nil {
			t.output[key] = &strings.Builder{}
		}
		t.output[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(e, out)
		} else {
			t.endTest(e, out)
		}
		delete(t.output, key)
	}
}

func (t *tally) endTest(e event, out io.Writer) {
	printed := t.printed(e)
	switch e.Action {
	case "pass":
		t.passed++
	case "fail":
		t.failed++
		t.broken[e.Package] = true
		fmt.Fprint(out, printed)
	case "skip":
		t.skipped++
		t.skips = append(t.skips, e.Package+" "+strings.TrimSpace(printed))
	}
}

func (t *tally) endPackage(e event, out io.Writer) {
	if e.Action == "fail" {
		fmt.Fprint(out, t.printed(e))
		if !t.broken[e.Package] {
			t.failed++
		}
	}
	if e.Action != "skip" { // a package without test files
		fmt.Fprintf(out, "%-4s %s %.1fs\n", e.Action, e.Package, e.Elapsed)
	}
}

func (t *tally) printed(e event) string {
	if text := t.output[[2]string{e.Package, e.Test}]; text != nil {
		return text.String()
	}
	return ""
}

// report names the skipped tests and closes with the count.
func (t *tally) report(out io.Writer) {
	for _, skip := range t.skips {
		fmt.Fprintln(out, "skipped:", skip)
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
}
