package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"
)

// backupStep is how many pages are copied before the caller is asked whether it still
// wants them: 8 MiB.
const backupStep = 2048

// Backup copies the SQLite database at from to a new file, checks the copy, and tells
// what it holds. The copy is one snapshot, taken after Backup was called. Another
// process may serve the database meanwhile; it is not held up, but its log cannot
// begin anew until the snapshot is copied.
func Backup(ctx context.Context, from, to string) (*Inspection, error) {
	info, err := os.Stat(from)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", from)
	}
	return writeNew(to, func(name string) (*Inspection, error) {
		if err := copySnapshot(ctx, from, name); err != nil {
			return nil, fmt.Errorf("back up %s: %w", from, err)
		}
		return inspectFile(ctx, name, "the copy of "+from)
	})
}

// Restore puts a copy of a backup where no database stands and none is served, and
// tells what it holds. It is checked before it gets its name.
func Restore(ctx context.Context, from, to string) (*Inspection, error) {
	if err := requireAlone(from); err != nil {
		return nil, err
	}
	if err := requireAbsent(to); err != nil {
		return nil, err
	}
	lock, err := lockFile(to)
	if err != nil {
		return nil, err
	}
	inspection, err := writeNew(to, func(name string) (*Inspection, error) {
		if err := copyFile(ctx, from, name); err != nil {
			return nil, err
		}
		return inspectFile(ctx, name, from)
	})
	return inspection, errors.Join(err, lock.Close())
}

// writeNew has a file written under another name and puts it in its place if all
// went well.
func writeNew(to string, write func(name string) (*Inspection, error)) (inspection *Inspection, err error) {
	d, err := newDraft(to)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.drop()) }()
	if inspection, err = write(d.name); err != nil {
		return nil, err
	}
	return inspection, d.publish()
}

// copySnapshot copies page by page, within one read transaction. The copy needs no
// journal and no flush: it has no name yet.
func copySnapshot(ctx context.Context, from, to string) (err error) {
	source, err := openConn(from, readerPragmas()...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.close()) }()
	target, err := openConn(to, "journal_mode = OFF", "synchronous = OFF")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.close()) }()
	return source.transact("BEGIN", false, func(tx *Tx) error {
		// The snapshot begins with the first statement.
		if _, err := tx.One("SELECT count(*) FROM sqlite_master", nil, new(int)); err != nil {
			return err
		}
		return source.copyTo(ctx, target)
	})
}

func (c *conn) copyTo(ctx context.Context, target *conn) error {
	name := allocateString(c.tls, "main")
	if name == 0 {
		return c.fail(sqlite.SQLITE_NOMEM)
	}
	defer free(c.tls, name)
	copying := sqlite.Xsqlite3_backup_init(target.tls, target.handle, name, c.handle, name)
	if copying == 0 {
		return target.fail(sqlite.Xsqlite3_errcode(target.tls, target.handle))
	}
	rc := int32(sqlite.SQLITE_OK)
	for rc == sqlite.SQLITE_OK && ctx.Err() == nil {
		rc = sqlite.Xsqlite3_backup_step(target.tls, copying, backupStep)
	}
	finished := sqlite.Xsqlite3_backup_finish(target.tls, copying)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case rc != sqlite.SQLITE_DONE:
		return &Error{Code: strconv.Itoa(int(rc)), Message: libc.GoString(sqlite.Xsqlite3_errstr(c.tls, rc)), kind: errorKind(rc)}
	case finished != sqlite.SQLITE_OK:
		return target.fail(finished)
	}
	return nil
}

func copyFile(ctx context.Context, from, to string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	for err == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err = io.CopyN(target, source, backupStep*4096)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return err
}
