package dbtest

import (
	"context"
	"os"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// schemaVariable asks for another schema than the present one: "next" is one that the
// next release may leave behind, which this one has to work with.
const schemaVariable = "ROUNDTABLE_TEST_SCHEMA"

// toNext widens the schema as a migration of the next release may: every table has more
// columns, and there is one more table.
func toNext(ctx context.Context, d *db.DB) error {
	if os.Getenv(schemaVariable) != "next" {
		return nil
	}
	return d.Write(ctx, func(tx *db.Tx) error {
		tables, err := tx.Tables()
		if err != nil {
			return err
		}
		texts := []string{
			"CREATE TABLE of_the_next (id INTEGER PRIMARY KEY, user_id TEXT REFERENCES users (id) ON DELETE CASCADE)",
			"CREATE INDEX users_by_next ON users (lang, id)",
		}
		for _, table := range tables {
			texts = append(texts,
				"ALTER TABLE "+table.Name+" ADD COLUMN next_text TEXT",
				"ALTER TABLE "+table.Name+" ADD COLUMN next_word TEXT NOT NULL DEFAULT 'next'",
				"ALTER TABLE "+table.Name+" ADD COLUMN next_number INTEGER NOT NULL DEFAULT 7",
			)
		}
		for _, text := range texts {
			if _, err := tx.Exec(text); err != nil {
				return err
			}
		}
		_, err = tx.Exec("INSERT INTO goose_db_version (version_id, is_applied) SELECT $1, 1 = 1", db.Head()+1)
		return err
	})
}
