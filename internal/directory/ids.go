package directory

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"sync"
	"time"
)

// ids makes the ids of users and businesses: 24 hexadecimal digits, which are the
// second, five random bytes of this process, and a number that goes up. So what is made
// at about the same time is stored side by side, and a batch of new users touches few
// pages.
type ids struct {
	mu      sync.Mutex
	begun   bool
	process [5]byte
	number  uint32 // of 24 bits
}

func (s *ids) next(random io.Reader, now time.Time) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun {
		var start [8]byte
		if _, err := io.ReadFull(random, start[:]); err != nil {
			return "", fmt.Errorf("read randomness: %w", err)
		}
		copy(s.process[:], start[:5])
		s.number = uint32(start[5])<<8 | uint32(start[6]) // far from the highest
		s.begun = true
	}
	s.number++
	var id [12]byte
	binary.BigEndian.PutUint32(id[:], uint32(now.Unix()))
	copy(id[4:], s.process[:])
	id[9], id[10], id[11] = byte(s.number>>16), byte(s.number>>8), byte(s.number)
	return hex.EncodeToString(id[:]), nil
}
