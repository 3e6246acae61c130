package roundtable

// Who may do what with API keys (sections 1.3, 1.4 and 4):
//
//	                own personal key   own bot key            personal key of another       bot key of another
//	read            everyone           ORG_ADMIN, PROVIDER    nobody                        ORG_ADMIN, PROVIDER who administer the owner (1)
//	make            everyone           ORG_ADMIN, PROVIDER    nobody                        nobody
//	change, rotate  everyone           ORG_ADMIN, PROVIDER    nobody                        the same, if they may take the owner over (2)
//	revoke          everyone           everyone               ORG_ADMIN, PROVIDER who administer the owner
//
// (1) While the owner is in the organisation that it made the key in; a move revokes it.
// (2) Who is shown the new secret can act as the owner, as after setting its password.
// A restricted key needs api_key_read to read and api_key_edit for the rest. Nobody is
// kept from revoking a key that acts as itself.

// minds reports whether role sees to the integrations of an organisation.
func (r Role) minds() bool { return r == OrgAdmin || r == Provider }

// canReadAPIKey reports whether actor may READ a key of owner.
func (f *Facts) canReadAPIKey(actor *User, key *APIKeyRecord, owner *User) bool {
	if key.Kind == BotKey {
		here := key.BotOrgID != nil && *key.BotOrgID == owner.OrgID
		return actor.Role.minds() && (owner.ID == actor.ID || here && f.Administers(actor, owner))
	}
	return owner.ID == actor.ID
}

// canRevokeAPIKeys reports whether actor may revoke the keys of owner.
func (f *Facts) canRevokeAPIKeys(actor, owner *User) bool {
	return owner.ID == actor.ID || actor.Role.minds() && f.Administers(actor, owner)
}

// ListAPIKeys judges whether actor may list keys at all; which, BotKeysRead says.
func ListAPIKeys(actor Actor) error {
	if !actor.Key.may(PermissionAPIKeyRead) {
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// ReadsBotKeys reports whether a caller sees bot keys: its own, and those of the users
// whose role is among owners, in its organisation, or for a PROVIDER in its provider.
func (r Role) ReadsBotKeys() (owners []Role, reads bool) {
	return ceiling[r].administers, r.minds()
}

// ReadAPIKey judges whether actor may READ a key, which is nil if it does not exist.
func ReadAPIKey(actor Actor, key *APIKeyRecord, owner *User, facts *Facts) error {
	if key == nil || !facts.canReadAPIKey(actor.User, key, owner) {
		return &Error{Code: CodeNotFound}
	}
	return ListAPIKeys(actor)
}

// RevokeAPIKey judges whether actor may revoke a key, which is nil if it does not
// exist. A key narrower than another may revoke it: nothing is won by that.
func RevokeAPIKey(actor Actor, key *APIKeyRecord, owner *User, form []FieldError, facts *Facts) error {
	switch {
	case key == nil || !facts.canRevokeAPIKeys(actor.User, owner):
		return formOr(form, &Error{Code: CodeNotFound})
	case !actor.Key.may(PermissionAPIKeyEdit):
		return formOr(form, &Error{Code: CodeForbidden})
	case len(form) > 0:
		return Invalid(form...)
	}
	return nil
}

// changeAPIKey judges whether actor may change or rotate a key.
func changeAPIKey(actor Actor, key *APIKeyRecord, owner *User, facts *Facts) *Error {
	switch {
	case key == nil || !facts.canReadAPIKey(actor.User, key, owner):
		return &Error{Code: CodeNotFound}
	case key.UserID != actor.User.ID && !facts.mayTakeOver(actor.User, owner), !actor.Key.may(PermissionAPIKeyEdit):
		return &Error{Code: CodeForbidden}
	}
	return nil
}
