// Package node runs the program as its users do, for tests: built as it is shipped,
// in a process of its own, watched from outside. It must not know what it serves.
package node
