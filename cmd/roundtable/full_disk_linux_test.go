package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/node"
)

// fullUser is the demo user that these tests update.
const fullUser = "/v2/user/5309c3a237bbc544d8e26737"

// TestSQLiteDiskFull takes the room away from a real server and gives it back. Meanwhile
// writes are refused with 503 and a Retry-After, and reads answered; afterwards all
// goes on by itself, and nothing that was acknowledged is lost.
//
// The room ends in two ways: by a limit on the size of files, and, where a file system
// of a few megabytes may be mounted, because that one is full.
func TestSQLiteDiskFull(t *testing.T) {
	t.Parallel()
	program, err := node.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Run("limit", func(t *testing.T) {
		t.Parallel()
		f := newFullDisk(t, program, t.TempDir())
		f.run(t, func() { f.limitFileSize(t, 1<<20) }, func() { f.limitFileSize(t, unlimited) })
	})
	dir, mounted := smallFileSystem(t)
	if !mounted {
		return
	}
	t.Run("file system", func(t *testing.T) {
		t.Parallel()
		f := newFullDisk(t, program, dir)
		filler := filepath.Join(dir, "filler")
		f.run(t, func() { fill(t, filler) }, func() {
			if err := os.Remove(filler); err != nil {
				t.Error(err)
			}
		})
	})
}

// fullDisk is a server whose room is taken away.
type fullDisk struct {
	path    string
	process *node.Node
	client  *http.Client
	acked   int // the last phone that was acknowledged
	next    int
}

func newFullDisk(t *testing.T, program, dir string) *fullDisk {
	t.Helper()
	f := &fullDisk{path: filepath.Join(dir, "full.db"), client: &http.Client{}}
	p, err := node.Start(exec.Command(program, "serve", "--demo", "--db", f.path, "--listen", "127.0.0.1:0", "--rate-limit", "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	f.process = p
	return f
}

// update sets the phone of the user, and its keywords to a text that takes room.
func (f *fullDisk) update(t *testing.T) (status int, retryAfter string) {
	t.Helper()
	f.next++
	body := fmt.Sprintf(`{"phone": "%d", "keywords": [%q]}`, f.next, fmt.Sprint(f.next, strings.Repeat("x", 60)))
	status, retryAfter = f.post(t, fullUser, body)
	if status == http.StatusOK {
		f.acked = f.next
	}
	return status, retryAfter
}

func (f *fullDisk) post(t *testing.T, path, body string) (status int, retryAfter string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, f.process.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("x-APIKey", "demo-org-admin")
	request.Header.Set("Content-Type", "application/json")
	response, err := f.client.Do(request)
	if err != nil {
		t.Fatalf("%v\n%s", err, f.process.Stderr)
	}
	defer response.Body.Close()
	return response.StatusCode, response.Header.Get("Retry-After")
}

// phone reads what is stored.
func (f *fullDisk) phone(t *testing.T) string {
	t.Helper()
	status, answer, err := send(t.Context(), f.client, http.MethodGet, f.process.URL+fullUser, map[string]string{"x-APIKey": "demo-org-admin"}, "")
	if err != nil || status != http.StatusOK {
		t.Fatalf("a read is answered %d %s, %v", status, answer, err)
	}
	_, rest, _ := strings.Cut(answer, `"phone":"`)
	phone, _, _ := strings.Cut(rest, `"`)
	return phone
}

func (f *fullDisk) run(t *testing.T, takeRoom, giveRoom func()) {
	for range 20 {
		if status, _ := f.update(t); status != http.StatusOK {
			t.Fatalf("with room: %d", status)
		}
	}
	for round := range 2 {
		takeRoom()
		f.exhaust(t)
		for range 5 {
			f.refuse(t)
		}
		giveRoom()
		for range 20 {
			if status, _ := f.update(t); status != http.StatusOK {
				t.Errorf("round %d, with room again: %d\n%s", round, status, f.process.Stderr)
			}
		}
	}
	if err := f.process.Signal(syscall.SIGINT); err != nil {
		t.Errorf("the server ended with %v\n%s", err, f.process.Stderr)
	}
	f.checkFile(t)
}

// exhaust updates until there is no room: what is allocated is used up first.
func (f *fullDisk) exhaust(t *testing.T) {
	t.Helper()
	for range 20_000 {
		status, after := f.update(t)
		if status == http.StatusOK {
			continue
		}
		if status != http.StatusServiceUnavailable || after == "" || after == "0" {
			t.Errorf("without room: %d, Retry-After %q\n%s", status, after, f.process.Stderr)
		}
		return
	}
	t.Fatal("the room does not end")
}

// refuse asks for changes that cannot be made, and for what is stored.
func (f *fullDisk) refuse(t *testing.T) {
	t.Helper()
	for path, body := range map[string]string{
		fullUser:       `{"phone": "none"}`,
		"/v2/sections": fmt.Sprintf(`{"name": "Section %d"}`, f.next),
	} {
		if status, after := f.post(t, path, body); status != http.StatusServiceUnavailable || after != "1" {
			t.Errorf("%s without room: %d, Retry-After %q\n%s", path, status, after, f.process.Stderr)
		}
	}
	if got := f.phone(t); got != strconv.Itoa(f.acked) {
		t.Errorf("the phone is %s, %d was acknowledged", got, f.acked)
	}
}

// checkFile looks at the file once the server is gone.
func (f *fullDisk) checkFile(t *testing.T) {
	t.Helper()
	found, err := db.Inspect(context.Background(), f.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range found.Tables {
		if table.Table == "events" && table.Rows < int64(f.acked/2) {
			t.Errorf("%d events", table.Rows)
		}
	}
	checkLedgerRows(t, f.path)
}

// smallFileSystem mounts one of a few megabytes, if that is allowed here.
func smallFileSystem(t *testing.T) (dir string, mounted bool) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		t.Log("without a full file system: ", err)
		return dir, false
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir, true
}

// fill writes a file until nothing more fits.
func fill(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 1 << 16; size > 0; {
		if _, err := file.Write(make([]byte, size)); errors.Is(err, syscall.ENOSPC) {
			size /= 2
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

const unlimited = ^uint64(0)

// limitFileSize bounds how large a file the server may make.
func (f *fullDisk) limitFileSize(t *testing.T, size uint64) {
	t.Helper()
	limit := syscall.Rlimit{Cur: size, Max: unlimited}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(f.process.Cmd.Process.Pid), syscall.RLIMIT_FSIZE,
		uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
}
