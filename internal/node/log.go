package node

import (
	"fmt"
	"strings"
	"sync"
)

// Log keeps what a process wrote, and tells when a text has come.
type Log struct {
	mu   sync.Mutex
	more sync.Cond
	text strings.Builder
	done bool
}

func newLog() *Log {
	l := &Log{}
	l.more.L = &l.mu
	return l
}

// Write adds to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.more.Broadcast()
	return l.text.Write(p)
}

// end says that nothing more will come.
func (l *Log) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = true
	l.more.Broadcast()
}

// Wait returns once a text was written, or an error when it cannot come any more.
func (l *Log) Wait(text string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for !strings.Contains(l.text.String(), text) {
		if l.done {
			return fmt.Errorf("the process ended without writing %q:\n%s", text, l.text.String())
		}
		l.more.Wait()
	}
	return nil
}

// String is all that was written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
