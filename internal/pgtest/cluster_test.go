package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"
)

// abandoned is set in the process that TestNothingIsLeft starts and kills.
const abandoned = "PGTEST_ABANDONED"

// TestMain leaves the tests to the pass that has PostgreSQL.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv(abandoned) != "":
		abandon()
	case os.Getenv("ROUNDTABLE_TEST_ENGINE") == "postgres":
		os.Exit(m.Run())
	default:
		fmt.Println("these tests run with ROUNDTABLE_TEST_ENGINE=postgres")
	}
}

func started(t *testing.T, o Options) *Cluster {
	t.Helper()
	c, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(c.folder.Path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the folder is still there: %v", err)
		}
	})
	return c
}

func ask(t *testing.T, c *Cluster, text string, want ...string) {
	t.Helper()
	rows, err := c.SQL(t.Context(), "postgres", text)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, row := range rows {
		got = append(got, strings.Join(row, " "))
	}
	if !reflect.DeepEqual(got, append([]string{}, want...)) {
		t.Errorf("%s: %q, want %q", text, got, want)
	}
}

func TestSurvivesKillAndRestart(t *testing.T) {
	t.Parallel()
	c := started(t, Options{Durable: true})
	ask(t, c, "SHOW fsync", "on")
	ask(t, c, "SHOW synchronous_commit", "on")
	ask(t, c, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1), (2)")
	address := c.DSN("postgres")
	c.Kill()
	if _, err := c.SQL(t.Context(), "postgres", "SELECT 1"); err == nil {
		t.Error("a killed server answers")
	}
	for _, why := range []string{"killed", "running"} {
		if err := c.Restart(); err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		ask(t, c, "SELECT id FROM kept ORDER BY id", "1", "2")
	}
	if c.DSN("postgres") != address {
		t.Error("it has another address now")
	}
}

func TestQuickAndStrictAboutOrder(t *testing.T) {
	t.Parallel()
	c := started(t, Options{Settings: []string{"max_connections = 33"}})
	ask(t, c, "SHOW synchronous_commit", "off")
	ask(t, c, "SHOW max_connections", "33")
	ask(t, c, "SELECT current_setting('is_superuser'), current_user", "on roundtable")
	if c.sortsByLanguage() {
		ask(t, c, "SELECT x FROM (VALUES ('b'), ('B'), ('a')) v(x) ORDER BY x", "a", "b", "B")
	}
	ask(t, c, `SELECT x FROM (VALUES ('b'), ('B'), ('a')) v(x) ORDER BY x COLLATE "C"`, "B", "a", "b")
}

func TestBadSettingIsTold(t *testing.T) {
	t.Parallel()
	_, err := Start(Options{Settings: []string{"no_such_setting = on"}})
	if err == nil || !strings.Contains(err.Error(), "no_such_setting") {
		t.Errorf("%v", err)
	}
}

func TestServerIsNotRoot(t *testing.T) {
	t.Parallel()
	c := started(t, Options{})
	info, err := os.Stat(fmt.Sprintf("/proc/%d", c.server.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if info.Sys().(*syscall.Stat_t).Uid == 0 {
		t.Error("the server runs as root")
	}
}

func TestNamedFolderWithoutServer(t *testing.T) {
	t.Setenv(ProgramsVariable, t.TempDir())
	if _, err := Start(Options{}); err == nil || !strings.Contains(err.Error(), ProgramsVariable) {
		t.Errorf("%v", err)
	}
}

func TestNewestVersion(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, program := range []string{"9/bin/postgres", "9/bin/initdb", "15/bin/postgres", "15/bin/initdb", "16/bin/psql"} {
		path := filepath.Join(root, program)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := newest(root), filepath.Join(root, "15/bin"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// abandon starts a server, tells where, and waits to be killed.
func abandon() {
	c, err := Start(Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d %s\n", c.server.Process.Pid, c.folder.Path)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), abandoned+"=1")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	var pid int
	var path string
	if _, scanned := fmt.Sscan(line, &pid, &path); err != nil || scanned != nil {
		t.Fatalf("%q %v", line, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for again := time.NewTicker(20 * time.Millisecond); ; {
		_, folder := os.Stat(path)
		_, process := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
		if errors.Is(folder, os.ErrNotExist) && errors.Is(process, os.ErrNotExist) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("folder: %v, process: %v", folder, process)
		}
	}
}
