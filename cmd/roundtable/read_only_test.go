package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/node"
)

// nobody is a user that may do little.
const nobody = 65534

// A database that may not be written is refused at the start, with the reason.
func TestSQLiteReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	program, err := node.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", ".lock", "-wal"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "x.db")
		if text, err := exec.CommandContext(t.Context(), program, "init", "--db", path).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if err := os.WriteFile(path+"-wal", nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{path, path + ".lock", path + "-wal"} {
			change(t, name, 0o666)
		}
		change(t, path+suffix, 0o444)
		p, err := node.Start(asNobody(t, exec.Command(program, "serve", "--db", path, "--listen", "127.0.0.1:0"), dir, filepath.Dir(program)))
		if err == nil {
			p.Kill()
			t.Errorf("with %s read-only: it is served", path+suffix)
			continue
		}
		if text := err.Error(); !strings.Contains(text, path) || !strings.Contains(text, "permission denied") && !strings.Contains(text, "readonly") &&
			!strings.Contains(text, "unable to open") {
			t.Errorf("with %s read-only: %v", path+suffix, err)
		}
	}
}

// asNobody has a program run as somebody whom permissions bind, and who reaches dirs.
func asNobody(t *testing.T, cmd *exec.Cmd, dirs ...string) *exec.Cmd {
	t.Helper()
	if os.Getuid() != 0 {
		return cmd
	}
	for _, dir := range dirs {
		change(t, dir, 0o777)
		change(t, filepath.Dir(dir), 0o755) // of the test
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return cmd
}

func change(t *testing.T, name string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}
