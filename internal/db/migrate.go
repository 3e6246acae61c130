package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*/*.sql
var migrations embed.FS

// Head is the schema version that this program works with, on every engine.
func Head() int64 {
	names, _ := fs.Glob(migrations, "migrations/sqlite/*.sql") // the pattern is good
	var head int64
	for _, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		n, _ := strconv.ParseInt(number, 10, 64)
		head = max(head, n)
	}
	return head
}

// SchemaVersion is the version of the database, 0 for an empty one.
func (d *DB) SchemaVersion(ctx context.Context) (version int64, err error) {
	err = d.Read(ctx, func(tx *Tx) error {
		found, err := tx.One(d.engine.migrations().kept, nil, new(int))
		if err != nil || !found {
			return err
		}
		// 1 = 1 is true in the words of either engine.
		_, err = tx.One("SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied = (1 = 1)", nil, &version)
		return err
	})
	return version, err
}

// CheckSchema tells whether this program can work with the database:
// ErrOlderSchema if it needs Migrate, ErrNewerSchema if it needs a later release.
func (d *DB) CheckSchema(ctx context.Context) error {
	version, err := d.SchemaVersion(ctx)
	switch {
	case err != nil:
		return err
	case version < Head():
		return fmt.Errorf("%w: %s has schema version %d, this program needs %d", ErrOlderSchema, d.engine.name(), version, Head())
	case version > Head():
		return fmt.Errorf("%w: %s has schema version %d, this program knows %d; use the release that wrote it, or a later one",
			ErrNewerSchema, d.engine.name(), version, Head())
	}
	return nil
}

// Migrate brings the schema to Head, forward only. At Head it costs two reads. Several
// processes may call it at once: one does the work, and the others wait for it.
func (d *DB) Migrate(ctx context.Context) error {
	if err := d.CheckSchema(ctx); !errors.Is(err, ErrOlderSchema) {
		return err
	}
	if err := d.migrate(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", d.engine.name(), err)
	}
	return nil
}

func (d *DB) migrate(ctx context.Context) (err error) {
	handle, done, err := d.engine.migrating(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	set := d.engine.migrations()
	files, err := fs.Sub(migrations, set.folder)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(set.dialect, handle, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
