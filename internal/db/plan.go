package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// Migration is one step from a version of the schema to the next.
type Migration struct {
	Version int64 // that it leads to
	Name    string
	SQL     string
}

// Migrations are all steps of an engine to Head, in order.
func Migrations(e Engine) ([]Migration, error) {
	names, err := fs.Glob(migrations, migrationsOf(e).folder+"/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	steps := make([]Migration, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			return nil, err
		}
		base := path.Base(name)
		number, _, _ := strings.Cut(base, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the name of a migration begins with its number: %w", err)
		}
		_, up, found := strings.Cut(string(text), "-- +goose Up\n")
		if !found {
			return nil, fmt.Errorf("migration %s does not say where it begins", base)
		}
		steps = append(steps, Migration{Version: version, Name: base, SQL: strings.TrimSpace(up)})
	}
	return steps, nil
}

// Plan tells the version of a database's schema and what Migrate would run. It changes
// nothing, creates no file, and may be asked while a file is served by another process.
func Plan(ctx context.Context, o Options) (version int64, pending []Migration, err error) {
	engine := SQLite
	if o.Address != "" {
		engine = PostgreSQL
		version, err = versionOnServer(ctx, o)
	} else if version, err = versionBeside(ctx, o.Path); err == nil {
		err = refuseNewer(version)
	}
	if err != nil && engine == SQLite {
		err = fmt.Errorf("%s: %w", o.Path, err)
	}
	if err != nil {
		return version, nil, err
	}
	steps, err := Migrations(engine)
	for _, step := range steps {
		if step.Version > version {
			pending = append(pending, step)
		}
	}
	return version, pending, err
}

func versionOnServer(ctx context.Context, o Options) (version int64, err error) {
	o.Readers, o.Writers = 1, 1
	d, err := Open(ctx, o)
	if err != nil {
		return 0, err
	}
	if version, err = d.SchemaVersion(ctx); err == nil {
		err = refuseNewer(version)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", d.engine.name(), err)
	}
	return version, errors.Join(err, d.Close())
}

// versionBeside reads the version without the lock of a server; 0 if there is no file.
func versionBeside(ctx context.Context, path string) (version int64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	c, err := openConn(path, readerPragmas()...)
	if err != nil {
		return 0, err
	}
	err = c.transact("BEGIN", false, func(tx *Tx) error {
		version, err = schemaVersion(tx)
		return err
	})
	return version, errors.Join(err, c.close())
}
