package dbtest

import (
	"context"
	"errors"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// migrate leaves one complete file at path, without a write-ahead log.
func migrate(path string) error {
	d, err := db.Open(context.Background(), db.Options{Path: path, Readers: 1})
	if err != nil {
		return err
	}
	return errors.Join(d.Migrate(context.Background()), d.Close())
}
