package pgtest

import "syscall"

const (
	sharedMemory = "/dev/shm"
	enoughMemory = 4 << 30 // bytes; what is used stays below half a gigabyte
)

// memory is a folder that is kept in memory, if there is one with room: making a
// database makes hundreds of files. Else it is "".
func memory() string {
	var at syscall.Statfs_t
	if err := syscall.Statfs(sharedMemory, &at); err != nil || at.Bavail*uint64(at.Bsize) < enoughMemory {
		return ""
	}
	return sharedMemory
}
