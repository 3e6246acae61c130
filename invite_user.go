package roundtable

import "time"

// Who may invite whom (sections 1.4 and 3): whoever administers a user and holds all
// that it holds, with a key that may edit users. An invitation changes no field of the
// user, so that its history does not tell of it.

// InvitationInterval is how long after an invitation mail the next one may go out.
const InvitationInterval = 5 * time.Minute

// InviteUser judges whether actor may have an invitation mailed to target, whose last
// one went out at last, the zero time if there was none.
func InviteUser(actor Actor, target *User, last, now time.Time, facts *Facts) error {
	if target == nil || !facts.CanRead(actor.User, target) {
		return &Error{Code: CodeNotFound}
	}
	if !actor.Key.may(PermissionUserEdit) || !facts.mayTakeOver(actor.User, target) {
		return &Error{Code: CodeForbidden}
	}
	if wrong := uninvitable(target); len(wrong) > 0 {
		return Invalid(wrong...)
	}
	if wait := MailedLately(last, now); wait > 0 {
		return &Error{Code: CodeRateLimited, RetryAfter: wait}
	}
	return nil
}

// MailedLately is how long it takes until a user may be sent a further mail of a kind, the
// last of which went out at last, the zero time if there was none.
func MailedLately(last, now time.Time) time.Duration {
	// A longer wait than the interval comes of a clock that was set back.
	if wait := last.Add(InvitationInterval).Sub(now); wait > 0 && wait <= InvitationInterval {
		return wait
	}
	return 0
}

// mayTakeOver reports whether actor may become target: it administers it, of a
// PUBLISHER only as a PROVIDER, and holds all that it holds.
func (f *Facts) mayTakeOver(actor, target *User) bool {
	return f.Administers(actor, target) && (target.Role != Publisher || actor.Role == Provider) && f.holdsAll(actor, target)
}

// uninvitable lists what about a user makes an invitation pointless.
func uninvitable(target *User) []FieldError {
	var wrong []FieldError
	for _, reason := range []struct {
		holds   bool
		field   string
		code    Code
		message string
	}{
		{target.Status == Active, "status", CodeUserActive, "The user is active already."},
		{target.Disabled, "disabled", CodeUserDisabled, "The user is switched off."},
		{target.SSOOnly, "sso_only", CodeUserSSOOnly, "The user signs in through single sign-on only and needs no invitation."},
	} {
		if reason.holds {
			wrong = append(wrong, FieldError{Field: reason.field, Code: reason.code, Message: reason.message})
		}
	}
	return wrong
}
