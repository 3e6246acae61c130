package db

import (
	"fmt"
	"sync"
	sqlite "modernc.org/sqlite/lib"
	"time"
	"os"
	"encoding/binary"
	"runtime/debug"
	"sync/atomic"
)

// shortWait is how long a restart of the log may hold up writes while the log
// is still short, in milliseconds.
const shortWait = 50

var conns []*conn
var reads atomic.Int64

// checkpointer keeps the log short. A pass beside the writer copies nearly all
// of it; under constant load it never reaches the end, so the rest is copied
// between two transactions, and the log begins anew.
type checkpointer struct {
	db    *DB
	conn  *conn // its own
	soft  int32 // frames that start a pass
	hard  int32 // frames at which writes wait
	next  atomic.Int32
	wait  int32      // milliseconds that a write waits at the bound
	turn  sync.Mutex // two checkpoints at once refuse each other; taken after the writer
	wake  chan struct{}
	ended chan struct{}
}

func startCheckpointer(d *DB, walSize int64) (*checkpointer, error) {
	c, err := openConn(d.path, append(commonPragmas(), "synchronous = FULL", "cache_size = -256")...)
	if err != nil {
		return nil, err
	}
	soft := int32(max(walSize/frameSize, 1))
	k := &checkpointer{
		db: d, conn: c, soft: soft, hard: 3 * soft, wait: busyTimeout,
		wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	k.next.Store(soft)
	go k.run()
	return k, nil
}

// stop waits for the goroutine, which ends when the database is closed.
func (k *checkpointer) stop() error {
	<-k.ended
	return k.conn.close()
}

func (k *checkpointer) run() {
	defer close(k.ended)
	for {
		select {
		case <-k.wake:
			k.pass()
		case <-k.db.closed:
			return
		}
	}
}

// pass copies the log beside the writer, and then the rest in its place. What
// fails here is tried again later; makeRoom reports it if it lasts.
func (k *checkpointer) pass() {
	k.turn.Lock()
	_ = k.conn.checkpoint(checkpointPassive)
	k.turn.Unlock()
	select {
	case writer := <-k.db.writer:
		_ = k.restart(writer, shortWait)
		k.db.writer <- writer
	case <-k.db.closed:
	}
}

// restart copies the rest of the log while nobody writes. A reader of an old
// snapshot can prevent it; then the log may grow a little before the next try.
func (k *checkpointer) restart(writer *conn, wait int32) error {
	k.turn.Lock()
	defer k.turn.Unlock()
	writer.patience(wait)
	defer writer.patience(busyTimeout)
	t0 := time.Now()
	if wait == 5000 {
		go func() {
			for i := range 60 {
				time.Sleep(100 * time.Millisecond)
				if i > 15 {
					b, _ := os.ReadFile(k.db.path + "-shm")
					u := func(o int) uint32 { return binary.LittleEndian.Uint32(b[o:]) }
					l, _ := os.ReadFile("/proc/locks")
					println(string(l), reads.Load())
					println("shm mx", u(16), "backfill", u(96), "marks", u(100), u(104), u(108), u(112), u(116), "attempted", u(128), len(k.db.readers))
				}
			}
		}()
	}
	err := writer.checkpoint(checkpointRestart)
	println("restart", wait, writer.logged(), time.Since(t0).String(), err != nil)
	if err != nil && wait == 5000 {
		debug.SetTraceback("all")
		for _, c := range append(conns, k.conn, writer) {
			println("conn", c.handle, sqlite.Xsqlite3_txn_state(c.tls, c.handle, 0), time.Since(c.began).String(), len(c.active))
		}
		panic("x")
	}
	if err != nil {
		k.next.Store(min(writer.logged()+k.soft/2, k.hard))
		return err
	}
	writeInt32(writer.frames, 0)
	k.next.Store(k.soft)
	return nil
}

// makeRoom holds a write back while the log is at its bound.
func (k *checkpointer) makeRoom(writer *conn) error {
	if writer.logged() < k.hard {
		return nil
	}
	if err := k.restart(writer, k.wait); err != nil {
		return fmt.Errorf("the write-ahead log is full and a long read prevents its restart: %w", err)
	}
	return nil
}

// notice starts a pass if the log has grown enough.
func (k *checkpointer) notice(writer *conn) {
	if writer.logged() < k.next.Load() {
		return
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// logged is the number of frames in the log after the last commit.
func (c *conn) logged() int32 { return readInt32(c.frames) }
