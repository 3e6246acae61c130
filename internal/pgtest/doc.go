// Package pgtest runs a PostgreSQL server for a test: in a temporary folder, on
// loopback, as somebody who is not root, and gone with the test's process. It must
// not know what is stored there.
package pgtest
