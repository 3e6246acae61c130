// Package db owns the connections, the transactions and the migrations of the
// directory's database. It must not know what the tables mean: no entity, no
// rule, no HTTP.
//
// SQL is written once for SQLite and PostgreSQL, with $1 placeholders. SQLite
// is the only engine of this build; it is called through the C interface of
// modernc.org/sqlite/lib, because database/sql costs more than the statements.
package db
