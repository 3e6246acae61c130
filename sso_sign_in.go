package roundtable

// SSOProof is what an identity provider says of somebody who has signed in there, once
// its word was verified.
type SSOProof struct {
	Issuer  string
	Subject string
	Email   string // empty: it was not told

	// EmailVerified is what the identity provider says about the address. A SAML identity
	// provider is the organisation's own, and has no other word for it than telling it.
	EmailVerified Opt[bool]
}

// SSORefusal is why somebody whom an identity provider knows is not let in. It is for the
// log: what the person is told stands with the pages.
type SSORefusal string

// Why somebody is not let in; the empty one is none.
const (
	SSOAccepted      SSORefusal = ""
	SSOOff           SSORefusal = "configuration switched off"
	SSONoSubject     SSORefusal = "no subject"
	SSONoEmail       SSORefusal = "no e-mail address"
	SSOUnverified    SSORefusal = "e-mail address not verified"
	SSONobody        SSORefusal = "no such user"
	SSOElsewhere     SSORefusal = "not a user of this configuration"
	SSOOtherSubject  SSORefusal = "linked to another subject"
	SSODisabled      SSORefusal = "disabled"
	SSOStillInvited  SSORefusal = "invited, and not sso_only"
	maxSSOSubject               = 1_000
	maxSSOProofEmail            = maxEmail * 4
)

// EmailToMatch is the key of the user whom a proof may be matched with for the first
// time: by an address that the issuer has verified, or is trusted to know.
func (s *SSO) EmailToMatch(proof *SSOProof) (key string, refusal SSORefusal) {
	if proof.Email == "" || len(proof.Email) > maxSSOProofEmail {
		return "", SSONoEmail
	}
	verified := proof.EmailVerified
	if verified.Set && !verified.Value || !verified.Set && !s.Settings.TrustedEmail {
		return "", SSOUnverified
	}
	key, ok := EmailKey(proof.Email)
	if !ok {
		return "", SSONoEmail
	}
	return key, SSOAccepted
}

// Admit judges whether a configuration lets in as user: one of its own organisation or,
// if it is a provider's, a PROVIDER of that; never a PROVIDER by an organisation's.
// otherSubject: the user is linked to somebody else there. user may be nil: nobody.
func (s *SSO) Admit(proof *SSOProof, user *User, otherSubject bool, facts *Facts) SSORefusal {
	switch {
	case proof.Subject == "" || len(proof.Subject) > maxSSOSubject:
		return SSONoSubject
	case user == nil:
		return SSONobody
	case !s.isFor(user, facts):
		return SSOElsewhere
	case otherSubject:
		return SSOOtherSubject
	case user.Disabled:
		return SSODisabled
	case user.Status == Invited && !user.SSOOnly:
		return SSOStillInvited
	}
	return SSOAccepted
}

func (s *SSO) isFor(user *User, facts *Facts) bool {
	if s.OrgID != 0 {
		return user.OrgID == s.OrgID && user.Role != Provider
	}
	return user.Role == Provider && facts.org(user.OrgID).ProviderID == s.ProviderID
}

// SignInBySSO says what the first sign-in of an invited, sso_only user does: it is how
// such a user accepts. nil: nothing changes.
func SignInBySSO(user *User, facts *Facts) *Outcome {
	if user.Status != Invited {
		return nil
	}
	after := *user
	after.Status = Active
	after.Version++
	has := facts.Credentials[user.ID]
	ends := endings(user, &after, false)
	outcome := &Outcome{
		Before: user, After: &after, Org: facts.org(user.OrgID), Changes: diff(user, &after),
		Endings: ends, Effects: ends.effects(has), Credentials: ends.after(has),
	}
	if has.APIKeys > 0 {
		outcome.Effects = append(outcome.Effects, Effect{APIKeysRestored, has.APIKeys})
	}
	return outcome
}
