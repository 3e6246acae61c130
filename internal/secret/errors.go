package secret

import "errors"

// ErrBusy says that too many passwords wait to be hashed; the caller should
// come back in a second.
var ErrBusy = errors.New("too many passwords are being hashed")

var errUnknownHash = errors.New("not an argon2id hash of a known form")
