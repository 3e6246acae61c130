package roundtable

import "time"

// InvitationStatus is how far an invitation has come.
type InvitationStatus string

// The statuses of an invitation.
const (
	InvitationNone     InvitationStatus = "none"
	InvitationQueued   InvitationStatus = "queued"
	InvitationSent     InvitationStatus = "sent"
	InvitationBounced  InvitationStatus = "bounced"
	InvitationVoided   InvitationStatus = "voided"
	InvitationExpired  InvitationStatus = "expired"
	InvitationAccepted InvitationStatus = "accepted"
)

// Invitation is the last invitation of a user and what has become of it.
type Invitation struct {
	Status     InvitationStatus `json:"status"`
	QueuedAt   *UnixMicros      `json:"queued_at"`
	SentAt     *UnixMicros      `json:"sent_at"`
	ExpiresAt  *UnixMicros      `json:"expires_at"`
	AcceptedAt *UnixMicros      `json:"accepted_at"`
}

// InvitationMail is the last mail that invited a user.
type InvitationMail struct {
	CreatedAt                     UnixMicros
	SentAt, CancelledAt, FailedAt *UnixMicros
}

// NewInvitation tells what has become of the last invitation of a user, whose mail is nil
// if there was none. links are those of this mail, and accepted is when the user last used
// any, nil if it did not.
func NewInvitation(mail *InvitationMail, links []Link, accepted *UnixMicros, now time.Time) Invitation {
	if mail == nil {
		if accepted != nil {
			return Invitation{Status: InvitationAccepted, AcceptedAt: accepted}
		}
		return Invitation{Status: InvitationNone}
	}
	i := Invitation{QueuedAt: &mail.CreatedAt, SentAt: mail.SentAt}
	voided := mail.CancelledAt != nil
	for _, link := range links {
		i.ExpiresAt = &link.ExpiresAt
		voided = link.VoidedAt != nil
	}
	if i.ExpiresAt == nil && mail.SentAt != nil {
		expires := *mail.SentAt + UnixMicros(InvitationLink.Lifetime().Microseconds())
		i.ExpiresAt = &expires
	}
	switch {
	case accepted != nil && *accepted >= mail.CreatedAt:
		i.Status, i.AcceptedAt = InvitationAccepted, accepted
	case voided:
		i.Status = InvitationVoided
	case mail.FailedAt != nil:
		i.Status = InvitationBounced
	case mail.SentAt == nil:
		i.Status, i.ExpiresAt = InvitationQueued, nil
	case Micros(now) >= *i.ExpiresAt:
		i.Status = InvitationExpired
	default:
		i.Status = InvitationSent
	}
	return i
}

// ReadInvitation judges whether actor may know of the invitation of target: the user
// itself and its administrators may.
func ReadInvitation(actor Actor, target *User, facts *Facts) error {
	return ReadHistory(actor, target, facts)
}
