// Package ledger loads a directory with updates and keeps book: what was sent, what
// was acknowledged, and whether what is stored afterwards agrees, however servers
// were killed meanwhile. For tests. It must not know how the servers are run.
package ledger
