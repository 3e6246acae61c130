package db

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"
)

const (
	checkpointPassive  = sqlite.SQLITE_CHECKPOINT_PASSIVE
	checkpointRestart  = sqlite.SQLITE_CHECKPOINT_RESTART
	checkpointTruncate = sqlite.SQLITE_CHECKPOINT_TRUNCATE
)

// frameSize is what a page takes in the log: the page and its header.
const frameSize = 4096 + 24

// How long the engine waits for a lock, in milliseconds.
const (
	busyTimeout = 5000 // for another process
	// A restart waits a little and then looks anew: the engine waits for one
	// reader's place in the log, which under constant reads the next reader takes.
	restartPatience = 5
)

// Memory: at most 24 MiB for the writer and 4 MiB for each reader.
func writerPragmas(walSize int64) []string {
	return append(commonPragmas(), "journal_mode = WAL", "synchronous = FULL", "cache_size = -24576",
		"wal_autocheckpoint = 0", fmt.Sprintf("journal_size_limit = %d", 2*walSize))
}

func readerPragmas() []string {
	return append(commonPragmas(), "query_only = ON", "cache_size = -4096")
}

func commonPragmas() []string {
	return []string{fmt.Sprintf("busy_timeout = %d", busyTimeout), "foreign_keys = ON", "temp_store = MEMORY", "mmap_size = 2147418112"}
}

// countFrames makes every commit leave the number of frames in the log at
// c.frames, without a system call.
func (c *conn) countFrames() {
	callback := struct {
		fn func(tls *libc.TLS, arg, handle, name uintptr, frames int32) int32
	}{noteFrames}
	sqlite.Xsqlite3_wal_hook(c.tls, c.handle, *(*uintptr)(unsafe.Pointer(&callback)), c.frames)
}

func noteFrames(_ *libc.TLS, arg, _, _ uintptr, frames int32) int32 {
	writeInt32(arg, frames)
	return sqlite.SQLITE_OK
}

// checkpoint copies the log back to the file. Passive takes what it can without
// waiting. Restart and truncate wait for readers, as long as the busy timeout;
// after them the next write begins at the start of the log.
func (c *conn) checkpoint(mode int32) error {
	if rc := sqlite.Xsqlite3_wal_checkpoint_v2(c.tls, c.handle, 0, mode, 0, 0); rc != sqlite.SQLITE_OK {
		return c.fail(rc)
	}
	return nil
}

func isBusy(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	code, _ := strconv.Atoi(refusal.Code)
	return code&0xff == sqlite.SQLITE_BUSY
}

// truncateLog empties the log at the end. A reader in another process, such as
// a backup, may keep it: nothing is lost, the next process reads it.
func (c *conn) truncateLog() error {
	if err := c.checkpoint(checkpointTruncate); !isBusy(err) {
		return err
	}
	return nil
}

// patience sets the busy timeout, in milliseconds.
func (c *conn) patience(ms int32) { sqlite.Xsqlite3_busy_timeout(c.tls, c.handle, ms) }
