package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	noSkips := flag.Bool("no-skips", false, "fail when a test was skipped")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *noSkips); err != nil {
		fmt.Fprintln(os.Stderr, "testcount:", err)
		os.Exit(1)
	}
}

// run copies what matters of a test run to out. An error says why the run as a
// whole is not good; the closing line stands last on out in any case.
func run(in io.Reader, out io.Writer, noSkips bool) error {
	var t tally
	err := t.read(in, out)
	t.report(out)
	switch {
	case err != nil:
		return err
	case t.failed > 0:
		return fmt.Errorf("%d failed", t.failed)
	case t.passed == 0:
		return fmt.Errorf("no test ran")
	case noSkips && t.skipped > 0:
		return fmt.Errorf("%d skipped, and here nothing may be: install what they miss", t.skipped)
	}
	return nil
}
