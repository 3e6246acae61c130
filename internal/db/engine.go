package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pressly/goose/v3"
)

// Engine is a kind of database.
type Engine string

// The engines of this build.
const (
	SQLite     Engine = "SQLite"
	PostgreSQL Engine = "PostgreSQL"
)

// ByEngine is a statement that has to differ between the engines. It takes the same
// arguments in both forms.
type ByEngine struct{ SQLite, PostgreSQL string }

// For returns the form for the engine of a transaction.
func (b ByEngine) For(t *Tx) string {
	if t.engine == PostgreSQL {
		return b.PostgreSQL
	}
	return b.SQLite
}

// mode is what a transaction is for.
type mode uint8

const (
	oneStatement mode = iota // which is its own snapshot
	oneSnapshot
	longSnapshot // which may take long
	changes
	changesOfMoment // behind a snapshot
)

// engine is a database behind DB.
type engine interface {
	name() string // the file or the server, without a password
	// transact runs fn in a transaction that ends with it, on a panic too.
	transact(ctx context.Context, m mode, fn func(*Tx) error) error
	// migrating is a handle for migrations which no other process has meanwhile.
	migrating(ctx context.Context) (handle *sql.DB, done func() error, err error)
	check(ctx context.Context) (sure bool, err error)
	stats() Stats
	inPlace() error // fails while the database is not what was opened
	close() error
}

// migrationSet says how an engine's schema is brought up to date.
type migrationSet struct {
	dialect goose.Dialect
	folder  string
}

func migrationsOf(e Engine) migrationSet {
	if e == PostgreSQL {
		return migrationSet{goose.DialectPostgres, "migrations/postgres"}
	}
	return migrationSet{goose.DialectSQLite3, "migrations/sqlite"}
}

// session is a connection during one transaction.
type session interface {
	// usable refuses what comes after an error that the transaction did not survive.
	usable() error
	// start runs a statement whose rows are read by means of r.
	start(key statementKey, args []any, r *Rows) error
	exec(key statementKey, args []any) (affected int64, err error)
	// later runs a statement before the next that is not later; row visits its rows, if
	// it is not nil.
	later(key statementKey, args []any, row func(*Rows) error) error
	flush() error
	// leaveSnapshot lets what follows write, and see what others have written.
	leaveSnapshot() error
	savepoint(fn func() error) (failed, err error)
	nextIDs(table string, n int) (first []int64, err error)
	keepIDs(table string) error
}

// cursor is where the rows of a statement come from.
type cursor interface {
	step() (bool, error)
	stop() // closes the Rows
	columns() int
	columnName(i int) string
	cell(i int) cell
}

// Open opens the database that the options name.
func Open(ctx context.Context, o Options) (*DB, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	switch {
	case o.Address != "" && o.Path != "":
		return nil, errors.New("db: a file and a server are named at once")
	case o.Address != "":
		e, err := openPostgres(ctx, o)
		if err != nil {
			return nil, err
		}
		return &DB{engine: e, kind: PostgreSQL}, nil
	}
	e, err := openSQLite(o)
	if err != nil {
		return nil, err
	}
	return &DB{engine: e, kind: SQLite}, nil
}
