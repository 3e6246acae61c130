package db

import (
	"unsafe"

	"modernc.org/libc"
	sqlite "modernc.org/sqlite/lib"
)

// The engine's memory lies outside the Go heap and is never moved. These few
// functions are the only places that look into it.

// pointer makes a pointer of an engine address.
func pointer(p uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&p)) }

// view shows n bytes of engine memory; it is valid as long as the engine keeps them.
func view(p uintptr, n int) []byte { return unsafe.Slice((*byte)(pointer(p)), n) }

func readWord(p uintptr) uintptr { return *(*uintptr)(pointer(p)) }

func readInt32(p uintptr) int32 { return *(*int32)(pointer(p)) }

func writeInt32(p uintptr, v int32) { *(*int32)(pointer(p)) = v }

// allocate returns n bytes of engine memory, 0 when there are none. The caller
// frees them.
func allocate(tls *libc.TLS, n int) uintptr { return sqlite.Xsqlite3_malloc(tls, int32(n)) }

func free(tls *libc.TLS, p uintptr) { sqlite.Xsqlite3_free(tls, p) }

// allocateString copies s with a terminating zero byte.
func allocateString(tls *libc.TLS, s string) uintptr {
	p := allocate(tls, len(s)+1)
	if p != 0 {
		b := view(p, len(s)+1)
		copy(b, s)
		b[len(s)] = 0
	}
	return p
}
