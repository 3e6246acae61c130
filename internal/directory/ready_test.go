package directory

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// openFile opens smallCompany in an SQLite file of a folder. Nobody minds what it logs.
func openFile(t *testing.T, folder string) *opened {
	t.Helper()
	database, err := db.Open(t.Context(), db.Options{Path: filepath.Join(folder, "company.db"), Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	d := &opened{seed: smallCompany(), now: noon}
	if err := errors.Join(database.Migrate(t.Context()), Plant(t.Context(), database, d.seed, roundtable.Micros(noon))); err != nil {
		t.Fatal(err)
	}
	d.Directory = New(database, Options{Now: func() time.Time { return d.now }, Log: slog.New(slog.DiscardHandler), UseEvery: 1000 * time.Hour})
	t.Cleanup(func() {
		d.Close()
		_ = database.Close() // the test may have closed it
	})
	return d
}

// wantReady asks whether the directory is ready. words are what the reason tells; empty:
// it is ready.
func (d *opened) wantReady(t *testing.T, when, words string) {
	t.Helper()
	began := time.Now()
	err := d.Ready(t.Context())
	if took := time.Since(began); took > readyWithin {
		t.Errorf("%s: answered after %s", when, took)
	}
	if words == "" {
		if err != nil {
			t.Errorf("%s: %v", when, err)
		}
		return
	}
	refusal, ok := errors.AsType[*roundtable.Error](err)
	if !ok || refusal.Code != roundtable.CodeUnavailable || refusal.RetryAfter != time.Second || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: %v, want %q", when, err, words)
	}
}

// later lets the last answer grow too old to be given again.
func later() { <-time.After(readyFor) }

func TestReady(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.wantReady(t, "at first", "")
	d.Close()
	d.checks.check = nil // which said yes
	d.wantReady(t, "a directory that is closed", "the server stops")
}

// After a write that failed nobody but the check may try for long: it writes, once, and
// the directory is ready again.
func TestSQLiteReadyTriesAfterAFailedWrite(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openFile(t, t.TempDir())
		d.writing.end(d.writing.begin(time.Now()), db.ErrUnavailable)
		for range 3 {
			d.wantReady(t, "once it can be written", "")
			later()
		}
		if d.writing.last != 2 {
			t.Errorf("%d transactions, want the failed one and one that tries", d.writing.last)
		}
		if _, failed := d.writing.state(); failed != nil {
			t.Errorf("it still says %v", failed)
		}
	})
}

// Asking often costs one look a second, and no write while all is well.
func TestSQLiteReadyIsCheap(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openFile(t, t.TempDir())
		d.wantReady(t, "at first", "")
		first := d.checks.check
		for range 1000 {
			d.wantReady(t, "again", "")
		}
		if d.checks.check != first {
			t.Error("looked more than once within a second")
		}
		later()
		d.wantReady(t, "later", "")
		if d.checks.check == first {
			t.Error("did not look again")
		}
		if d.writing.last != 0 {
			t.Errorf("%d transactions", d.writing.last)
		}
	})
}

// What is stuck is red though the database answers others; a long write is not.
func TestSQLiteReadyKnowsWhatIsStuck(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openFile(t, t.TempDir())
		release, stuck := make(chan struct{}), make(chan struct{})
		go func() {
			_, _ = changing(t.Context(), d.Directory, d.caller(arthur), 1, func(*operation) (int, error) {
				close(stuck)
				<-release
				return 0, nil
			})
		}()
		<-stuck
		d.wantReady(t, "during a write", "")
		<-time.After(stuckAfter)
		d.wantReady(t, "just before ten seconds", "")
		<-time.After(time.Second)
		d.wantReady(t, "after ten seconds", "at work since")
		close(release)
		later()
		d.wantReady(t, "once it goes on", "")
	})
}

// A database that does not answer is red in time, however many ask.
func TestSQLiteReadyDoesNotHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openFile(t, t.TempDir())
		release, reading := make(chan struct{}), make(chan struct{})
		go func() {
			_ = d.db.Read(t.Context(), func(*db.Tx) error { // on the only connection for that
				close(reading)
				<-release
				return nil
			})
		}()
		<-reading
		answers := make(chan error, 50)
		began := time.Now()
		for range 50 {
			go func() { answers <- d.Ready(t.Context()) }()
		}
		for range 50 {
			if err := <-answers; !errors.Is(err, db.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > readyWithin {
				t.Errorf("%v after %s", err, time.Since(began))
			}
		}
		close(release)
		later()
		d.wantReady(t, "once it answers", "")
	})
}

func TestSQLiteReadyUntilClosed(t *testing.T) {
	t.Parallel()
	d := openFile(t, t.TempDir())
	d.Close()
	d.wantReady(t, "a directory that is closed", "the server stops")
	other := openFile(t, t.TempDir())
	if err := other.db.Close(); err != nil {
		t.Fatal(err)
	}
	other.wantReady(t, "a database that is closed", "database closed")
}

// A disk that is full is red before anybody has tried to write, every write is refused
// with unavailable and nothing is lost; with room again the directory is ready.
func TestSQLiteReadyOnAFullDisk(t *testing.T) {
	disk := smallDisk(t)
	if disk == "" {
		return
	}
	synctest.Test(t, func(t *testing.T) {
		d := openFile(t, disk)
		d.update(t, arthur, yvain, setPhone("1"))
		d.wantReady(t, "with room", "")
		fillDisk(t, filepath.Join(disk, "filler"))
		later()
		d.wantReady(t, "without room", "database or disk is full")
		for range 3 {
			if got := d.refusal(t, arthur, yvain, setPhone("2")); got != "unavailable" {
				t.Errorf("a write without room: %s", got)
			}
		}
		if got := d.user(t, yvain); got.Phone != "1" {
			t.Errorf("the phone is %q", got.Phone)
		}
		if err := os.Remove(filepath.Join(disk, "filler")); err != nil {
			t.Fatal(err)
		}
		later()
		d.wantReady(t, "with room again", "")
		d.update(t, arthur, yvain, setPhone("2"))
		if s := d.db.Stats(); s.Files.Free <= 0 || s.Files.Free > 8<<20 || s.Files.Log == 0 || s.Files.File == 0 {
			t.Errorf("%+v", s.Files)
		}
	})
}

// smallDisk is a disk of 8 MiB; "" where this user may not mount one.
func smallDisk(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=8m"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("mount a small disk: %v", err)
		}
		t.Logf("a full disk is not tried: mount: %v", err)
		return ""
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return folder
}

// fillDisk writes a file until there is no room.
func fillDisk(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, size := range []int{1 << 20, 4096, 1} {
		for err = nil; err == nil; {
			_, err = file.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
}
