package db

import (
	"errors"
	"fmt"

	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"
)

// Error is a refusal by the database. It unwraps to one of the errors of this
// package when its code has a meaning for callers.
type Error struct {
	Code    int    // the engine's extended result code
	Message string // the engine's words, for the log only
	kind    error
}

// Error names the engine's message and code.
func (e *Error) Error() string { return fmt.Sprintf("db: %s (%d)", e.Message, e.Code) }

// Unwrap returns ErrUnique, ErrForeignKey, ErrUnavailable, ErrCorrupt or nil.
func (e *Error) Unwrap() error { return e.kind }

// fail turns a result code into an error, with the connection's last message.
func (c *conn) fail(rc int32) error {
	message := "out of memory"
	if c.handle != 0 {
		message = libc.GoString(sqlite.Xsqlite3_errmsg(c.tls, c.handle))
	}
	return &Error{Code: int(rc), Message: message, kind: errorKind(rc)}
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
