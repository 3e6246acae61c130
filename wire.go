package roundtable

import (
	"encoding/json"
	"strconv"
	"time"
)

// NullText is text whose emptiness is null on the wire.
type NullText string

// MarshalJSON writes null for the empty text.
func (t NullText) MarshalJSON() ([]byte, error) {
	if t == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(t))
}

// UnixMicros is an instant in microseconds since 1970, written on the wire in
// whole seconds.
type UnixMicros int64

// Micros is the instant t.
func Micros(t time.Time) UnixMicros { return UnixMicros(t.UnixMicro()) }

// MarshalJSON writes whole Unix seconds.
func (m UnixMicros) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, time.UnixMicro(int64(m)).Unix(), 10), nil
}
