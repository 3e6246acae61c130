package db

import (
	"errors"
	"strings"
)

// ParseDSN understands what people pass as --db: a file path, with or without
// "sqlite:" before it, or the address of a PostgreSQL server.
func ParseDSN(dsn string) (Options, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		_, err := parseAddress(dsn)
		return Options{Address: dsn}, err
	}
	path := strings.TrimPrefix(dsn, "sqlite:")
	switch path {
	case "":
		return Options{}, errors.New("no database is named: give the path of an SQLite file, or an address as in postgres://user@host/name")
	case ":memory:":
		return Options{}, errors.New("a database in memory is not supported: give the path of an SQLite file")
	}
	return Options{Path: path}, nil
}
