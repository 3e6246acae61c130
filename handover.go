package roundtable

import (
	"slices"
	"time"
)

// HandoverLifetime is how long the application behind a page has to check a token.
const HandoverLifetime = time.Minute

// MayOpen reports whether user has a page of its organisation.
func MayOpen(user *User, org *Org, page string) bool {
	return slices.Contains(shownPages(user, org), page)
}

// HandOver judges whether actor may open a page. One that it lacks is not there for it.
func HandOver(actor Actor, org *Org, page string) error {
	if !MayOpen(actor.User, org, page) {
		return &Error{Code: CodeNotFound}
	}
	return nil
}

// Handover is a token with which a page hands its user over, without the secret.
type Handover struct {
	UserID    string     `db:"user_id"`
	Page      string     `db:"page"`
	ExpiresAt UnixMicros `db:"expires_at"`
	UsedAt    *int64     `db:"used_at"`
}

// HandoverCheck asks whom a token hands over.
type HandoverCheck struct {
	Token Opt[string] `json:"token"`
	Form  []FieldError
}

// CheckHandover judges whether actor may learn whom a token, which is nil if there is
// none, hands over. A token that is spent, and one of a user who may not open the page
// any more, is as one that never was.
func CheckHandover(actor Actor, token *Handover, user *User, asked *HandoverCheck, now time.Time, facts *Facts) error {
	wrong := newFaults(asked.Form)
	wrong.require("token", asked.Token)
	switch {
	case !actor.Key.may(PermissionUserRead):
		return formOr(asked.Form, &Error{Code: CodeForbidden})
	case len(wrong.wrong) > 0:
		return Invalid(wrong.wrong...)
	case token == nil || user == nil || !facts.CanRead(actor.User, user):
		return &Error{Code: CodeNotFound}
	case token.UsedAt != nil || Micros(now) >= token.ExpiresAt:
		return &Error{Code: CodeNotFound}
	case user.Disabled || user.Status != Active || !MayOpen(user, facts.org(user.OrgID), token.Page):
		return &Error{Code: CodeNotFound}
	}
	return nil
}
