//go:build !linux

package pgtest

// memory is known for Linux only.
func memory() string { return "" }
