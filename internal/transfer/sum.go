package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math"
)

// sum is the checksum of a table: of its rows, in the order of the key, in a form that
// every engine's rows have alike. Each value is a letter for its kind, its length where
// that varies, and its bytes; so no two different tables have the same form.
type sum struct {
	hash hash.Hash
	form []byte
}

func newSum() *sum { return &sum{hash: sha256.New()} }

func (s *sum) add(row []any) {
	s.form = binary.BigEndian.AppendUint32(append(s.form[:0], 'R'), uint32(len(row)))
	for _, value := range row {
		switch v := value.(type) {
		case nil:
			s.form = append(s.form, 'N')
		case int64:
			s.form = binary.BigEndian.AppendUint64(append(s.form, 'I'), uint64(v))
		case float64:
			s.form = binary.BigEndian.AppendUint64(append(s.form, 'F'), math.Float64bits(v))
		case string:
			s.form = append(binary.BigEndian.AppendUint64(append(s.form, 'T'), uint64(len(v))), v...)
		case []byte:
			s.form = append(binary.BigEndian.AppendUint64(append(s.form, 'B'), uint64(len(v))), v...)
		}
	}
	s.hash.Write(s.form) // never fails
}

func (s *sum) end() (total [32]byte) {
	copy(total[:], s.hash.Sum(nil))
	return total
}
