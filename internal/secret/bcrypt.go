package secret

import (
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// maxBcryptCost bounds what a stored hash may ask for: about a second.
const maxBcryptCost = 14

// Known reports whether a hash from elsewhere is one that VerifyPassword can read.
func Known(hash string) bool {
	if isBcrypt(hash) {
		return true
	}
	_, _, _, err := parse(hash)
	return err == nil
}

// isBcrypt reports whether a hash is one of bcrypt that can be read: of the variants that
// count every bit, at a bearable cost.
func isBcrypt(hash string) bool {
	if len(hash) != 60 || !strings.HasPrefix(hash, "$2a$") && !strings.HasPrefix(hash, "$2b$") && !strings.HasPrefix(hash, "$2y$") {
		return false
	}
	cost, err := bcrypt.Cost([]byte(hash))
	return err == nil && cost <= maxBcryptCost
}

// verifyBcrypt compares in constant time.
func verifyBcrypt(hash, password string) bool {
	return bcrypt.CompareHashAndPassword([]byte(hash), []byte(password)) == nil
}
