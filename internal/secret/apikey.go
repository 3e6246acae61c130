package secret

import (
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"math/big"
	"strings"
)

const (
	keyPrefix = "rt_"
	keyBytes  = 32 // of randomness
	keyDigits = 43 // base62 digits that hold them
	sumDigits = 6  // base62 digits that hold a CRC-32
)

// NewAPIKey returns a key of 256 random bits and the hash to store. It reads
// rt_, 43 base62 digits and 6 of a checksum, which lets a scanner of source code
// recognise a key without asking anybody.
func NewAPIKey(random io.Reader) (key string, hash [32]byte, err error) {
	bits := make([]byte, keyBytes)
	if _, err := io.ReadFull(random, bits); err != nil {
		return "", hash, fmt.Errorf("read randomness: %w", err)
	}
	body := keyPrefix + base62(new(big.Int).SetBytes(bits), keyDigits)
	key = body + checksum(body)
	return key, HashAPIKey(key), nil
}

// HashAPIKey returns what is stored of a key and looked up for a request. The
// text is hashed as it is, so keys of another form (demo-provider) work too; a
// plain SHA-256 is enough for 256 random bits.
func HashAPIKey(key string) [32]byte { return sha256.Sum256([]byte(key)) }

// PlausibleAPIKey reports whether s has the form of a key of NewAPIKey and its
// checksum is right. It says nothing of whether the key exists.
func PlausibleAPIKey(s string) bool {
	body, sum := s, ""
	if cut := len(s) - sumDigits; cut > 0 {
		body, sum = s[:cut], s[cut:]
	}
	digits, ok := strings.CutPrefix(body, keyPrefix)
	return ok && len(digits) == keyDigits && strings.Trim(digits, digits62) == "" && sum == checksum(body)
}

const digits62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

func checksum(body string) string {
	return base62(new(big.Int).SetUint64(uint64(crc32.ChecksumIEEE([]byte(body)))), sumDigits)
}

// base62 writes n, which it uses up, with exactly width digits.
func base62(n *big.Int, width int) string {
	text := make([]byte, width)
	base, digit := big.NewInt(int64(len(digits62))), new(big.Int)
	for i := width - 1; i >= 0; i-- {
		n.DivMod(n, base, digit)
		text[i] = digits62[digit.Int64()]
	}
	return string(text)
}
