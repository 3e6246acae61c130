package pgtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Folder is a temporary folder with processes that work in it. When the test's
// process ends, however it does, they are ended too and the folder is removed.
type Folder struct {
	Path       string
	credential *syscall.Credential // of the processes; nil: as ours
	guard      *exec.Cmd
	alive      io.WriteCloser // the guard's input: its end is the end of our process
}

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// guardScript waits for the end of its input. Without a word before that, whoever
// works in the folder is ended.
const guardScript = `read -r _ && exit
for try in 1 2 3; do
	kill -9 $(ls -l /proc/[0-9]*/cwd | sed -n "s|.* /proc/\([0-9]*\)/cwd -> $1\(/.*\)\{0,1\}\$|\1|p")
done
rm -rf "$1"`

// NewFolder makes a folder, for the user postgres or nobody if we are root: the
// server refuses to run as root.
func NewFolder() (*Folder, error) { return newFolder("") }

// newFolder makes it within a folder; "" is that for temporary files.
func newFolder(within string) (*Folder, error) {
	path, err := os.MkdirTemp(within, "pgtest-")
	if err != nil {
		return nil, err
	}
	f := &Folder{}
	if f.Path, err = filepath.EvalSymlinks(path); err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	if err := errors.Join(f.own(), f.watch()); err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return f, nil
}

func (f *Folder) own() error {
	if os.Geteuid() != 0 {
		return nil
	}
	owner, err := user.Lookup("postgres")
	if err != nil {
		owner, err = user.Lookup("nobody")
	}
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(owner.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(owner.Gid, 10, 32)
	if err != nil {
		return err
	}
	f.credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return f.give(f.Path)
}

func (f *Folder) watch() (err error) {
	f.guard = exec.Command("sh", "-c", guardScript, "sh", f.Path)
	f.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is not for it
	if f.alive, err = f.guard.StdinPipe(); err != nil {
		return err
	}
	return f.guard.Start()
}

// Command prepares a program that works in a folder inside, as its owner. What it
// prints is added to the folder's file NAME.log.
func (f *Folder) Command(folder, program string, args ...string) (*exec.Cmd, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = filepath.Join(f.Path, folder)
	// Nothing of our environment: PGHOST and its like would be obeyed.
	cmd.Env = []string{"PATH=" + systemPath, "LC_ALL=C", "HOME=" + f.Path}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: f.credential}
	out, err := os.OpenFile(f.log(folder, program), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	cmd.Stdout, cmd.Stderr = out, out
	return cmd, err
}

func (f *Folder) log(folder, program string) string {
	return filepath.Join(f.Path, folder, filepath.Base(program)+".log")
}

// Printed is the end of what a program printed, or why it cannot be read.
func (f *Folder) Printed(folder, program string) string {
	text, err := os.ReadFile(f.log(folder, program))
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-8000):])
}

// Make makes a folder inside.
func (f *Folder) Make(folder string) error {
	path := filepath.Join(f.Path, folder)
	return errors.Join(os.Mkdir(path, 0o700), f.give(path))
}

// Write makes a file that only the owner may read.
func (f *Folder) Write(name, text string) (path string, err error) {
	path = filepath.Join(f.Path, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return "", err
	}
	return path, f.give(path)
}

func (f *Folder) give(path string) error {
	if f.credential == nil {
		return nil
	}
	return os.Chown(path, int(f.credential.Uid), int(f.credential.Gid))
}

// Signal sends a signal to every process that works in a folder inside, and
// reports how many there were.
func (f *Folder) Signal(folder string, signal syscall.Signal) int {
	within := filepath.Join(f.Path, folder)
	found := 0
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		at, err := os.Readlink(link)
		if err != nil || at != within && !strings.HasPrefix(at, within+"/") {
			continue // it is elsewhere, ended meanwhile, or is not ours to see
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link))); err == nil && syscall.Kill(pid, signal) == nil {
			found++
		}
	}
	return found
}

// Kill ends every process that works in a folder inside with -9.
func (f *Folder) Kill(folder string) {
	for f.Signal(folder, syscall.SIGKILL) > 0 {
	}
}

// Remove ends whoever still works there and removes the folder.
func (f *Folder) Remove() error {
	f.Kill("")
	err := os.RemoveAll(f.Path)
	if _, said := fmt.Fprintln(f.alive, "removed"); said != nil {
		err = errors.Join(err, said)
	}
	return errors.Join(err, f.alive.Close(), f.guard.Wait())
}
