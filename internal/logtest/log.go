// Package logtest is a log that tests read while it is written. It must not know what is
// logged.
package logtest

import (
	"strings"
	"sync"
)

// Log keeps what is written, by any number at once. The zero Log is empty.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write adds to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is all that was written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
