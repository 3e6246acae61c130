package db

import (
	"errors"
	"fmt"
	"strconv"

	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"
)

// fail turns a result code into an error, with the connection's last message.
func (c *conn) fail(rc int32) error {
	message := "out of memory"
	if c.handle != 0 {
		message = libc.GoString(sqlite.Xsqlite3_errmsg(c.tls, c.handle))
	}
	return &Error{Code: strconv.Itoa(int(rc)), Message: message, kind: errorKind(rc)}
}

func errorKind(rc int32) error {
	switch rc {
	case sqlite.SQLITE_CONSTRAINT_UNIQUE, sqlite.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite.SQLITE_CONSTRAINT_ROWID:
		return ErrUnique
	case sqlite.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrForeignKey
	}
	switch rc & 0xff { // the primary code
	case sqlite.SQLITE_BUSY, sqlite.SQLITE_LOCKED, sqlite.SQLITE_NOMEM, sqlite.SQLITE_READONLY, sqlite.SQLITE_IOERR,
		sqlite.SQLITE_FULL, sqlite.SQLITE_CANTOPEN, sqlite.SQLITE_PERM, sqlite.SQLITE_PROTOCOL, sqlite.SQLITE_NOLFS:
		return ErrUnavailable
	case sqlite.SQLITE_CORRUPT, sqlite.SQLITE_NOTADB:
		return ErrCorrupt
	}
	return nil
}

// tellDamage says what the engine's words for a damaged file mean.
func tellDamage(err error) error {
	if refusal, ok := errors.AsType[*Error](err); ok && errors.Is(err, ErrCorrupt) {
		return fmt.Errorf("%w: %w", ErrCorrupt, refusal)
	}
	return err
}
