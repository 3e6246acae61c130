// Package signin owns single sign-on over the wire: OpenID Connect and SAML with the
// identity providers that organisations name, and the addresses of both. Whom a proof lets
// in is the directory's to judge. It must not know pages.
package signin
