package secret

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

func TestSealer(t *testing.T) {
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))
	sealer, err := NewSealer(key+"\n", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sealer.Seal("the secret", "configuration 1")
	if err != nil || strings.Contains(string(sealed), "secret") {
		t.Fatalf("%q %v", sealed, err)
	}
	if again, _ := sealer.Seal("the secret", "configuration 1"); bytes.Equal(sealed, again) {
		t.Error("the same secret is sealed alike twice")
	}
	if text, err := sealer.Open(sealed, "configuration 1"); text != "the secret" || err != nil {
		t.Errorf("%q %v", text, err)
	}
	other, err := NewSealer(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{8}, 32)), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	bent := bytes.Clone(sealed)
	bent[len(bent)-1] ^= 1
	for what, open := range map[string]func() (string, error){
		"another purpose": func() (string, error) { return sealer.Open(sealed, "configuration 2") },
		"another key":     func() (string, error) { return other.Open(sealed, "configuration 1") },
		"a bent byte":     func() (string, error) { return sealer.Open(bent, "configuration 1") },
		"a piece":         func() (string, error) { return sealer.Open(sealed[:5], "configuration 1") },
	} {
		if text, err := open(); !errors.Is(err, ErrSealed) || text != "" {
			t.Errorf("%s: %q %v", what, text, err)
		}
	}
}

func TestSealerKey(t *testing.T) {
	for _, key := range []string{"", "abc", base64.StdEncoding.EncodeToString(make([]byte, 31)), base64.StdEncoding.EncodeToString(make([]byte, 33))} {
		if _, err := NewSealer(key, rand.Reader); !errors.Is(err, ErrSealKey) {
			t.Errorf("%q: %v", key, err)
		}
	}
}
