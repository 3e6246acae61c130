package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// openPause is the time between two tries to open a database.
const openPause = 500 * time.Millisecond

// awaitDatabase is openDatabase for a server that may start before its database does:
// a machine that comes up, a primary that is being replaced. For so long it tries
// again while the database does not answer. What waiting does not mend is told at once.
func awaitDatabase(ctx context.Context, dsn string, migrate bool, wait time.Duration, log *slog.Logger) (*db.DB, error) {
	begun := time.Now()
	for {
		database, err := openDatabase(ctx, dsn, migrate)
		if !errors.Is(err, db.ErrUnavailable) || errors.Is(err, db.ErrDenied) {
			return database, err
		}
		left := wait - time.Since(begun)
		if left <= 0 {
			return nil, fmt.Errorf("waited %v for the database (--db-wait): %w", wait, err)
		}
		log.Warn("waiting for the database", "error", err)
		select {
		case <-time.After(min(openPause, left)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
