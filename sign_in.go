package roundtable

// RefuseSignIn judges whether user, who has proved to be that in the way of kind, may be
// let in. Who is sso_only comes in through single sign-on only; a PROVIDER never by a
// connection token (sections 1 and 1.3).
func RefuseSignIn(user *User, kind SessionKind) Refusal {
	switch {
	case user == nil:
		return UserUnknown
	case user.Disabled:
		return OwnerDisabled
	case user.Status != Active:
		return OwnerInvited
	case user.SSOOnly && kind != SSOSession:
		return OwnerSSOOnly
	case user.Role == Provider && kind == TokenSession:
		return OwnerProvider
	}
	return Accepted
}

// RefusePassword judges a password that proved to be its owner's: one that is published, as
// those of the demo company are, lets in where its keys do, which is on loopback only.
func RefusePassword(published bool, from Origin) Refusal {
	if published && !from.Loopback {
		return PasswordDemo
	}
	return Accepted
}
