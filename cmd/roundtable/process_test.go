package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
)

// process is a server in a process of its own.
type process struct {
	cmd      *exec.Cmd
	url      string // where it listens, on loopback
	greeting string // all that it printed at start
	stderr   *watched
	rest     chan string // what it printed later; sent once stdout has ended
}

// watched keeps what was written, and tells when a text has come.
type watched struct {
	mu   sync.Mutex
	more sync.Cond
	text strings.Builder
	done bool
}

func newWatched() *watched {
	w := &watched{}
	w.more.L = &w.mu
	return w
}

func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.more.Broadcast()
	return w.text.Write(p)
}

// end says that nothing more will come.
func (w *watched) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = true
	w.more.Broadcast()
}

// wait returns once a text was written, or an error when it cannot come any more.
func (w *watched) wait(text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !strings.Contains(w.text.String(), text) {
		if w.done {
			return fmt.Errorf("the process ended without writing %q:\n%s", text, w.text.String())
		}
		w.more.Wait()
	}
	return nil
}

func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// listens finds the address in the first line that a server prints.
var listens = regexp.MustCompile(`on (https?)://([^ ]+?):(\d+)[.\s]`)

// start runs a server and returns once it has greeted. cmd has neither output yet.
// The error of a server that ends instead tells what it wrote.
func start(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, stderr: newWatched(), rest: make(chan string, 1)}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = p.stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(stdout)
	for !p.greeted() {
		line, err := lines.ReadString('\n')
		p.greeting += line
		if err != nil {
			return nil, fmt.Errorf("%s%s\n%w", p.greeting, p.stderr, errors.Join(err, cmd.Wait()))
		}
	}
	go func() {
		rest, _ := io.ReadAll(lines)
		p.rest <- string(rest)
	}()
	return p, nil
}

// greeted reports whether the greeting is whole, and notes the address.
func (p *process) greeted() bool {
	found := listens.FindStringSubmatch(p.greeting)
	if found == nil || strings.Contains(p.greeting, "demo company") && !strings.Contains(p.greeting, "Ctrl-C") {
		return false
	}
	host := found[2]
	if host == "[::]" || host == "0.0.0.0" {
		host = "127.0.0.1"
	}
	p.url = found[1] + "://" + host + ":" + found[3]
	return true
}

// signal sends a signal and waits for the end of the process.
func (p *process) signal(s os.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return err
	}
	return p.wait()
}

// wait waits for the end of the process.
func (p *process) wait() error {
	p.greeting += <-p.rest
	err := p.cmd.Wait()
	p.stderr.end()
	return err
}

// kill ends a process that a test left running.
func (p *process) kill() {
	if p.cmd.ProcessState == nil {
		_ = p.signal(syscall.SIGKILL)
	}
}

// send makes a request and returns its status and body.
func send(ctx context.Context, client *http.Client, method, url string, header map[string]string, body string) (status int, answer string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}
