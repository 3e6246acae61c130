package db

import (
	"context"
	"sync"
	"time"
)

// Options say which database to open: a file or a server.
type Options struct {
	Path    string // the file of SQLite, created if absent
	Address string // of PostgreSQL, as in postgres://user@host:5432,other:5432/name; it may hold a password
	Readers int    // connections for reading; if zero one for each CPU of SQLite, from 2 to 16, and of PostgreSQL 4 for each CPU, from 8 to 64
	Writers int    // connections for writing to PostgreSQL, 8 if zero; SQLite has one

	// Timeout is how long PostgreSQL may work at one statement; if zero 30 s, and 10 s
	// until its first row.
	Timeout time.Duration
	// WALSize is the size in bytes at which SQLite's write-ahead log is copied back
	// to the file; 64 MiB if zero. The log stays below four times this size,
	// and one transaction.
	WALSize int64
}

// DB is an open database.
type DB struct {
	engine  engine
	kind    Engine
	closing sync.Once
}

// Engine tells what the database runs on, for messages and for tools. Statements
// that differ are written as ByEngine.
func (d *DB) Engine() Engine { return d.kind }

// Close waits for running transactions and gives everything back. A second Close is
// ErrClosed.
func (d *DB) Close() error {
	err := ErrClosed
	d.closing.Do(func() { err = d.engine.close() })
	return err
}

// Read runs fn on one snapshot of the database.
func (d *DB) Read(ctx context.Context, fn func(*Tx) error) error {
	return d.engine.transact(ctx, oneSnapshot, fn)
}

// ReadLong is Read for what may take long: it waits for others of its kind, and nobody
// else waits for it.
func (d *DB) ReadLong(ctx context.Context, fn func(*Tx) error) error {
	return d.engine.transact(ctx, longSnapshot, fn)
}

// Get is Read for a single statement, which is its own snapshot: it spares the
// transaction around it. Two statements may see two states.
func (d *DB) Get(ctx context.Context, fn func(*Tx) error) error {
	return d.engine.transact(ctx, oneStatement, fn)
}

// Write runs fn in a transaction that equals a serial order of all of them. An error
// or a panic of fn rolls back; nil means the change is on the disk. ErrConflict asks
// for another try, so fn must do nothing that a second run must not repeat. After
// ErrUnavailable it may be that the change was made all the same.
func (d *DB) Write(ctx context.Context, fn func(*Tx) error) error {
	return d.engine.transact(ctx, changes, fn)
}

// ReadThenWrite runs read on one snapshot and write, which may write, behind it. Others may
// have written in between, and each statement of write meets what is committed by then: it
// waits for who is changing the same rows, and has to say itself what it expects to find in
// them. Then all is as if done at the moment of the snapshot, before whatever was written
// since, as long as no other transaction reads what write writes in order to decide what
// it does itself. The rest is as with Write.
func (d *DB) ReadThenWrite(ctx context.Context, read, write func(*Tx) error) error {
	return d.engine.transact(ctx, changesOfMoment, func(tx *Tx) error {
		tx.writes = false
		if err := read(tx); err != nil {
			return err
		}
		tx.writes = true
		if err := tx.session.leaveSnapshot(); err != nil {
			return err
		}
		return write(tx)
	})
}

// Ping reads from the database, and fails when its file is not where it was.
func (d *DB) Ping(ctx context.Context) error {
	return d.Get(ctx, func(tx *Tx) error {
		if err := d.engine.inPlace(); err != nil {
			return err
		}
		_, err := tx.One("SELECT 1", nil, new(int))
		return err
	})
}
