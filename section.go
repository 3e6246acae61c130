package roundtable

// Sections and groups (sections 1.3 and 2 of the contract).
//
//	READ   everybody of the organisation but a PUBLISHER, and the PROVIDERs of its
//	       provider; the businesses of a group as far as the caller may READ them
//	WRITE  PROVIDER, ORG_ADMIN, ORG_MANAGER: what changes a group changes the reach of
//	       others, so it is a grant
//
// Whoever may not READ an organisation is told that nothing is there.

// Limits of what one organisation may have.
const (
	MaxSections = 1_000
	MaxGroups   = 10_000
)

// ReadGroups judges whether actor may READ the sections and groups of an
// organisation; 0 is none.
func ReadGroups(actor Actor, orgID int64, facts *Facts) error {
	switch {
	case !facts.CanReadOrg(actor.User, orgID):
		return &Error{Code: CodeNotFound}
	case actor.User.Role == Publisher || !actor.Key.may(PermissionGroupRead):
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// EditGroups judges whether actor may WRITE the sections and groups of an
// organisation; 0 is none. form is what is wrong with the form of the request.
func EditGroups(actor Actor, orgID int64, form []FieldError, facts *Facts) error {
	switch {
	case !facts.CanReadOrg(actor.User, orgID):
		return formOr(form, &Error{Code: CodeNotFound})
	case !facts.MayEditGroups(actor, orgID):
		return formOr(form, &Error{Code: CodeForbidden})
	}
	return nil
}

// MayEditGroups reports whether actor may WRITE the sections and groups of an
// organisation.
func (f *Facts) MayEditGroups(actor Actor, orgID int64) bool {
	return actor.User.Role.overOrg() && f.CanReadOrg(actor.User, orgID) && actor.Key.may(PermissionGroupEdit)
}

// OrgForGroups is the organisation that a new section or group is to be in: the
// caller's own, unless a PROVIDER names another.
func OrgForGroups(actor Actor, asked Opt[int64], form []FieldError, facts *Facts) (int64, error) {
	own := actor.User.OrgID
	if err := EditGroups(actor, own, form, facts); err != nil || !asked.Set || asked.Value == own && !asked.Null {
		return own, err
	}
	switch {
	case actor.User.Role != Provider:
		refused := FieldError{Field: "org_id", Code: CodeEditNotAllowed, Message: refusalText(CodeEditNotAllowed)}
		return own, formOr(form, &Error{Code: CodeForbidden, Fields: []FieldError{refused}})
	case asked.Null || !facts.CanReadOrg(actor.User, asked.Value):
		return 0, nil // told with whatever else is wrong
	}
	return asked.Value, nil
}

// ReadsAllBusinesses reports whether actor, who may WRITE the groups of an
// organisation, may READ all its businesses.
func ReadsAllBusinesses(actor Actor) bool {
	return actor.User.Role.overOrg() && actor.Key.may(PermissionBusinessRead)
}

// PickBusinesses judges whether actor, who may WRITE the groups of an organisation, may
// have businesses picked by what they are called and where they are: a key that may not
// READ them must not find that out by way of a group.
func PickBusinesses(actor Actor, form []FieldError) error {
	if !ReadsAllBusinesses(actor) {
		return formOr(form, &Error{Code: CodeForbidden})
	}
	return nil
}
