package roundtable

// Who may do what with single sign-on (section 1.3): a PROVIDER and the ORG_ADMINs of the
// organisation, with a key that is not narrower than they are, as a configuration lets
// somebody in as anybody of the organisation.

// ReadSSO judges whether actor may read the configuration of an organisation.
func ReadSSO(actor Actor, org *Org, facts *Facts) error {
	if err := ReadOrg(actor, org, facts); err != nil {
		return err
	}
	if actor.User.Role != Provider && actor.User.Role != OrgAdmin {
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// EditSSO judges whether actor may set, test or delete the configuration of an
// organisation.
func EditSSO(actor Actor, org *Org, facts *Facts) error {
	if refusal := mayEditSSO(actor, org, facts); refusal != nil {
		return refusal
	}
	return nil
}

func mayEditSSO(actor Actor, org *Org, facts *Facts) *Error {
	if refusal := org.editableBy(actor, facts, Provider, OrgAdmin); refusal != nil {
		return refusal
	}
	if actor.Key.limited() {
		return &Error{Code: CodeForbidden, Message: refusalText(CodeKeyCeiling)}
	}
	return nil
}

// SetSSO judges a change of the configuration of org, which is before; nil: it has none.
// Only a PROVIDER says of an issuer that its addresses are to be trusted unseen.
func SetSSO(actor Actor, org *Org, before *SSO, change *SSOChange, facts *Facts) (*SSOOutcome, error) {
	if refusal := mayEditSSO(actor, org, facts); refusal != nil {
		return nil, formOr(change.Form, refusal)
	}
	trusted := before != nil && before.Settings.TrustedEmail
	if change.Patch.TrustedEmail.Value && !trusted && actor.User.Role != Provider {
		refused := FieldError{Field: "trusted_email", Code: CodeEditNotAllowed, Message: refusalText(CodeEditNotAllowed)}
		return nil, formOr(change.Form, &Error{Code: CodeForbidden, Fields: []FieldError{refused}})
	}
	outcome, err := change.judge(before)
	if err != nil {
		return nil, err
	}
	outcome.After.OrgID = org.ID
	return outcome, nil
}

// SetProviderSSO judges a change of the configuration of a provider, which its server's
// own side asks for.
func SetProviderSSO(provider int64, before *SSO, change *SSOChange) (*SSOOutcome, error) {
	outcome, err := change.judge(before)
	if err != nil {
		return nil, err
	}
	outcome.After.ProviderID = provider
	return outcome, nil
}

// SSODeletion is a request to delete a configuration.
type SSODeletion struct {
	Form    []FieldError
	Force   bool
	SSOOnly int // users who could not sign in without it
}

// DeleteSSO judges the deletion of a configuration of org; nil: it has none.
func DeleteSSO(actor Actor, org *Org, before *SSO, deletion *SSODeletion, facts *Facts) error {
	if refusal := mayEditSSO(actor, org, facts); refusal != nil {
		return formOr(deletion.Form, refusal)
	}
	if before == nil {
		return formOr(deletion.Form, &Error{Code: CodeNotFound})
	}
	faults := newFaults(deletion.Form)
	if deletion.SSOOnly > 0 && !deletion.Force {
		faults.note("force", ssoInUse())
	}
	if len(faults.wrong) > 0 {
		return Invalid(faults.wrong...)
	}
	return nil
}
