package roundtable

import "time"

// LinkKind says what a mailed link is for.
type LinkKind string

// The kinds of mailed links.
const (
	InvitationLink LinkKind = "invitation"
	ResetLink      LinkKind = "reset"

	// UnsubscribeLink turns notifications of reviews off. It lets nobody in.
	UnsubscribeLink LinkKind = "unsubscribe"
)

// Lifetime is how long a link of the kind is good for.
func (k LinkKind) Lifetime() time.Duration {
	switch k {
	case ResetLink:
		return time.Hour
	case UnsubscribeLink:
		return 90 * 24 * time.Hour
	}
	return 72 * time.Hour
}

// Link is a link that was mailed, without its token. It is good once.
type Link struct {
	UserID    string     `db:"user_id"`
	Kind      LinkKind   `db:"kind"`
	MailID    *int64     `db:"mail_id"`
	CreatedAt UnixMicros `db:"created_at"`
	ExpiresAt UnixMicros `db:"expires_at"`
	UsedAt    *int64     `db:"used_at"`
	VoidedAt  *int64     `db:"voided_at"`
}

// Refuse judges whether the link still lets its owner in.
func (l *Link) Refuse(owner *User, now time.Time) Refusal {
	switch {
	case l == nil || owner == nil:
		return TokenUnknown
	case l.UsedAt != nil || l.VoidedAt != nil || Micros(now) >= l.ExpiresAt:
		return TokenSpent
	case owner.Disabled:
		return OwnerDisabled
	case owner.SSOOnly:
		return OwnerSSOOnly
	case (l.Kind == InvitationLink) != (owner.Status == Invited):
		return TokenSpent
	}
	return Accepted
}

// MayReset reports whether a user is mailed a link with which to set a new password.
func MayReset(user *User) bool {
	return user != nil && !user.Disabled && user.Status == Active && !user.SSOOnly
}

// UseLink says what using a link comes to, which Refuse has let pass: the user has the
// new password, is active, and what else let it in ends. What is wrong with the password
// is told in full.
func UseLink(owner *User, password string, facts *Facts) (*Outcome, error) {
	if wrong := newPasswordProblem(password); wrong != nil {
		return nil, Invalid(wrong.in("password"))
	}
	update := &Update{Patch: UserPatch{Password: Some(password)}}
	j := newJudgement(Actor{Key: &APIKey{}, User: owner}, owner, update, facts)
	j.after.Status, j.passwordSet = Active, true
	return j.outcome(), nil
}

// ChangePassword judges whether actor, a user who has given its present password, may
// have the new one.
func ChangePassword(actor Actor, update *Update, facts *Facts) (*Outcome, error) {
	if wrong := newPasswordProblem(update.Patch.Password.Value); wrong != nil {
		return nil, Invalid(wrong.in("password"))
	}
	return UpdateUser(actor, actor.User, update, facts)
}

// CheckNewPassword says what is wrong with a password that somebody types on a page; nil:
// nothing. Beyond the rule of section 1 it refuses the commonest ones.
func CheckNewPassword(password string) error {
	if wrong := newPasswordProblem(password); wrong != nil {
		return Invalid(wrong.in("password"))
	}
	return nil
}

func newPasswordProblem(password string) *problem {
	if wrong := passwordProblem(password); wrong != nil {
		return wrong
	}
	if CommonPassword(password) {
		return &problem{CodeCommonPassword, "Many people use this password, or one much like it. Choose another."}
	}
	return nil
}
