//go:build !linux

package db

// diskSpace is for Linux.
func diskSpace(string) (free int64, readOnly, known bool) { return 0, false, false }
