package main

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"time"

	"github.com/roundtable-directory/roundtable/internal/secret"
)

// ssoWatch is how often is looked for ends of single sign-on configurations.
const ssoWatch = time.Hour

// pruneEvery is how often something of what is over is removed.
const pruneEvery = time.Minute

// sealer keeps secrets under the key that the settings name; nil: there is none. The demo
// makes one up, as its database is gone with it.
func (s *serveSettings) sealer() (*secret.Sealer, error) {
	if s.secretKeyFile == "" && s.demo {
		var key [32]byte
		_, _ = rand.Read(key[:]) // never fails: it ends the program instead
		return secret.NewSealer(base64.StdEncoding.EncodeToString(key[:]), rand.Reader)
	}
	return readSealer("--secret-key-file", s.secretKeyFile)
}

// readSealer reads a key file; nil: none is named.
func readSealer(flag, name string) (*secret.Sealer, error) {
	if name == "" {
		return nil, nil
	}
	key, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	sealer, err := secret.NewSealer(string(key), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", flag, err)
	}
	return sealer, nil
}
