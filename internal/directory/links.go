package directory

import (
	"time"

	"github.com/roundtable-directory/roundtable/internal/secret"
)

// mintLink makes the link that a mail to a user carries, and returns its token, which is
// stored nowhere.
func (o *operation) mintLink(user, kind string, mailID int64) (token string, err error) {
	token, hash, err := secret.NewToken(o.d.random)
	if err != nil {
		return "", err
	}
	return token, o.tx.Later("INSERT INTO links (token_hash, user_id, kind, mail_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
		hash[:], user, kind, mailID, o.now.UnixMicro(), o.now.Add(linkLifetime(kind)).UnixMicro())
}

// linkLifetime is how long a link is good for.
func linkLifetime(kind string) time.Duration {
	switch kind {
	case linkReset:
		return time.Hour
	case linkUnsubscribe:
		return 90 * 24 * time.Hour
	}
	return 72 * time.Hour
}
