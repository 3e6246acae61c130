package roundtable

import "time"

// MailKind says what a mail is about.
type MailKind string

// The kinds of mail.
const (
	MailInvitation MailKind = "invitation"
	MailReset      MailKind = "reset"
	MailReview     MailKind = "review"
	MailSSOExpiry  MailKind = "sso_expiry"
)

// MailKinds are all kinds.
func MailKinds() []MailKind {
	return []MailKind{MailInvitation, MailReset, MailReview, MailSSOExpiry}
}

// Urgent reports whether somebody cannot come in before the mail has arrived. Such mails
// go before others.
func (k MailKind) Urgent() bool { return k == MailInvitation || k == MailReset }

// MailTries is how often a mail is tried before it is given up. With the waits in between
// that is about three days.
const MailTries = 20

// The wait after the first try doubles up to the longest.
const (
	firstMailWait   = time.Minute
	longestMailWait = 6 * time.Hour
)

// MailWait is how long a mail waits that has failed so often, at least once; false: it is
// given up. chance, from 0 to 1, spreads the waits by a quarter either way, so that what
// failed together does not come back together.
func MailWait(failed int, chance float64) (time.Duration, bool) {
	if failed >= MailTries {
		return 0, false
	}
	wait := firstMailWait
	for range failed - 1 {
		wait = min(2*wait, longestMailWait)
	}
	return time.Duration(float64(wait) * (0.75 + chance/2)), true
}

// Fits reports whether a mail that was queued before is still to be sent to a user, nil if
// it is gone. org is the organisation that the mail is about; 0: whichever the user is in.
func (k MailKind) Fits(user *User, org int64) bool {
	if user == nil || user.Disabled || org != 0 && org != user.OrgID {
		return false
	}
	switch k {
	case MailInvitation:
		return user.Status == Invited && !user.SSOOnly
	case MailReset:
		return user.Status == Active && !user.SSOOnly
	case MailReview:
		return user.Status == Active && user.ReceiveReviewsEmailNotifications
	case MailSSOExpiry:
		return user.Status == Active && (user.Role == OrgAdmin || user.Role == Provider)
	}
	return false
}
