// Package secret owns what is hashed and how it is compared: API keys,
// passwords and opaque tokens. It must not know whose they are nor where they
// are stored.
//
// Nothing here is logged. Randomness is handed in, crypto/rand.Reader outside
// tests.
package secret
