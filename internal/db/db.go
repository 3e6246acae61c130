package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
)

// Options say which database to open.
type Options struct {
	Path    string // the file, created if absent
	Readers int    // connections for reading; 4 if zero
	// WALSize is the size in bytes at which the write-ahead log is copied back
	// to the file; 64 MiB if zero. The log stays below four times this size,
	// and one transaction.
	WALSize int64
}

// DB is an open database: one connection that writes and several that read.
type DB struct {
	path    string
	lock    *os.File
	file    *os.File   // the database; closed last: closing a descriptor drops the process's locks on it
	writer  chan *conn // holds the connection while nobody writes
	readers chan *conn
	writing bool // the writer is open
	reading int  // how many readers are open
	log     *checkpointer
	places  []place
	closed  chan struct{}
	closing sync.Once
}

// Open opens the file and takes its lock. ErrLocked: another process has it.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Path == "" || o.Path == ":memory:" {
		return nil, errors.New("db: a database needs a file path")
	}
	if o.Readers <= 0 {
		o.Readers = 4
	}
	if o.WALSize <= 0 {
		o.WALSize = 64 << 20
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	lock, err := lockFile(o.Path)
	if err != nil {
		return nil, err
	}
	d := &DB{path: o.Path, lock: lock, closed: make(chan struct{})}
	if err := d.connect(o); err != nil {
		err = fmt.Errorf("open database %s: %w", o.Path, tellDamage(err))
		if errors.Is(err, ErrCorrupt) {
			err = fmt.Errorf("%w; put a backup in its place with roundtable restore", err)
		}
		return nil, errors.Join(err, d.disconnect())
	}
	return d, nil
}

// connect opens every connection; the first turns on the write-ahead log.
func (d *DB) connect(o Options) error {
	d.writer, d.readers = make(chan *conn, 1), make(chan *conn, o.Readers)
	var err error
	if d.file, err = os.OpenFile(o.Path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	writer, err := openConn(o.Path, writerPragmas(o.WALSize)...)
	if err != nil {
		return err
	}
	writer.countFrames()
	d.writer <- writer
	d.writing = true
	if err := writer.transact("BEGIN IMMEDIATE", true, func(*Tx) error { return nil }); err != nil {
		return err // a log that may not be written would show at the first change only
	}
	for range o.Readers {
		reader, err := openConn(o.Path, readerPragmas()...)
		if err != nil {
			return err
		}
		d.readers <- reader
		d.reading++
	}
	if d.log, err = startCheckpointer(d, o.WALSize); err != nil {
		return err
	}
	d.places, err = placesOf(o.Path)
	return err
}

// disconnect takes every connection that connect opened, waiting for its user,
// and closes it. None is given back, so none can be used later.
func (d *DB) disconnect() error {
	close(d.closed)
	var errs []error
	if d.log != nil {
		errs = append(errs, d.log.stop())
	}
	for ; d.reading > 0; d.reading-- {
		errs = append(errs, (<-d.readers).close())
	}
	if d.writing {
		writer := <-d.writer
		errs = append(errs, writer.truncateLog(), writer.close())
	}
	if d.file != nil {
		errs = append(errs, d.file.Close())
	}
	return errors.Join(append(errs, d.lock.Close())...)
}

// Close waits for running transactions, empties the write-ahead log and
// releases the lock. A second Close is ErrClosed.
func (d *DB) Close() error {
	err := ErrClosed
	d.closing.Do(func() { err = d.disconnect() })
	return err
}

// Read runs fn on one snapshot of the database.
func (d *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	return d.read(ctx, "BEGIN", fn)
}

// Get is Read for a single statement, which is its own snapshot: it spares the
// transaction around it. Two statements may see two states.
func (d *DB) Get(ctx context.Context, fn func(*Tx) error) error {
	return d.read(ctx, "", fn)
}

func (d *DB) read(ctx context.Context, begin string, fn func(*Tx) error) error {
	c, err := d.take(ctx, d.readers)
	if err != nil {
		return err
	}
	defer func() { d.readers <- c }()
	return c.transact(begin, false, fn)
}

// Write runs fn in a transaction on the one connection that writes. An error
// or a panic of fn rolls back; nil means the change is on the disk.
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	c, err := d.take(ctx, d.writer)
	if err != nil {
		return err
	}
	defer func() { d.writer <- c }()
	if err := inPlace(d.places); err != nil {
		return err
	}
	if err := d.log.makeRoom(c); err != nil {
		return err
	}
	defer d.log.notice(c)
	return c.transact("BEGIN IMMEDIATE", true, fn)
}

// take waits for a connection.
func (d *DB) take(ctx context.Context, from chan *conn) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select { // the usual case, and the cheaper select
	case c := <-from:
		return c, nil
	default:
	}
	select {
	case c := <-from:
		return c, nil
	case <-d.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// transact runs fn between begin and its end, which comes on a panic too.
func (c *conn) transact(begin string, writes bool, fn func(*Tx) error) (err error) {
	if begin != "" {
		if err := c.run(begin); err != nil {
			return err
		}
	}
	tx := &Tx{conn: c, writes: writes}
	commit := false
	defer func() {
		tx.conn = nil
		if ended := c.end(commit); err == nil {
			err = ended
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	commit = begin != ""
	return nil
}

// Ping reads from the database, and fails when its file is not where it was.
func (d *DB) Ping(ctx context.Context) error {
	return d.Get(ctx, func(tx *Tx) error {
		if err := inPlace(d.places); err != nil {
			return err
		}
		_, err := tx.One("SELECT 1", nil, new(int))
		return err
	})
}
