package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"

	driver "modernc.org/sqlite"
)

// longReaders is how many reads may take long at the same time.
const longReaders = 2

// sqliteFile is an open file: one connection that writes and several that read. As many
// read at once as there are processors, and the others wait for their turn: reading
// takes the processor and hardly ever the disk, and more at once would only hold each
// other up, some of them for long. Reads that do take long have connections of their own.
type sqliteFile struct {
	path    string
	lock    *os.File
	file    *os.File   // the database; closed last: closing a descriptor drops the process's locks on it
	writer  chan *conn // holds the connection while nobody writes
	readers chan *conn
	long    chan *conn // for reads that take long
	writing bool       // the writer is open
	reading int        // how many connections of readers are open, and of long below
	atLong  int
	log     *checkpointer
	places  []place
	closed  chan struct{}
}

// openSQLite opens the file and takes its lock. ErrLocked: another process has it.
func openSQLite(o Options) (*sqliteFile, error) {
	if o.Path == "" || o.Path == ":memory:" {
		return nil, errors.New("db: a database needs a file path")
	}
	if o.Readers <= 0 {
		o.Readers = min(max(2, runtime.GOMAXPROCS(0)), 16)
	}
	if o.WALSize <= 0 {
		o.WALSize = 64 << 20
	}
	lock, err := lockFile(o.Path)
	if err != nil {
		return nil, err
	}
	d := &sqliteFile{path: o.Path, lock: lock, closed: make(chan struct{})}
	if err := d.connect(o); err != nil {
		err = fmt.Errorf("open database %s: %w", o.Path, tellDamage(err))
		if errors.Is(err, ErrCorrupt) {
			err = fmt.Errorf("%w; put a backup in its place with roundtable restore", err)
		}
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *sqliteFile) name() string { return d.path }

// connect opens every connection; the first turns on the write-ahead log.
func (d *sqliteFile) connect(o Options) error {
	d.writer, d.readers, d.long = make(chan *conn, 1), make(chan *conn, o.Readers), make(chan *conn, longReaders)
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
	if err := errors.Join(d.connectReaders(d.readers, &d.reading), d.connectReaders(d.long, &d.atLong)); err != nil {
		return err
	}
	if d.log, err = startCheckpointer(d, o.WALSize); err != nil {
		return err
	}
	d.places, err = placesOf(o.Path)
	return err
}

// connectReaders fills a pool, and counts.
func (d *sqliteFile) connectReaders(pool chan *conn, n *int) error {
	for range cap(pool) {
		reader, err := openConn(d.path, readerPragmas()...)
		if err != nil {
			return err
		}
		pool <- reader
		*n++
	}
	return nil
}

// close takes every connection that connect opened, waiting for its user,
// and closes it. None is given back, so none can be used later. The write-ahead log
// is emptied and the lock released.
func (d *sqliteFile) close() error {
	close(d.closed)
	var errs []error
	if d.log != nil {
		errs = append(errs, d.log.stop())
	}
	for ; d.reading > 0; d.reading-- {
		errs = append(errs, (<-d.readers).close())
	}
	for ; d.atLong > 0; d.atLong-- {
		errs = append(errs, (<-d.long).close())
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

func (d *sqliteFile) transact(ctx context.Context, m mode, fn func(*Tx) error) error {
	switch m {
	case changes, changesOfMoment:
		return d.write(ctx, fn)
	case oneSnapshot:
		return d.read(ctx, d.readers, "BEGIN", fn)
	case longSnapshot:
		return d.read(ctx, d.long, "BEGIN", fn)
	}
	return d.read(ctx, d.readers, "", fn)
}

func (d *sqliteFile) read(ctx context.Context, pool chan *conn, begin string, fn func(*Tx) error) error {
	c, err := d.take(ctx, pool)
	if err != nil {
		return err
	}
	defer func() { pool <- c }()
	return c.transact(begin, false, fn)
}

func (d *sqliteFile) write(ctx context.Context, fn func(*Tx) error) error {
	c, err := d.take(ctx, d.writer)
	if err != nil {
		return err
	}
	defer func() { d.writer <- c }()
	if err := d.inPlace(); err != nil {
		return err
	}
	if err := d.log.makeRoom(c); err != nil {
		return err
	}
	defer d.log.notice(c)
	return c.transact("BEGIN IMMEDIATE", true, fn)
}

// take waits for a connection.
func (d *sqliteFile) take(ctx context.Context, from chan *conn) (*conn, error) {
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

// migrating needs no lock but the one of the file, which Open has taken.
func (d *sqliteFile) migrating(context.Context) (handle *sql.DB, done func() error, err error) {
	dsn := "file:" + (&url.URL{Path: d.path}).EscapedPath() + "?_pragma=busy_timeout(5000)"
	connector, err := driver.NewConnector(dsn)
	if err != nil {
		return nil, nil, err
	}
	handle = sql.OpenDB(connector)
	return handle, handle.Close, nil
}
