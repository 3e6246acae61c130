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
		version, err = schemaVersion(tx)
		return err
	})
	return version, err
}

func schemaVersion(tx *Tx) (version int64, err error) {
	kept := ByEngine{
		SQLite:     "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'",
		PostgreSQL: "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'goose_db_version'",
	}
	found, err := tx.One(kept.For(tx), nil, new(int))
	if err != nil || !found {
		return 0, err
	}
	// 1 = 1 is true in the words of either engine.
	_, err = tx.One("SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied = (1 = 1)", nil, &version)
	return version, err
}

// CheckSchema tells whether this program can work with the database:
// ErrOlderSchema if it needs Migrate, ErrNewerSchema if it needs a later release. A
// schema one version newer will do: every migration leaves the release before it able
// to work (docs/decisions/0014).
func (d *DB) CheckSchema(ctx context.Context) error {
	version, err := d.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if version < Head() {
		return fmt.Errorf("%w: %s has schema version %d, this program needs %d", ErrOlderSchema, d.engine.name(), version, Head())
	}
	if err := refuseNewer(version); err != nil {
		return fmt.Errorf("%s: %w", d.engine.name(), err)
	}
	return nil
}

// refuseNewer is ErrNewerSchema for what a release after the next one wrote.
func refuseNewer(version int64) error {
	if version <= Head()+1 {
		return nil
	}
	return fmt.Errorf("%w: schema version %d, and this program works with up to %d; use the release that wrote it, or a later one",
		ErrNewerSchema, version, Head()+1)
}

// Migrate brings the schema to Head, forward only. At Head it costs two reads. Several
// processes may call it at once: one does the work, and the others wait for it.
func (d *DB) Migrate(ctx context.Context) error {
	if err := d.CheckSchema(ctx); !errors.Is(err, ErrOlderSchema) {
		return err
	}
	if err := d.migrate(ctx, Head()); err != nil {
		return fmt.Errorf("migrate %s: %w", d.engine.name(), err)
	}
	return nil
}

func (d *DB) migrate(ctx context.Context, version int64) (err error) {
	handle, done, err := d.engine.migrating(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	set := migrationsOf(d.kind)
	files, err := fs.Sub(migrations, set.folder)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(set.dialect, handle, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.UpTo(ctx, version)
	return err
}
