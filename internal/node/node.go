package node

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// Node is a server in a process of its own.
type Node struct {
	Cmd      *exec.Cmd
	URL      string // where it listens, on loopback
	Greeting string // all that it printed at start; after its end all that it printed
	Stderr   *Log
	rest     chan string // what it printed later; sent once stdout has ended
}

// Build builds the program into a folder, as it is shipped: without C and without the
// race detector.
func Build(folder string) (program string, err error) {
	program = filepath.Join(folder, "roundtable")
	cmd := exec.Command("go", "build", "-o", program, "github.com/roundtable-directory/roundtable/cmd/roundtable")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, text)
	}
	return program, nil
}

// listens finds the address in the first line that a server prints.
var listens = regexp.MustCompile(`on (https?)://([^ ]+?):(\d+)[.\s]`)

// Start runs a server and returns once it has greeted. cmd has neither output yet.
// The error of a server that ends instead tells what it wrote.
func Start(cmd *exec.Cmd) (*Node, error) {
	n := &Node{Cmd: cmd, Stderr: newLog(), rest: make(chan string, 1)}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = n.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(stdout)
	for !n.greeted() {
		line, err := lines.ReadString('\n')
		n.Greeting += line
		if err != nil {
			return nil, fmt.Errorf("%s%s\n%w", n.Greeting, n.Stderr, errors.Join(err, cmd.Wait()))
		}
	}
	go func() {
		rest, _ := io.ReadAll(lines)
		n.rest <- string(rest)
	}()
	return n, nil
}

// greeted reports whether the greeting is whole, and notes the address.
func (n *Node) greeted() bool {
	found := listens.FindStringSubmatch(n.Greeting)
	if found == nil || strings.Contains(n.Greeting, "demo company") && !strings.Contains(n.Greeting, "Ctrl-C") {
		return false
	}
	host := found[2]
	if host == "[::]" || host == "0.0.0.0" {
		host = "127.0.0.1"
	}
	n.URL = found[1] + "://" + host + ":" + found[3]
	return true
}

// Signal sends a signal and waits for the end of the process.
func (n *Node) Signal(s os.Signal) error {
	if err := n.Cmd.Process.Signal(s); err != nil {
		return err
	}
	return n.Wait()
}

// Wait waits for the end of the process.
func (n *Node) Wait() error {
	n.Greeting += <-n.rest
	err := n.Cmd.Wait()
	n.Stderr.end()
	return err
}

// Kill ends with -9 a process that still runs.
func (n *Node) Kill() {
	if n.Cmd.ProcessState == nil {
		_ = n.Signal(syscall.SIGKILL)
	}
}
