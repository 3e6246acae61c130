package db

import (
	"errors"
	"fmt"
)

// What a caller can tell apart with errors.Is. Everything else is a defect.
var (
	// ErrUnique is a value that a unique index or a primary key holds already.
	ErrUnique = errors.New("unique constraint violated")
	// ErrForeignKey is a reference to no row, or the removal of a row that is referred to.
	ErrForeignKey = errors.New("foreign key violated")
	// ErrConflict is a transaction that met another: the same again may succeed.
	ErrConflict = errors.New("conflict with another transaction")
	// ErrUnavailable is a database that cannot answer now: disk full, I/O error, busy for too
	// long, a server that is gone or only reads.
	ErrUnavailable = errors.New("database unavailable")
	// ErrDenied is a server that does not let us in, however long we wait: a wrong password,
	// no such database. It is ErrUnavailable too.
	ErrDenied = errors.New("the server does not let us in")
	// ErrClosed is any use after Close.
	ErrClosed = errors.New("database closed")
	// ErrLocked is Open of a database that another process serves.
	ErrLocked = errors.New("database is in use")
	// ErrNewerSchema is a database written by a later release.
	ErrNewerSchema = errors.New("the database is newer than this program")
	// ErrOlderSchema is a database that waits for Migrate.
	ErrOlderSchema = errors.New("the database needs migrating")
	// ErrCorrupt is a file that is damaged, or no database at all.
	ErrCorrupt = errors.New("the database file is damaged")
	// ErrReadOnly is Exec inside Read or Get.
	ErrReadOnly = errors.New("write inside a reading transaction")
	// ErrDone is use of a Tx or of Rows after their function returned.
	ErrDone = errors.New("transaction has ended")
)

// Error is a refusal by the database. It unwraps to one of the errors of this
// package when its code has a meaning for callers.
type Error struct {
	Code    string // the engine's: SQLite's extended result code, or PostgreSQL's SQLSTATE
	Message string // the engine's words, for the log only
	kind    error
}

// Error names the engine's message and code.
func (e *Error) Error() string { return fmt.Sprintf("db: %s (%s)", e.Message, e.Code) }

// Unwrap returns ErrUnique, ErrForeignKey, ErrConflict, ErrUnavailable or nil.
func (e *Error) Unwrap() error { return e.kind }
