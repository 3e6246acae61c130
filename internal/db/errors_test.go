package db_test

import (
	"errors"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	write(t, d, "INSERT INTO providers (id, label) VALUES (1, 'a')",
		"INSERT INTO sso_links (user_id, issuer, subject, created_at) SELECT 'x', 'i', 's', 1 WHERE 1 = 0",
		"INSERT INTO sections (id, org_id, name, name_key) SELECT 1, 1, 'x', 'x' WHERE 1 = 0",
		`INSERT INTO orgs (id, provider_id, name, name_key, alias, type, plans, created_at, version) VALUES (1, 1, 'o', 'o', 'o', 'x', '[]', 1, 1)`,
		"INSERT INTO businesses (id, org_id, code, name, city, zipcode, country, status, reach, presence_management, data, created_at, modified_at, version) VALUES ('b', 1, 'c', 'n', '', '', 'FR', 'open', 'LOCAL', FALSE, '{}', 1, 1, 1)")
	for text, want := range map[string]error{
		"INSERT INTO providers (id, label) VALUES (2, 'a')": db.ErrUnique,
		"INSERT INTO providers (id, label) VALUES (1, 'b')": db.ErrUnique,
		"INSERT INTO businesses (id, org_id, code, name, city, zipcode, country, status, reach, presence_management, data, created_at, modified_at, version) VALUES ('b', 1, 'd', 'n', '', '', 'FR', 'open', 'LOCAL', FALSE, '{}', 1, 1, 1)": db.ErrUnique,
		"INSERT INTO sections (id, org_id, name, name_key) VALUES (1, 9, 'x', 'x')": db.ErrForeignKey,
		"DELETE FROM orgs": db.ErrForeignKey,
		"INSERT INTO providers (id, label) VALUES (3, NULL)":  nil,
		"INSERT INTO providers (id, nothing) VALUES (3, 'c')": nil,
	} {
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(text)
			return err
		})
		var refusal *db.Error
		if !errors.As(err, &refusal) || refusal.Code == "" || refusal.Message == "" {
			t.Errorf("%s: %v", text, err)
		}
		for _, kind := range []error{db.ErrUnique, db.ErrForeignKey, db.ErrConflict, db.ErrUnavailable} {
			if errors.Is(err, kind) != errors.Is(want, kind) {
				t.Errorf("%s: %v, want %v", text, err, want)
			}
		}
	}
}

// A full disk fails the write, all of it, and the database goes on when there
// is room again.
func TestSQLiteFullDisk(t *testing.T) {
	t.Parallel()
	d := dbtest.NewFile(t)
	write(t, d, "PRAGMA max_page_count = 1") // as many as there are
	fill := func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO providers (id, label)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
			SELECT i, i || hex(randomblob(500)) FROM n`)
		return err
	}
	if err := d.Write(t.Context(), fill); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("a write that needs pages: %v", err)
	}
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_ = fill(tx)
		return addProvider(tx, 1) // the engine may have rolled back: nothing may be committed now
	})
	if n := count(t, d); (err != nil) != (n == 0) || n > 1 {
		t.Errorf("after a swallowed error: %v, %d providers", err, n)
	}
	write(t, d, "DELETE FROM providers", "PRAGMA max_page_count = 100000")
	if err := d.Write(t.Context(), fill); err != nil || count(t, d) != 300 {
		t.Errorf("with room again: %v, %d providers", err, count(t, d))
	}
}
