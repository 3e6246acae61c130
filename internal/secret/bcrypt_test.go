package secret_test

import (
	"crypto/rand"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/roundtable-directory/roundtable/internal/secret"
)

func TestBcrypt(t *testing.T) {
	t.Parallel()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	rest := string(hash[4:])
	for _, variant := range []string{"$2a$", "$2b$", "$2y$"} {
		if ok, again := secret.VerifyPassword(variant+rest, password); !ok || !again || !secret.Known(variant+rest) {
			t.Errorf("%s: ok %v, needs rehash %v", variant, ok, again)
		}
		if ok, again := secret.VerifyPassword(variant+rest, password+"!"); ok || again {
			t.Errorf("%s, a wrong password: ok %v, needs rehash %v", variant, ok, again)
		}
	}
	for _, bad := range []string{
		"$2x$" + rest, "$2$" + rest, "$3a$" + rest, "$2a$" + rest[:len(rest)-1], "$2a$" + rest + "x", "$2a$31" + rest[2:], "$2a$15" + rest[2:],
		"$2a$" + strings.Repeat("!", 56), "", "plain", password,
	} {
		if ok, again := secret.VerifyPassword(bad, password); ok || again || secret.Known(bad) {
			t.Errorf("%q: ok %v, needs rehash %v, known %v", bad, ok, again, secret.Known(bad))
		}
	}
	if !secret.Known(small) {
		t.Error("argon2id is not known")
	}
}

func TestNewConnectionToken(t *testing.T) {
	t.Parallel()
	text, hash, err := secret.NewConnectionToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, _, _ := secret.NewConnectionToken(rand.Reader)
	if !regexp.MustCompile(`^\\x[0-9a-f]{48}$`).MatchString(text) || text == other || hash != secret.HashToken(text) {
		t.Errorf("tokens %q and %q", text, other)
	}
	if _, _, err := secret.NewConnectionToken(strings.NewReader("short")); err == nil {
		t.Error("without randomness")
	}
}
