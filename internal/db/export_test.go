package db

import "context"

// MigrateTo brings the schema of an older database to a version before Head.
func (d *DB) MigrateTo(ctx context.Context, version int64) error { return d.migrate(ctx, version) }
