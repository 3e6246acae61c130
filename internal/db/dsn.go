package db

import (
	"errors"
	"fmt"
	"strings"
)

// ParseDSN understands what people pass as --db: a file path, with or without
// "sqlite:" before it. PostgreSQL is ErrUnsupported.
func ParseDSN(dsn string) (Options, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		// The address is not repeated: it may hold a password.
		return Options{}, fmt.Errorf("PostgreSQL is %w: give the path of an SQLite file", ErrUnsupported)
	}
	path := strings.TrimPrefix(dsn, "sqlite:")
	switch path {
	case "":
		return Options{}, errors.New("no database is named: give the path of an SQLite file")
	case ":memory:":
		return Options{}, errors.New("a database in memory is not supported: give the path of an SQLite file")
	}
	return Options{Path: path}, nil
}
