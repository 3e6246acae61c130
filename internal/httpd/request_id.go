package httpd

import (
	"crypto/rand"
	"encoding/binary"
	"time"
)

const (
	crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	idLength  = 26
)

// newRequestID returns a ULID: 48 bits of milliseconds and 80 random bits, in 26
// characters that sort by time.
func newRequestID(now time.Time) string {
	var bits [16]byte
	binary.BigEndian.PutUint64(bits[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(bits[6:]) // never fails: it ends the program instead
	high, low := binary.BigEndian.Uint64(bits[:8]), binary.BigEndian.Uint64(bits[8:])
	var id [idLength]byte
	for i := idLength - 1; i >= 0; i-- {
		id[i] = crockford[low&31]
		low = low>>5 | high<<59
		high >>= 5
	}
	return string(id[:])
}
