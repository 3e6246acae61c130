package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// migrating locks a row of a table of its own for as long as the migrations last, on a
// connection beside theirs: when the process ends, so does the lock.
func (p *postgres) migrating(ctx context.Context) (handle *sql.DB, done func() error, err error) {
	config := p.address.forWriting(Options{}).ConnConfig
	config.RuntimeParams["statement_timeout"] = "0"
	config.RuntimeParams["lock_timeout"] = "0"
	config.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	handle = stdlib.OpenDB(*config)
	if err := makeMigrationLock(ctx, handle); err != nil {
		return nil, nil, errors.Join(connectError(err), handle.Close())
	}
	lock, err := handle.BeginTx(ctx, nil)
	if err == nil {
		_, err = lock.ExecContext(ctx, "SELECT 1 FROM migration_lock WHERE id = 1 FOR UPDATE")
	}
	if err != nil {
		return nil, nil, errors.Join(err, handle.Close())
	}
	return handle, func() error { return errors.Join(lock.Rollback(), handle.Close()) }, nil
}

// makeMigrationLock makes the row, unless there is one. Who makes the table at the same
// moment may be refused, and finds it there.
func makeMigrationLock(ctx context.Context, handle *sql.DB) error {
	for {
		_, err := handle.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS migration_lock (id INT NOT NULL PRIMARY KEY)")
		refusal, ok := errors.AsType[*pgconn.PgError](err)
		switch {
		case ok && slices.Contains([]string{"23505", "42P07", "42710"}, refusal.Code):
			continue
		case err != nil:
			return err
		}
		_, err = handle.ExecContext(ctx, "INSERT INTO migration_lock (id) VALUES (1) ON CONFLICT (id) DO NOTHING")
		return err
	}
}
