package roundtable

import "time"

// How long what is over is kept, for whoever asks what became of it. Afterwards nothing that
// the API tells is another: of a user's last invitation, and of who was told of a review, is
// kept what that takes.
const (
	KeptMails            = 30 * 24 * time.Hour // sent, or cancelled
	KeptDeadLetters      = 90 * 24 * time.Hour // given up
	KeptLinks            = 30 * 24 * time.Hour // from here on: beyond the own end
	KeptSessions         = 30 * 24 * time.Hour // an address that somebody came from is known for so long
	KeptConnectionTokens = 30 * 24 * time.Hour
	KeptHandovers        = time.Hour
	KeptSSORequests      = time.Hour // clocks of nodes differ
)
