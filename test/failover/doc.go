// Package failover proves that a directory on several machines survives the loss of
// any of them: two servers on a PostgreSQL cluster of three nodes, under load, lose
// now one and now the other. It must not know how either recovers.
package failover
