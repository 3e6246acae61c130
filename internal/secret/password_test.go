package secret_test

import (
	"crypto/rand"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/secret"
)

const password = "Correct horse, battery staple"

// small are hashes of the password with parameters that this package no longer writes.
const small = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$DUCFapZsQ0R7YF0B+Sg9KKjq+1RLmQSaOGeZWmBMlWo"

func TestHashPassword(t *testing.T) {
	t.Parallel()
	hash, err := secret.HashPassword(rand.Reader, password)
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^\$argon2id\$v=19\$m=7168,t=5,p=1\$[+/0-9A-Za-z]{22}\$[+/0-9A-Za-z]{43}$`).MatchString(hash) {
		t.Errorf("hash %q", hash)
	}
	if ok, again := secret.VerifyPassword(hash, password); !ok || again {
		t.Errorf("the right password: ok %v, needs rehash %v", ok, again)
	}
	if ok, again := secret.VerifyPassword(hash, password+" "); ok || again {
		t.Errorf("a wrong password: ok %v, needs rehash %v", ok, again)
	}
}

func TestHashPasswordNeedsRandomness(t *testing.T) {
	t.Parallel()
	if hash, err := secret.HashPassword(strings.NewReader("short"), password); !errors.Is(err, io.ErrUnexpectedEOF) || hash != "" {
		t.Errorf("hash %q, error %v", hash, err)
	}
}

func TestVerifyPasswordAsksForRehash(t *testing.T) {
	t.Parallel()
	if ok, again := secret.VerifyPassword(small, password); !ok || !again {
		t.Errorf("the right password: ok %v, needs rehash %v", ok, again)
	}
	if ok, again := secret.VerifyPassword(small, "wrong"); ok || again {
		t.Errorf("a wrong password: ok %v, needs rehash %v", ok, again)
	}
}

func TestVerifyPasswordRefusesUnknownHashes(t *testing.T) {
	t.Parallel()
	replace := func(old, with string) string {
		if !strings.Contains(small, old) {
			t.Fatalf("%q is not in the hash", old)
		}
		return strings.Replace(small, old, with, 1)
	}
	for _, hash := range []string{
		"", "$", password, "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		replace("argon2id", "argon2i"), replace("v=19", "v=16"), replace("$m", "$x$m"), replace("m=64", "m=064"),
		replace("m=64", "m=4"), replace("m=64", "m=4294967295"), replace("m=64", "m=-1"), replace("t=1", "t=0"),
		replace("t=1", "t=99"), replace("p=1", "p=0"), replace("p=1", "p=300"), replace("p=1", "p=17"),
		replace("c29tZXNhbHRzb21lc2FsdA", ""), replace("c29tZXNhbHRzb21lc2FsdA", "!"), replace("$DUCFapZsQ0R7YF0B+Sg9KKjq+1RLmQSaOGeZWmBMlWo", "$"),
		replace("$DUC", "$%"), small + "=", small + " ",
	} {
		if ok, again := secret.VerifyPassword(hash, password); ok || again {
			t.Errorf("%q: ok %v, needs rehash %v", hash, ok, again)
		}
	}
}

func BenchmarkHashPassword(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := secret.HashPassword(rand.Reader, password); err != nil {
			b.Fatal(err)
		}
	}
}
