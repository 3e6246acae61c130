// Package signintest owns the identity providers of tests: one of OpenID Connect and one of
// SAML, on loopback, which sign in whoever the test names, or ask who it is, and answer wrongly
// as they are told. Who asks them it must not know.
package signintest
