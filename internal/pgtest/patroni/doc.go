// Package patroni runs a PostgreSQL cluster that survives its primary, for a test:
// servers under Patroni, synchronous, and the etcd that they elect by, all on
// loopback in one temporary folder. It must not know what is stored there.
package patroni
