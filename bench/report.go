package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// report writes the whole of it as Markdown.
func (b *bench) report(out io.Writer) error {
	var text bytes.Buffer
	b.writeSettings(&text)
	b.writeTable(&text)
	b.writeSearches(&text)
	b.writeVerdict(&text)
	_, err := out.Write(text.Bytes())
	return err
}

func (b *bench) writeSettings(out io.Writer) {
	fmt.Fprintf(out, "Repeat with `%s`.\n\n", command())
	fmt.Fprintf(out, "- machine: %d cores, %s of memory, kernel %s, %s, databases on %s\n",
		runtime.NumCPU(), memory(), kernel(), runtime.Version(), fileSystem(b.dir))
	fmt.Fprintf(out, "- settings: %d users in %d organisations (large: %d), %d rounds of %d s, modes in turns, medians; `synchronous=FULL`; "+
		"wrk with one thread, each mode with its own copy of the database\n",
		b.users, b.world.orgs, b.largeUsers, b.rounds, b.seconds)
	fmt.Fprintf(out, "- the mix: %s\n\n", mixText)
}

// command is the line that repeats the run.
func command() string {
	words := []string{"go run ./bench"}
	for _, word := range os.Args[1:] {
		if strings.ContainsAny(word, " ;,*$") {
			word = "'" + word + "'"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func (b *bench) writeTable(out io.Writer) {
	fmt.Fprintln(out, "| mode, connections | answers/s | lowest to highest | p50 | p99 | errors | RssAnon | CPU an answer |")
	fmt.Fprintln(out, "|---|---:|---:|---:|---:|---:|---:|---:|")
	for _, s := range b.subjects {
		rates := values(s, func(x sample) float64 { return x.rate })
		fmt.Fprintf(out, "| %s | %.0f | %.0f to %.0f | %s | %s | %d | %s | %s |\n", s.name, s.rate(),
			slices.Min(rates), slices.Max(rates), shown(s.p50()), shown(s.p99()), s.faults(), megabytes(s.rssAnon()), shown(s.cpu()))
	}
	if len(b.startups) > 0 {
		fmt.Fprintf(out, "\nStart-up on the large database, to the first ready answer: %s\n", median(b.startups).Round(time.Millisecond))
	}
	for _, s := range b.subjects {
		if n := sum(s, func(x sample) int { return x.lacked }); n > 0 {
			fmt.Fprintf(out, "\n%s: %d requests were sent a second time and changed nothing; run it again.\n", s.name, n)
		}
	}
	fmt.Fprintln(out)
}

// subject finds the subject of a mode, or nil if it was not run.
func (b *bench) subject(name string) *subject {
	for _, s := range b.subjects {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (s *subject) rate() float64 { return median(values(s, func(x sample) float64 { return x.rate })) }

func (s *subject) p50() time.Duration {
	return median(values(s, func(x sample) time.Duration { return x.p50 }))
}

func (s *subject) p99() time.Duration {
	return median(values(s, func(x sample) time.Duration { return x.p99 }))
}

func (s *subject) cpu() time.Duration {
	return median(values(s, func(x sample) time.Duration { return x.cpu }))
}

// rssAnon is the highest, which may not hide behind a median.
func (s *subject) rssAnon() int64 {
	return slices.Max(values(s, func(x sample) int64 { return x.rssAnon }))
}

func (s *subject) faults() int { return sum(s, func(x sample) int { return x.faults }) }

func values[T any](s *subject, of func(sample) T) []T {
	list := make([]T, len(s.samples))
	for i, x := range s.samples {
		list[i] = of(x)
	}
	return list
}

func sum(s *subject, of func(sample) int) int {
	total := 0
	for _, x := range s.samples {
		total += of(x)
	}
	return total
}

func median[T cmp.Ordered](list []T) T {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// shown rounds a time; a dash stands for what a mode does not measure.
func shown(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	if d < time.Millisecond {
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

func megabytes(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f MB", float64(n)/1e6)
}

func memory() string {
	var info syscall.Sysinfo_t
	if err := syscall.Sysinfo(&info); err != nil {
		return "unknown size"
	}
	return fmt.Sprintf("%.0f GB", float64(info.Totalram)*float64(info.Unit)/1e9)
}

// fileSystem names that of a folder: a flush is worth nothing in memory.
func fileSystem(dir string) string {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return "an unknown file system"
	}
	switch stat.Type {
	case 0xef53:
		return "ext4"
	case 0x58465342:
		return "xfs"
	case 0x9123683e:
		return "btrfs"
	case 0x01021994:
		return "tmpfs, **which flushes nothing: choose another with -dir**"
	case 0x794c7630:
		return "overlayfs"
	}
	return fmt.Sprintf("file system %#x", stat.Type)
}
