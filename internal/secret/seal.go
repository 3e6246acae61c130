package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Errors of sealing.
var (
	ErrSealKey = errors.New("a secret key is 32 bytes in base64, as `head -c 32 /dev/urandom | base64` makes them")
	ErrSealed  = errors.New("the secret cannot be opened: it was sealed with another secret key, or for something else")
)

// Sealer keeps secrets that are needed again in clear, encrypted by AES-256-GCM. What is
// sealed can be opened for the same purpose only.
type Sealer struct {
	aead   cipher.AEAD
	random io.Reader
}

// NewSealer makes a sealer of a key: 32 bytes, in base64 as a key file holds them.
func NewSealer(key string, random io.Reader) (*Sealer, error) {
	bytes, err := base64.StdEncoding.DecodeString(strings.TrimSpace(key))
	if err != nil || len(bytes) != 32 {
		return nil, ErrSealKey
	}
	block, err := aes.NewCipher(bytes)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &Sealer{aead: aead, random: random}, err
}

// Seal encrypts a secret. purpose is what it is for; it has to be told again.
func (s *Sealer) Seal(text, purpose string) ([]byte, error) {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(text)+s.aead.Overhead())
	if _, err := io.ReadFull(s.random, nonce); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	return s.aead.Seal(nonce, nonce, []byte(text), []byte(purpose)), nil
}

// Open decrypts what Seal made for the same purpose; else it is ErrSealed.
func (s *Sealer) Open(sealed []byte, purpose string) (string, error) {
	size := s.aead.NonceSize()
	if len(sealed) < size {
		return "", ErrSealed
	}
	text, err := s.aead.Open(nil, sealed[:size], sealed[size:], []byte(purpose))
	if err != nil {
		return "", ErrSealed
	}
	return string(text), nil
}
