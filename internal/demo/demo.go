// Package demo owns the demo company: the same data always, so that documents,
// examples and tests can be pasted (section 6 of the contract). It must not know
// HTTP, nor how rows are stored.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// Password is what everybody of the demo company who can sign in does so with.
const Password = "Roundtable!1"

// ErrForeign says that a database holds something else than the demo company.
var ErrForeign = errors.New("the database holds other data than the demo company; name another file with --db, or none")

const (
	userPrefix     = "5309c3a237bbc544d8e26"
	businessPrefix = "5409c35a97bbc544d8e26"
)

// User returns the id of the demo user with the last three digits.
func User(digits string) string { return userPrefix + digits }

// Business returns the id of the demo business with the last three digits.
func Business(digits string) string { return businessPrefix + digits }

// Key is a fixed API key of the demo company.
type Key struct {
	Secret string
	UserID string
	Role   string // for people
}

// Keys lists the fixed keys, widest rights first.
func Keys() []Key {
	return []Key{
		{"demo-provider", User("701"), "PROVIDER of kaamelott"},
		{"demo-org-admin", User("702"), "ORG_ADMIN of organisation 123"},
		{"demo-org-manager", User("704"), "ORG_MANAGER of 123"},
		{"demo-group-manager", User("705"), "GROUP_MANAGER of 123, French bakeries and florists"},
		{"demo-business-manager", User("737"), "BUSINESS_MANAGER of 123, businesses 01 and 04"},
		{"demo-publisher", User("706"), "PUBLISHER of 123"},
		{"demo-disabled", User("710"), "disabled user of 123: answers 401"},
		{"demo-other-org-admin", User("721"), "ORG_ADMIN of organisation 124, same provider"},
		{"demo-rome-admin", User("731"), "ORG_ADMIN of organisation 200, another provider"},
	}
}

// Published reports whether a password is the printed one of somebody of the demo company,
// whichever database it is in.
func Published(userID, password string) bool {
	return password == Password && len(userID) == len(userPrefix)+3 && strings.HasPrefix(userID, userPrefix)
}

// Plant puts the demo company into an empty database, and leaves one that holds
// it already. ErrForeign: the database holds something else.
func Plant(ctx context.Context, database *db.DB, random io.Reader, now time.Time) error {
	var users, ours int
	err := database.Get(ctx, func(tx *db.Tx) error {
		_, err := tx.One("SELECT (SELECT count(*) FROM (SELECT id FROM providers LIMIT 10) AS few),"+
			" (SELECT count(*) FROM api_keys WHERE demo)", nil, &users, &ours)
		return err
	})
	switch {
	case err != nil:
		return err
	case ours == len(Keys()):
		return nil
	case users > 0:
		return ErrForeign
	}
	hash, err := secret.HashPassword(random, Password)
	if err != nil {
		return fmt.Errorf("demo company: %w", err)
	}
	return directory.Plant(ctx, database, company(hash, now), roundtable.Micros(now))
}
