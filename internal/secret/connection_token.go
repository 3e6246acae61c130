package secret

import (
	"encoding/hex"
	"fmt"
	"io"
)

// connectionTokenBytes is what the form of connection tokens has room for.
const connectionTokenBytes = 24

// NewConnectionToken returns a token in the form that clients know, \x and 48 hexadecimal
// digits, and the hash to store.
func NewConnectionToken(random io.Reader) (text string, hash [32]byte, err error) {
	bits := make([]byte, connectionTokenBytes)
	if _, err := io.ReadFull(random, bits); err != nil {
		return "", hash, fmt.Errorf("read randomness: %w", err)
	}
	text = `\x` + hex.EncodeToString(bits)
	return text, HashToken(text), nil
}
