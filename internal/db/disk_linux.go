package db

import (
	"path/filepath"
	"syscall"
)

// readOnlyMount is ST_RDONLY of statfs.
const readOnlyMount = 1

// diskSpace returns what is left of the disk that a file is on, and whether that disk
// is mounted for reading only.
func diskSpace(path string) (free int64, readOnly, known bool) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(path), &disk); err != nil {
		return 0, false, false
	}
	return int64(disk.Bavail) * disk.Bsize, disk.Flags&readOnlyMount != 0, true
}
