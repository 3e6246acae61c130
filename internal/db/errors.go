package db

import "errors"

// What a caller can tell apart with errors.Is. Everything else is a defect.
var (
	// ErrUnique is a value that a unique index or a primary key holds already.
	ErrUnique = errors.New("unique constraint violated")
	// ErrForeignKey is a reference to no row, or the removal of a row that is referred to.
	ErrForeignKey = errors.New("foreign key violated")
	// ErrUnavailable is a database that cannot answer now: disk full, I/O error, busy for too long.
	ErrUnavailable = errors.New("database unavailable")
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
	// ErrUnsupported is a data source of an engine that is not in this build.
	ErrUnsupported = errors.New("not supported by this build yet")
	// ErrReadOnly is Exec inside Read or Get.
	ErrReadOnly = errors.New("write inside a reading transaction")
	// ErrDone is use of a Tx or of Rows after their function returned.
	ErrDone = errors.New("transaction has ended")
)
