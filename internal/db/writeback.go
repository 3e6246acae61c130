//go:build !linux

package db

import "os"

// writeBackWhile is for Linux.
func writeBackWhile(*os.File) (settled func()) { return func() {} }
