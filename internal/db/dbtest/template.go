package dbtest

import (
	"context"
	"errors"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// migrate leaves one complete database, of SQLite without a write-ahead log.
func migrate(o db.Options) error {
	o.Readers = 1
	d, err := db.Open(context.Background(), o)
	if err != nil {
		return err
	}
	return errors.Join(d.Migrate(context.Background()), d.Close())
}
