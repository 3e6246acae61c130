// Package db owns the connections, the transactions and the migrations of the
// directory's database. It must not know what the tables mean: no entity, no
// rule, no HTTP.
//
// SQL is written once for SQLite and PostgreSQL, with $1 placeholders; where it has to
// differ, both forms stand side by side (ByEngine). SQLite is called through the C
// interface of modernc.org/sqlite/lib, because database/sql costs more than the
// statements. PostgreSQL is spoken to over connections of pgx.
package db
