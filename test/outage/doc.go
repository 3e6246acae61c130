// Package outage proves what users see on the bad days of a PostgreSQL server: gone,
// frozen, cut off, reading only, newer than the program. It must not know how the
// program finds out.
package outage
