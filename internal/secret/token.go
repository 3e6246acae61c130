package secret

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
)

// NewToken returns an opaque token of 256 random bits, safe in a URL, and the
// hash to store: for sessions, connection tokens and mailed links.
func NewToken(random io.Reader) (text string, hash [32]byte, err error) {
	bits := make([]byte, 32)
	if _, err := io.ReadFull(random, bits); err != nil {
		return "", hash, fmt.Errorf("read randomness: %w", err)
	}
	text = base64.RawURLEncoding.EncodeToString(bits)
	return text, HashToken(text), nil
}

// HashToken returns what is stored of a token.
func HashToken(text string) [32]byte { return sha256.Sum256([]byte(text)) }
