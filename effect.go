package roundtable

// Effect is what follows from a change beside the fields that the request named.
type Effect struct {
	Effect EffectName `json:"effect"`
	Count  int        `json:"count"` // at least 1
}

// EffectName is one of a closed list (section 1.8).
type EffectName string

// The effects of an update.
const (
	AccessesDropped        EffectName = "accesses_dropped"
	BusinessIDsDropped     EffectName = "business_ids_dropped"
	SidebarPagesCut        EffectName = "sidebar_pages_cut"
	PasswordCleared        EffectName = "password_cleared"
	SessionsEnded          EffectName = "sessions_ended"
	APIKeysSuspended       EffectName = "api_keys_suspended"
	APIKeysRestored        EffectName = "api_keys_restored"
	APIKeysRevoked         EffectName = "api_keys_revoked"
	ConnectionTokensVoided EffectName = "connection_tokens_voided"
	InvitationsVoided      EffectName = "invitations_voided"
	ResetLinksVoided       EffectName = "reset_links_voided"
	SSOLinkRemoved         EffectName = "sso_link_removed"
	MailsCancelled         EffectName = "mails_cancelled"
	OrgWithoutAdmin        EffectName = "org_without_admin"
)

// Endings are the credentials that an update takes away.
type Endings struct {
	Password         bool
	Sessions         bool
	PasswordSessions bool
	APIKeys          bool
	ConnectionTokens bool
	Invitations      bool
	ResetLinks       bool
	SSOLink          bool
	Mails            bool

	Kept *Session // of Sessions the one that stays: it set the password; nil: none
}

// endings says which credentials a change from before to after ends (sections 1
// and 1.5 to 1.6).
func endings(before, after *User, passwordSet bool) Endings {
	var (
		moved       = before.OrgID != after.OrgID
		disabled    = after.Disabled && !before.Disabled
		invited     = after.Status == Invited && before.Status != Invited
		activated   = after.Status == Active && before.Status != Active
		readdressed = before.Email != after.Email
		ssoOnly     = after.SSOOnly && !before.SSOOnly
	)
	return Endings{
		Password:         invited || ssoOnly,
		Sessions:         moved || disabled || invited || passwordSet,
		PasswordSessions: ssoOnly,
		APIKeys:          moved,
		ConnectionTokens: moved || disabled || invited || readdressed || ssoOnly,
		Invitations:      moved || disabled || activated || readdressed,
		ResetLinks:       moved || disabled || invited || readdressed || ssoOnly || passwordSet,
		SSOLink:          moved || readdressed,
		Mails:            moved || disabled,
	}
}

// effects lists what e ends of what the user has.
func (e Endings) effects(has Credentials) []Effect {
	var effects []Effect
	add := func(ends bool, name EffectName, count int) {
		if ends && count > 0 {
			effects = append(effects, Effect{name, count})
		}
	}
	add(e.Password, PasswordCleared, has.Passwords)
	add(e.Sessions, SessionsEnded, has.Sessions-e.after(has).Sessions)
	add(e.PasswordSessions && !e.Sessions, SessionsEnded, has.PasswordSessions)
	add(e.APIKeys, APIKeysRevoked, has.APIKeys)
	add(e.ConnectionTokens, ConnectionTokensVoided, has.ConnectionTokens)
	add(e.Invitations, InvitationsVoided, has.Invitations)
	add(e.ResetLinks, ResetLinksVoided, has.ResetLinks)
	add(e.SSOLink, SSOLinkRemoved, has.SSOLinks)
	add(e.Mails, MailsCancelled, has.Mails)
	return effects
}

// after returns what is left of the credentials once e is done.
func (e Endings) after(has Credentials) Credentials {
	reset := func(ends bool, count *int) {
		if ends {
			*count = 0
		}
	}
	if e.PasswordSessions {
		has.Sessions -= has.PasswordSessions
	}
	reset(e.Password, &has.Passwords)
	reset(e.Sessions, &has.Sessions)
	reset(e.Sessions || e.PasswordSessions, &has.PasswordSessions)
	reset(e.APIKeys, &has.APIKeys)
	reset(e.ConnectionTokens, &has.ConnectionTokens)
	reset(e.Invitations, &has.Invitations)
	reset(e.ResetLinks, &has.ResetLinks)
	reset(e.SSOLink, &has.SSOLinks)
	reset(e.Mails, &has.Mails)
	if e.Sessions && e.Kept != nil {
		has.Sessions = 1
		if e.Kept.Kind == PasswordSession {
			has.PasswordSessions = 1
		}
	}
	return has
}
