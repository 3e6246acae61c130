package db

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// passes beside the writer: the second copies what was written during the first.
	passes = 2
	// shortWait is how long a restart may hold up writes while the log is short.
	shortWait = 50 * time.Millisecond
	// longWait is how long a write waits for room when the log is at its bound.
	longWait = 5 * time.Second
)

// checkpointer keeps the log short. A pass beside the writer copies nearly all
// of it; under constant load it never reaches the end, so the rest is copied
// between two transactions, and the log begins anew.
type checkpointer struct {
	db    *sqliteFile
	conn  *conn // its own
	soft  int32 // frames that start a pass
	hard  int32 // frames at which writes wait
	next  atomic.Int32
	wait  time.Duration // longWait, but in a test
	turn  sync.Mutex    // two checkpoints at once refuse each other; taken after the writer
	wake  chan struct{}
	ended chan struct{}
}

func startCheckpointer(d *sqliteFile, walSize int64) (*checkpointer, error) {
	c, err := openConn(d.path, append(commonPragmas(), "synchronous = FULL", "cache_size = -256")...)
	if err != nil {
		return nil, err
	}
	soft := int32(max(walSize/frameSize, 1))
	k := &checkpointer{
		db: d, conn: c, soft: soft, hard: 3 * soft, wait: longWait,
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
	settled := writeBackWhile(k.db.file)
	for range passes {
		_ = k.conn.checkpoint(checkpointPassive)
	}
	settled()
	k.turn.Unlock()
	select {
	case writer := <-k.db.writer:
		_ = k.restart(writer, shortWait)
		k.db.writer <- writer
	case <-k.db.closed:
	}
}

// restart copies the rest of the log while nobody writes, so that the next write
// begins at its start. A reader of an old snapshot can prevent it for as long as
// it lasts; then the log may grow a little before the next try.
func (k *checkpointer) restart(writer *conn, wait time.Duration) error {
	k.turn.Lock()
	defer k.turn.Unlock()
	writer.patience(restartPatience)
	defer writer.patience(busyTimeout)
	err := writer.checkpoint(checkpointRestart)
	for began := time.Now(); isBusy(err) && time.Since(began) < wait; {
		err = writer.checkpoint(checkpointRestart)
	}
	if err != nil {
		k.next.Store(min(writer.logged()+k.soft/2, k.hard))
		return err
	}
	writeInt32(writer.frames, 0)
	k.next.Store(k.soft)
	select { // a pass that was asked for meanwhile has nothing to do
	case <-k.wake:
	default:
	}
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
