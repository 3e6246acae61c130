// Package roster is who is in one organisation, in memory, as searches of users ask
// for it: which of them match, in which order, how many. It owns no truth: whoever
// fills a roster must know that it is current, and this package must not know how.
package roster
