package db

import (
	"os"
	"syscall"
	"time"
)

const (
	writeBackEvery = time.Millisecond
	writeBackStart = 2 // SYNC_FILE_RANGE_WRITE: begin, do not wait
)

// writeBackWhile has the kernel write back what a checkpoint copies while it copies,
// until the function that it returns is called. Otherwise all of it would be written
// by the flush at the end, and the flushes of commits would wait behind that. It
// promises nothing about durability: the flush at the end does.
func writeBackWhile(file *os.File) (settled func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(writeBackEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_ = syscall.SyncFileRange(int(file.Fd()), 0, 0, writeBackStart) // only ever a hint
			case <-done:
				return
			}
		}
	}()
	return func() { close(done); <-ended }
}
