package directory

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/secret"
)

// BenchmarkSignIn is held against BenchmarkVerify, which is what the hash alone allows.
func BenchmarkSignIn(b *testing.B) {
	d := openHashed(b)
	from := 0
	for b.Loop() {
		from++
		if _, err := d.SignIn(context.Background(), emailOf(perceval), excalibur, d.visitor(from)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	hash, hasher := hashed(b), secret.NewHasher(nil)
	for b.Loop() {
		if ok, _, err := hasher.Verify(context.Background(), hash, excalibur); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func hashed(t testing.TB) string {
	t.Helper()
	hash, err := secret.HashPassword(strings.NewReader("sixteen bytes of salt"), excalibur)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// openHashed opens smallCompany, in which everybody has a password, even who may not use it.
func openHashed(t testing.TB) *opened {
	t.Helper()
	hash, seed := hashed(t), smallCompany()
	for i := range seed.Users {
		seed.Users[i].PasswordHash = hash
	}
	return open(t, seed, Options{RefusalTime: time.Nanosecond})
}
