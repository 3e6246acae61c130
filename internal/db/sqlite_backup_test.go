package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// rowsOf finds the count of a table in an inspection.
func rowsOf(i *db.Inspection, table string) int64 {
	at := slices.IndexFunc(i.Tables, func(c db.TableCount) bool { return c.Table == table })
	if at < 0 {
		return -1
	}
	return i.Tables[at].Rows
}

// namesIn lists a folder.
func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(entries))
	for i, entry := range entries {
		names[i] = entry.Name()
	}
	return names
}

// served makes a database with a provider, open and with its log beside it.
func served(t *testing.T) (d *db.DB, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "served ?#%41.db")
	d = openMigrated(t, path)
	write(t, d, "INSERT INTO providers (id, label) VALUES (1, 'p')")
	return d, path
}

// A backup of a database in use holds what was committed before, is one file, and
// can be restored and served.
func TestSQLiteBackup(t *testing.T) {
	t.Parallel()
	d, path := served(t)
	dir := t.TempDir()
	copied := filepath.Join(dir, "copy ?#%41.db")
	made, err := db.Backup(t.Context(), path, copied)
	if err != nil {
		t.Fatal(err)
	}
	if names := namesIn(t, dir); len(names) != 1 {
		t.Errorf("the folder holds %q", names)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 || info.Size() != made.Size {
		t.Errorf("%v, %v, %d bytes told", info, err, made.Size)
	}
	write(t, d, "INSERT INTO providers (id, label) VALUES (2, 'later')")
	for range 2 {
		found, err := db.Inspect(t.Context(), copied)
		if err != nil || found.Schema != db.Head() || rowsOf(found, "providers") != 1 || rowsOf(found, "users") != 0 || len(found.Tables) < 15 {
			t.Fatalf("%+v, %v", found, err)
		}
	}
	restored := filepath.Join(dir, "restored.db")
	if _, err := db.Restore(t.Context(), copied, restored); err != nil {
		t.Fatal(err)
	}
	again := open(t, restored)
	if err := again.CheckSchema(t.Context()); err != nil || count(t, again) != 1 {
		t.Errorf("%v, %d providers", err, count(t, again))
	}
	write(t, again, "INSERT INTO providers (id, label) VALUES (2, 'p2')")
}

// Neither puts anything where something is, and nothing is left of what failed.
func TestSQLiteBackupAndRestoreRefuse(t *testing.T) {
	t.Parallel()
	_, path := served(t)
	dir := t.TempDir()
	backup := filepath.Join(dir, "backup.db")
	if _, err := db.Backup(t.Context(), path, backup); err != nil {
		t.Fatal(err)
	}
	place := func(name string) string { return filepath.Join(dir, name) }
	for name, content := range map[string]string{
		"taken.db": "mine", "log.db-wal": "a log", "empty.db": "", "letter.txt": strings.Repeat("Dear all, ", 200),
	} {
		if err := os.WriteFile(place(name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := namesIn(t, dir)
	gone, leave := context.WithCancel(t.Context())
	leave()
	for what, c := range map[string]struct {
		do   func(ctx context.Context, from, to string) (*db.Inspection, error)
		ctx  context.Context
		from string
		to   string
		want error
	}{
		"backup over a file":             {db.Backup, t.Context(), path, place("taken.db"), fs.ErrExist},
		"backup over itself":             {db.Backup, t.Context(), path, path, fs.ErrExist},
		"backup beside a log":            {db.Backup, t.Context(), path, place("log.db"), fs.ErrExist},
		"backup of nothing":              {db.Backup, t.Context(), place("missing.db"), place("new.db"), fs.ErrNotExist},
		"backup of an empty file":        {db.Backup, t.Context(), place("empty.db"), place("new.db"), nil},
		"backup of a letter":             {db.Backup, t.Context(), place("letter.txt"), place("new.db"), db.ErrCorrupt},
		"backup of a folder":             {db.Backup, t.Context(), dir, place("new.db"), nil},
		"backup to nowhere":              {db.Backup, t.Context(), path, place("no/new.db"), fs.ErrNotExist},
		"backup that is not waited for":  {db.Backup, gone, path, place("new.db"), context.Canceled},
		"restore over a file":            {db.Restore, t.Context(), backup, place("taken.db"), fs.ErrExist},
		"restore beside a log":           {db.Restore, t.Context(), backup, place("log.db"), fs.ErrExist},
		"restore over a served one":      {db.Restore, t.Context(), backup, path, fs.ErrExist},
		"restore of a served one":        {db.Restore, t.Context(), path, place("new.db"), nil},
		"restore of nothing":             {db.Restore, t.Context(), place("missing.db"), place("new.db"), fs.ErrNotExist},
		"restore that is not waited for": {db.Restore, gone, backup, place("new.db"), context.Canceled},
	} {
		found, err := c.do(c.ctx, c.from, c.to)
		if err == nil || found != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v", what, found, err)
		}
	}
	for _, name := range before {
		if !slices.Contains(namesIn(t, dir), name) {
			t.Errorf("%s is gone", name)
		}
	}
	for _, name := range namesIn(t, dir) {
		if name != "new.db.lock" && !slices.Contains(before, name) {
			t.Errorf("%s was left", name)
		}
	}
	if content, _ := os.ReadFile(place("taken.db")); string(content) != "mine" {
		t.Errorf("the file is now %q", content)
	}
}

// A database whose file was taken away is still one that is served.
func TestSQLiteRestoreUnderAServer(t *testing.T) {
	t.Parallel()
	_, path := served(t)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if _, err := db.Backup(t.Context(), path, backup); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix, path+".away"+suffix); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Restore(t.Context(), backup, path); !errors.Is(err, db.ErrLocked) {
		t.Errorf("%v", err)
	}
}

// What is wrong with a file is found, and said.
func TestSQLiteInspectFindsDamage(t *testing.T) {
	t.Parallel()
	d, path := served(t)
	write(t, d, `INSERT INTO providers (id, label) WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i, 'provider ' || i FROM n`)
	whole := filepath.Join(t.TempDir(), "whole.db")
	if _, err := db.Backup(t.Context(), path, whole); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	damaged := func(change func([]byte) []byte) string {
		name := filepath.Join(t.TempDir(), "damaged.db")
		if err := os.WriteFile(name, change(slices.Clone(content)), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for what, name := range map[string]string{
		"half of it":             damaged(func(b []byte) []byte { return b[:len(b)/2] }),
		"a page missing":         damaged(func(b []byte) []byte { return b[:len(b)-4096] }),
		"another header":         damaged(func(b []byte) []byte { copy(b, "Some other file"); return b }),
		"another schema":         damaged(func(b []byte) []byte { clear(b[100:4096]); return b }),
		"a zeroed page":          damaged(func(b []byte) []byte { clear(b[len(b)-2*4096 : len(b)-4096]); return b }),
		"a reference to nothing": damagedBy(t, whole, "INSERT INTO sections (id, org_id, name, name_key) VALUES (1, 99, 'x', 'x')"),
	} {
		if found, err := db.Inspect(t.Context(), name); !errors.Is(err, db.ErrCorrupt) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %+v, %v", what, found, err)
		}
	}
	newer := damagedBy(t, whole, fmt.Sprintf("INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, 1)", db.Head()+2))
	if _, err := db.Inspect(t.Context(), newer); !errors.Is(err, db.ErrNewerSchema) {
		t.Errorf("a later release's: %v", err)
	}
}

// damagedBy copies a file and changes it with references unwatched.
func damagedBy(t *testing.T, from, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "damaged.db")
	if _, err := db.Restore(t.Context(), from, name); err != nil {
		t.Fatal(err)
	}
	handle, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	if _, err := handle.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	return name
}
