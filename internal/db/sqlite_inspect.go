package db

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"
)

// maxFaults is how many faults of a damaged file are told.
const maxFaults = 10

// Inspection is what a checked file holds.
type Inspection struct {
	Schema int64 // its version
	Size   int64 // bytes
	Tables []TableCount
}

// TableCount is how many rows a table has.
type TableCount struct {
	Table string
	Rows  int64
}

// Inspect checks a SQLite file that nobody uses, such as a backup: that its pages are
// whole, every reference leads to a row, and the schema is one that this program can
// serve or migrate. ErrCorrupt: it is damaged. The file and its folder stay as they are.
func Inspect(ctx context.Context, path string) (*Inspection, error) {
	if err := requireAlone(path); err != nil {
		return nil, err
	}
	return inspectFile(ctx, path, path)
}

// requireAlone refuses a file with a log beside it: the file alone is not the database.
func requireAlone(path string) error {
	for _, suffix := range []string{"-wal", "-journal"} {
		if info, err := os.Stat(path + suffix); err == nil && info.Size() > 0 {
			return fmt.Errorf("%s has a log beside it, %s: it is a database in use, or a part of one; make a copy with roundtable backup",
				path, path+suffix)
		}
	}
	return nil
}

// inspectFile opens the file as one that nobody changes, so that nothing is written
// beside it. called is its name for people.
func inspectFile(ctx context.Context, path, called string) (_ *Inspection, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := (&url.URL{Scheme: "file", Path: whole}).String() + "?immutable=1"
	c, err := openConnAs(name, sqlite.SQLITE_OPEN_READONLY|sqlite.SQLITE_OPEN_URI, "temp_store = MEMORY", "mmap_size = 0")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", called, tellDamage(err))
	}
	defer func() { err = errors.Join(err, c.close()) }()
	defer c.interruptWith(ctx)()
	found := &Inspection{Size: info.Size()}
	err = c.transact("BEGIN", false, func(tx *Tx) error { return found.read(tx) })
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fmt.Errorf("check %s: %w", called, tellDamage(err))
	}
	return found, nil
}

// interruptWith ends the statement that runs when ctx ends, until the returned
// function is called.
func (c *conn) interruptWith(ctx context.Context) (settled func()) {
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		tls := libc.NewTLS()
		defer tls.Close()
		sqlite.Xsqlite3_interrupt(tls, c.handle)
	})
	return func() {
		if !stop() {
			<-ended
		}
	}
}

func (i *Inspection) read(tx *Tx) error {
	if err := i.readSchema(tx); err != nil {
		return err
	}
	if err := readFaults(tx); err != nil {
		return err
	}
	tables, err := tx.Tables()
	if err != nil {
		return err
	}
	for _, table := range tables {
		count := TableCount{Table: table.Name}
		if _, err := tx.One("SELECT count(*) FROM "+table.Name, nil, &count.Rows); err != nil {
			return err
		}
		i.Tables = append(i.Tables, count)
	}
	slices.SortFunc(i.Tables, func(a, b TableCount) int { return cmp.Compare(a.Table, b.Table) })
	return nil
}

func (i *Inspection) readSchema(tx *Tx) (err error) {
	if i.Schema, err = schemaVersion(tx); err != nil {
		return err
	}
	if i.Schema == 0 {
		return errors.New("it holds no Roundtable database")
	}
	return refuseNewer(i.Schema)
}

// readFaults has the engine look at every page, every index entry and every reference.
func readFaults(tx *Tx) error {
	var faults []string
	note := func(rows *Rows) error {
		var text string
		err := rows.Scan(&text)
		faults = append(faults, text)
		return err
	}
	pages := fmt.Sprintf("SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok' LIMIT %d", maxFaults)
	if err := tx.Each(pages, nil, note); err != nil {
		return err
	}
	references := fmt.Sprintf(`SELECT 'a row of ' || "table" || ' refers to no row of ' || parent FROM pragma_foreign_key_check LIMIT %d`, maxFaults)
	if err := tx.Each(references, nil, note); err != nil {
		return err
	}
	if len(faults) > 0 {
		return fmt.Errorf("%w: %s", ErrCorrupt, strings.Join(faults, "; "))
	}
	return nil
}
