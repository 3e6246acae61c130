// Package main is the load test: it drives the real server over loopback and holds the
// figures against what this machine could do at best. It owns how they are measured; how
// the server reaches them it must not know, but for the raw batch, which enters below HTTP.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// emptyCommand makes this program the empty handler.
const emptyCommand = "empty-handler"

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	cancel()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are what the command line says.
type settings struct {
	seconds, rounds, users, largeUsers int
	only, out, tempDir                 string
}

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&s.seconds, "seconds", 3, "length of one run")
	flags.IntVar(&s.rounds, "rounds", 5, "how often each mode runs; medians are printed")
	flags.IntVar(&s.users, "users", 10_000, "users of the database")
	flags.IntVar(&s.largeUsers, "large", 1_000_000, "users of the large database")
	flags.StringVar(&s.only, "only", "", "run only the modes whose names begin with one of these, separated by semicolons; \"search\" for the searches, \"PostgreSQL\" for those on it")
	flags.StringVar(&s.out, "out", "", "write the report to this file too")
	flags.StringVar(&s.tempDir, "dir", "", "folder for the temporary databases, on a real disk")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	switch {
	case flags.NArg() > 0:
		return s, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case s.seconds < 1 || s.rounds < 1:
		return s, errors.New("-seconds and -rounds must be at least 1")
	case s.users < 1000 || s.largeUsers < 1000:
		return s, errors.New("-users and -large must be at least 1000")
	}
	return s, nil
}

// selected are the modes that -only leaves: by itself all but the searches, which are
// many and have a database of their own.
func (s settings) selected() []mode {
	if s.only == "" {
		return modes
	}
	var chosen []mode
	for _, m := range slices.Concat(modes, searchModes(), postgresModes) {
		for part := range strings.SplitSeq(s.only, ";") {
			if part = strings.TrimSpace(part); part != "" && strings.HasPrefix(m.name, part) {
				chosen = append(chosen, m)
				break
			}
		}
	}
	return chosen
}

// bench is a run of the whole test.
type bench struct {
	settings
	dir                 string // temporary, holds everything
	binary              string
	world, large        world
	seeded, seededLarge string
	copies              int
	startups            []time.Duration // on the large database
	subjects            []*subject
	searching           *searching   // nil: nothing is searched
	postgres            [2]*postgres // without and with a standby; nil: not started
}

func run(ctx context.Context, args []string) (err error) {
	switch {
	case len(args) == 1 && args[0] == emptyCommand:
		return serveEmpty(ctx)
	case len(args) == 2 && args[0] == plainCommand:
		return servePlain(ctx, args[1])
	}
	s, err := parse(args)
	if err != nil {
		return err
	}
	chosen := s.selected()
	if len(chosen) == 0 {
		return fmt.Errorf("-only %q leaves no mode", s.only)
	}
	if _, err := exec.LookPath("wrk"); err != nil {
		return errors.New("wrk is not installed: apt-get install wrk")
	}
	dir, err := os.MkdirTemp(s.tempDir, "roundtable-bench-")
	if err != nil {
		return err
	}
	b := &bench{settings: s, dir: dir, world: newWorld(s.users), large: newWorld(s.largeUsers)}
	defer func() { err = errors.Join(err, b.stop(), os.RemoveAll(dir)) }()
	if err := b.setUp(ctx, chosen); err != nil {
		return err
	}
	if err := b.measure(ctx); err != nil {
		return err
	}
	return b.conclude()
}

// setUp builds the program, seeds the databases and starts every mode.
func (b *bench) setUp(ctx context.Context, chosen []mode) error {
	var err error
	if b.binary, err = b.buildIfServed(ctx, chosen); err != nil {
		return err
	}
	if slices.ContainsFunc(chosen, mode.onFile) {
		if b.seeded, err = b.seed(ctx, "users", b.world); err != nil {
			return err
		}
	}
	for _, m := range chosen {
		if m.kind == million {
			if err := b.setUpLarge(ctx); err != nil {
				return err
			}
		}
		s, err := b.prepare(ctx, m)
		if err != nil {
			return err
		}
		b.subjects = append(b.subjects, s)
	}
	return nil
}

// setUpLarge seeds the large database and measures how long the server takes to start on it.
func (b *bench) setUpLarge(ctx context.Context) error {
	var err error
	if b.seededLarge, err = b.seed(ctx, "large", b.large); err != nil {
		return err
	}
	for range b.rounds {
		s, err := startServer(ctx, b.binary, b.seededLarge)
		if err != nil {
			return err
		}
		b.startups = append(b.startups, s.startup)
		if err := s.stop(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) buildIfServed(ctx context.Context, chosen []mode) (string, error) {
	for _, m := range chosen {
		if m.kind != empty && m.kind != rawBatch && m.kind != mailed {
			progress("building %s", program)
			return build(ctx, b.dir)
		}
	}
	return "", nil
}

func (b *bench) seed(ctx context.Context, name string, w world) (string, error) {
	path, begin := filepath.Join(b.dir, name+".db"), time.Now()
	if err := seed(ctx, path, w); err != nil {
		return "", fmt.Errorf("seed: %w", err)
	}
	progress("seeded %d organisations with %d users each in %s", w.orgs, w.perOrg, time.Since(begin).Round(100*time.Millisecond))
	return path, nil
}

// measure runs the modes in turns, so that what slows the machine for a while slows them all.
func (b *bench) measure(ctx context.Context) error {
	for round := range b.rounds {
		for _, s := range b.subjects {
			got, err := s.run(ctx, b.seconds)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			s.samples = append(s.samples, got)
			progress("%d/%d  %-24s %9.0f/s  p99 %s", round+1, b.rounds, s.name, got.rate, shown(got.p99))
		}
	}
	return nil
}

// conclude prints the report. Only wrong answers are an error: being slow is not.
func (b *bench) conclude() error {
	out := io.Writer(os.Stdout)
	if b.out != "" {
		file, err := os.Create(b.out)
		if err != nil {
			return err
		}
		defer file.Close()
		out = io.MultiWriter(out, file)
	}
	if err := b.report(out); err != nil {
		return err
	}
	for _, s := range b.subjects {
		if n := s.faults(); n > 0 {
			return fmt.Errorf("%s: %d answers were wrong or missing", s.name, n)
		}
	}
	return nil
}

func (b *bench) stop() error {
	var errs []error
	for _, s := range b.subjects {
		errs = append(errs, s.stop())
	}
	return errors.Join(append(errs, b.postgres[0].stop(), b.postgres[1].stop())...)
}

func progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}
