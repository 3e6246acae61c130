package secret_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/secret"
)

func TestNewAPIKey(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^rt_[0-9A-Za-z]{49}$`)
	for _, random := range []io.Reader{
		rand.Reader,
		bytes.NewReader(make([]byte, 32)),
		bytes.NewReader(bytes.Repeat([]byte{0xff}, 32)),
	} {
		key, hash, err := secret.NewAPIKey(random)
		if err != nil {
			t.Fatal(err)
		}
		if !form.MatchString(key) || !secret.PlausibleAPIKey(key) {
			t.Errorf("%q has not the form of a key", key)
		}
		if hash != secret.HashAPIKey(key) {
			t.Errorf("the hash of %q is not that of its text", key)
		}
	}
}

// Keys that customers hold must stay plausible in every later release.
func TestAPIKeyForm(t *testing.T) {
	t.Parallel()
	key, _, err := secret.NewAPIKey(strings.NewReader("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "rt_BQWeEnktNXfuByH0yGsvGXEHVkgTX4eKqG7j1s9llu23x0Kf6"; key != want {
		t.Errorf("key %q, want %q", key, want)
	}
}

func TestNewAPIKeyNeedsRandomness(t *testing.T) {
	t.Parallel()
	if key, _, err := secret.NewAPIKey(strings.NewReader("too short")); !errors.Is(err, io.ErrUnexpectedEOF) || key != "" {
		t.Errorf("key %q, error %v", key, err)
	}
}

func TestHashAPIKeyTakesAnyText(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"demo-provider", "", "é"} {
		if secret.HashAPIKey(key) != sha256.Sum256([]byte(key)) {
			t.Errorf("%q is not hashed as it is", key)
		}
	}
}

func TestPlausibleAPIKeyRefuses(t *testing.T) {
	t.Parallel()
	key, _, err := secret.NewAPIKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := byte('a')
	if key[10] == other {
		other = 'b'
	}
	for _, s := range []string{
		"", "rt_", "demo-provider", key[1:], key[:len(key)-1], key + "0", "xx_" + key[3:], strings.ToUpper(key),
		key[:10] + string(other) + key[11:], key[:10] + "-" + key[11:], strings.Repeat("0", len(key)),
	} {
		if secret.PlausibleAPIKey(s) {
			t.Errorf("%q passes for a key", s)
		}
	}
}

func TestNewToken(t *testing.T) {
	t.Parallel()
	text, hash, err := secret.NewToken(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, _, _ := secret.NewToken(rand.Reader)
	if !regexp.MustCompile(`^[0-9A-Za-z_-]{43}$`).MatchString(text) || text == other {
		t.Errorf("tokens %q and %q", text, other)
	}
	if hash != secret.HashToken(text) || hash != sha256.Sum256([]byte(text)) {
		t.Error("the hash is not that of the text")
	}
	if _, _, err := secret.NewToken(strings.NewReader("")); !errors.Is(err, io.EOF) {
		t.Errorf("without randomness: %v", err)
	}
}
