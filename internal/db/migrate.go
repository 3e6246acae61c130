package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

const migrationsPath = "migrations/sqlite"

// Head is the schema version that this program works with.
func Head() int64 {
	names, _ := fs.Glob(migrations, migrationsPath+"/*.sql") // the pattern is good
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
	found, err := tx.One("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'", nil, new(int))
	if err != nil || !found {
		return 0, err
	}
	_, err = tx.One("SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied = 1", nil, &version)
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
		return fmt.Errorf("%w: %s has schema version %d, this program needs %d", ErrOlderSchema, d.path, version, Head())
	}
	if err := refuseNewer(version); err != nil {
		return fmt.Errorf("%s: %w", d.path, err)
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

// Migrate brings the schema to Head, forward only. At Head it costs two reads.
func (d *DB) Migrate(ctx context.Context) error {
	if err := d.CheckSchema(ctx); !errors.Is(err, ErrOlderSchema) {
		return err
	}
	dsn := "file:" + (&url.URL{Path: d.path}).EscapedPath() + "?_pragma=busy_timeout(5000)"
	connector, err := driver.NewConnector(dsn)
	if err != nil {
		return err
	}
	handle := sql.OpenDB(connector)
	defer handle.Close()
	files, err := fs.Sub(migrations, migrationsPath)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, handle, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate %s: %w", d.path, err)
	}
	return handle.Close()
}
