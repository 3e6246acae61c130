package secret

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// parameters of argon2id, in the order of the stored text.
type parameters struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// A derivation is the costly part of a hash and of a comparison.
type derivation struct {
	parameters
	password string
	salt     []byte
	size     uint32 // bytes of the key
}

// derive carries a derivation out, here or in a Helper.
type derive func(derivation) []byte

func deriveHere(d derivation) []byte {
	return argon2.IDKey([]byte(d.password), d.salt, d.passes, d.memory, d.threads, d.size)
}

// present are the parameters of new hashes, which OWASP recommends: 7 MiB and
// five passes (docs/decisions/0004).
func present() parameters { return parameters{memory: 7168, passes: 5, threads: 1} }

const (
	saltBytes = 16
	hashBytes = 32
	// Bounds of what a stored hash may ask for, so that a bad row costs little.
	maxMemory  = 1 << 20
	maxPasses  = 16
	maxThreads = 16
)

// MaxPassword is the longest text, in bytes, that it makes sense to compare with a hash.
const MaxPassword = 1024

// HashPassword returns the argon2id hash of a password as a PHC string. It takes
// about 16 ms and 7 MiB: requests go through a Hasher.
func HashPassword(random io.Reader, password string) (string, error) {
	return hashPassword(deriveHere, random, password)
}

func hashPassword(key derive, random io.Reader, password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	p := present()
	return p.format(salt, key(derivation{p, password, salt, hashBytes})), nil
}

// VerifyPassword compares in constant time. needsRehash asks a caller that has
// just seen the right password to store a new hash: the parameters have changed.
// A hash that cannot be read is never ok, and takes as long as one that can. bcrypt, which
// is what others bring along, is read too.
func VerifyPassword(hash, password string) (ok, needsRehash bool) {
	return verifyPassword(deriveHere, hash, password)
}

func verifyPassword(key derive, hash, password string) (ok, needsRehash bool) {
	if isBcrypt(hash) {
		ok := verifyBcrypt(hash, password)
		return ok, ok
	}
	p, salt, want, err := parse(hash)
	if err != nil {
		key(derivation{present(), password, make([]byte, saltBytes), hashBytes})
		return false, false
	}
	if subtle.ConstantTimeCompare(key(derivation{p, password, salt, uint32(len(want))}), want) != 1 {
		return false, false
	}
	return true, p != present() || len(salt) != saltBytes || len(want) != hashBytes
}

func (p parameters) format(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.threads,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// parse reads a PHC string in exactly the form that format writes.
func parse(hash string) (p parameters, salt, key []byte, err error) {
	fields := strings.Split(hash, "$")
	if len(fields) != 6 {
		return p, nil, nil, errUnknownHash
	}
	if _, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads); err != nil {
		return p, nil, nil, errUnknownHash
	}
	if salt, err = base64.RawStdEncoding.DecodeString(fields[4]); err != nil {
		return p, nil, nil, errUnknownHash
	}
	if key, err = base64.RawStdEncoding.DecodeString(fields[5]); err != nil {
		return p, nil, nil, errUnknownHash
	}
	if p.format(salt, key) != hash || !p.bearable() || len(salt) < 8 || len(key) < 16 {
		return p, nil, nil, errUnknownHash
	}
	return p, salt, key, nil
}

// bearable keeps out what argon2 would panic on or spend minutes on.
func (p parameters) bearable() bool {
	return p.memory >= 8*uint32(p.threads) && p.memory <= maxMemory &&
		p.passes >= 1 && p.passes <= maxPasses && p.threads >= 1 && p.threads <= maxThreads
}
