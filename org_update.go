package roundtable

import "fmt"

// maxMaxBusinesses bounds the limit of businesses; null is none.
const maxMaxBusinesses = 1_000_000

// This file judges organisations (sections 1.3 and 2). A PROVIDER READs those of its
// provider, everybody else their own. A PROVIDER creates, changes and deletes them; an
// ORG_ADMIN changes name and alias of its own; nobody else changes anything.

// OrgPatch is what a request asks an organisation to be.
type OrgPatch struct {
	Name          Opt[string] `json:"name"`
	Alias         Opt[string] `json:"alias"`
	MaxBusinesses Opt[int64]  `json:"max_businesses"`
}

// IgnoredOrgMembers are members of a body that are accepted whatever their type and
// named in Roundtable-Ignored, so that a client can post back what it got.
func IgnoredOrgMembers() []string {
	return []string{
		"org_id", "provider", "type", "features", "org_features", "last_org_api_call",
		"has_google_post", "display_google_post",
	}
}

// OrgUpdate is a new organisation, or a change of one, as a request asks for it.
type OrgUpdate struct {
	Patch   OrgPatch
	Form    []FieldError // what is wrong with the form of the request
	IfMatch Precondition

	// FreeAlias is the first spelling of WantedAlias that no other organisation has.
	FreeAlias string
}

// WantedAlias is the alias that is to be looked up: the one asked for, or for a new
// organisation the one that its name makes. Empty: none.
func (u *OrgUpdate) WantedAlias(creates bool) string {
	alias, name := u.Patch.Alias, u.Patch.Name
	switch {
	case alias.Set && !alias.Null:
		if wrong := checkAlias(alias.Value); wrong == nil {
			return alias.Value
		}
	case creates && name.Set && !name.Null:
		return aliasOf(name.Value)
	}
	return ""
}

// ReadOrg judges whether actor may READ an organisation, which is nil if it does not
// exist.
func ReadOrg(actor Actor, org *Org, facts *Facts) error {
	if org == nil || !facts.CanReadOrg(actor.User, org.ID) {
		return &Error{Code: CodeNotFound}
	}
	return ReadOrgs(actor)
}

// ReadOrgs judges whether actor may READ organisations at all.
func ReadOrgs(actor Actor) error {
	if !actor.Key.may(PermissionOrgRead) {
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// ReadPlans judges whether actor may read the plans of an organisation: a PROVIDER may.
func ReadPlans(actor Actor, org *Org, facts *Facts) error {
	if err := ReadOrg(actor, org, facts); err != nil {
		return err
	}
	if actor.User.Role != Provider {
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// editableBy judges whether one of the roles is allowed to change the organisation.
func (o *Org) editableBy(actor Actor, facts *Facts, roles ...Role) *Error {
	if o == nil || !facts.CanReadOrg(actor.User, o.ID) {
		return &Error{Code: CodeNotFound}
	}
	return mayEditOrgs(actor, roles...)
}

func mayEditOrgs(actor Actor, roles ...Role) *Error {
	for _, role := range roles {
		if actor.User.Role == role && actor.Key.may(PermissionOrgEdit) {
			return nil
		}
	}
	return &Error{Code: CodeForbidden}
}

// CreateOrg judges a creation. The organisation has no id yet.
func CreateOrg(actor Actor, update *OrgUpdate, facts *Facts) (*Org, error) {
	if refusal := mayEditOrgs(actor, Provider); refusal != nil {
		return nil, formOr(update.Form, refusal)
	}
	faults := newFaults(update.Form)
	if !update.Patch.Name.Set {
		faults.note("name", &problem{CodeRequired, "Is required."})
	}
	if update.Patch.Alias.Null {
		update.Patch.Alias = Opt[string]{}
	}
	org := &Org{ProviderID: facts.org(actor.User.OrgID).ProviderID, Type: DefaultOrgType, Version: 1}
	update.apply(org, &faults)
	if len(faults.wrong) > 0 {
		return nil, Invalid(faults.wrong...)
	}
	org.Alias = update.FreeAlias
	return org, nil
}

// UpdateOrg judges a change of org. It answers the organisation as it will be, which
// is org itself if nothing changes.
func UpdateOrg(actor Actor, org *Org, update *OrgUpdate, facts *Facts) (*Org, error) {
	if refusal := org.editableBy(actor, facts, Provider, OrgAdmin); refusal != nil {
		return nil, formOr(update.Form, refusal)
	}
	after, faults := *org, newFaults(update.Form)
	update.apply(&after, &faults)
	limited := update.Patch.MaxBusinesses.Set && !equalLimits(update.Patch.MaxBusinesses, org.MaxBusinesses)
	switch {
	case limited && actor.User.Role != Provider:
		refused := FieldError{Field: "max_businesses", Code: CodeEditNotAllowed, Message: refusalText(CodeEditNotAllowed)}
		return nil, formOr(update.Form, &Error{Code: CodeForbidden, Fields: []FieldError{refused}})
	case len(faults.wrong) > 0:
		return nil, Invalid(faults.wrong...)
	case !update.IfMatch.holds(State{Org: org.Version}):
		return nil, &Error{Code: CodeVersionConflict}
	case after.Name == org.Name && after.Alias == org.Alias && !limited:
		return org, nil
	}
	return &after, nil
}

// apply takes the values of the request into org and notes what is wrong with them.
func (u *OrgUpdate) apply(org *Org, faults *faults) {
	patch := &u.Patch
	if patch.Name.Null {
		faults.note("name", nullNotAllowed())
	} else if patch.Name.Set {
		name, wrong := cleanName(patch.Name.Value)
		if org.Name = name; wrong != nil {
			faults.note("name", wrong)
		}
	}
	if patch.Alias.Null {
		faults.note("alias", nullNotAllowed())
	} else if patch.Alias.Set {
		org.Alias = u.FreeAlias
		if wrong := checkAlias(patch.Alias.Value); wrong != nil {
			faults.note("alias", wrong)
		}
	}
	if !patch.MaxBusinesses.Set {
		return
	}
	org.MaxBusinesses = nil
	if limit := patch.MaxBusinesses.Value; !patch.MaxBusinesses.Null {
		org.MaxBusinesses = &limit
		if limit < 0 || limit > maxMaxBusinesses {
			faults.note("max_businesses", &problem{CodeOutOfRange, fmt.Sprintf("Must be from 0 to %d, or null.", maxMaxBusinesses)})
		}
	}
}

func equalLimits(asked Opt[int64], limit *int64) bool {
	return asked.Null == (limit == nil) && (limit == nil || *limit == asked.Value)
}
