package roundtable

import "slices"

// CanRead reports whether target lies in the READ scope of actor (section 2).
func (f *Facts) CanRead(actor, target *User) bool {
	switch {
	case actor.ID == target.ID:
		return true
	case actor.Role == Provider:
		return f.sameProvider(actor, target.OrgID)
	case actor.OrgID != target.OrgID || actor.Role == Publisher:
		return false
	case actor.Role.overOrg():
		return true
	case target.Role == OrgAdmin || target.Role == OrgManager:
		return true
	case actor.Role == GroupManager:
		return f.overlapsReach(actor, target)
	case actor.Role == BusinessManager:
		return f.sharesBusiness(actor, target)
	}
	return false
}

// CanReadBusiness reports whether business lies in the READ scope of actor,
// whose lists must be loaded.
func (f *Facts) CanReadBusiness(actor *User, business Business) bool {
	switch {
	case actor.Role == Provider:
		return f.sameProvider(actor, business.OrgID)
	case actor.OrgID != business.OrgID:
		return false
	case actor.Role.overOrg():
		return true
	}
	switch actor.Role {
	case GroupManager:
		return f.reach(actor).Covers(business.GroupIDs)
	case BusinessManager:
		return slices.Contains(actor.businessIDs(), business.ID)
	case Publisher:
		return business.PresenceManagement
	}
	return false
}

// CanReadOrg reports whether actor may READ the organisation.
func (f *Facts) CanReadOrg(actor *User, orgID int64) bool {
	if actor.Role == Provider {
		return f.sameProvider(actor, orgID)
	}
	return actor.OrgID == orgID
}

// Administers reports whether target stands in actor's row of the grant ceiling
// (section 1.3). Nobody but an ORG_ADMIN administers itself.
func (f *Facts) Administers(actor, target *User) bool {
	if !actor.Role.administers(target.Role) {
		return false
	}
	switch actor.Role {
	case Provider:
		return f.sameProvider(actor, target.OrgID)
	case OrgAdmin, OrgManager:
		return actor.OrgID == target.OrgID
	case GroupManager:
		return actor.OrgID == target.OrgID && f.reachesAll(actor, target)
	}
	return false
}

// holdsAll reports whether actor, who administers target, holds all that target
// holds: who may become somebody must have been as much before (section 1.4).
// Role, businesses and READ scope follow from administering; pages do not.
func (f *Facts) holdsAll(actor, target *User) bool {
	return holdsPages(actor, heldPages(target))
}

// holdsPages reports whether actor holds all of pages.
func holdsPages(actor *User, pages []string) bool { return containsAll(heldPages(actor), pages) }

func (f *Facts) sameProvider(actor *User, orgID int64) bool {
	org, ok := f.Orgs[orgID]
	return ok && org.ProviderID == f.org(actor.OrgID).ProviderID
}

func (f *Facts) reach(manager *User) Reach {
	return NewReach(manager.OrgID, manager.accessSets(), f.Groups)
}

// reachesAll reports whether a BUSINESS_MANAGER has businesses, all of them in
// the reach of a GROUP_MANAGER.
func (f *Facts) reachesAll(manager, target *User) bool {
	reach, ids := f.reach(manager), target.businessIDs()
	for _, id := range ids {
		if !reach.Covers(f.business(id).GroupIDs) {
			return false
		}
	}
	return len(ids) > 0
}

// overlapsReach reports whether target is a manager with a business in the reach
// of a GROUP_MANAGER.
func (f *Facts) overlapsReach(manager, target *User) bool {
	reach := f.reach(manager)
	switch target.Role {
	case BusinessManager:
		return slices.ContainsFunc(target.businessIDs(), func(id string) bool {
			return reach.Covers(f.business(id).GroupIDs)
		})
	case GroupManager:
		targets := f.reach(target)
		for _, business := range f.Businesses {
			if business.OrgID == target.OrgID && targets.Covers(business.GroupIDs) && reach.Covers(business.GroupIDs) {
				return true
			}
		}
	}
	return false
}

// sharesBusiness reports whether target is a manager with one of the businesses
// of a BUSINESS_MANAGER.
func (f *Facts) sharesBusiness(manager, target *User) bool {
	switch target.Role {
	case BusinessManager:
		return slices.ContainsFunc(target.businessIDs(), func(id string) bool {
			return slices.Contains(manager.businessIDs(), id)
		})
	case GroupManager:
		reach := f.reach(target)
		return slices.ContainsFunc(manager.businessIDs(), func(id string) bool {
			return reach.Covers(f.business(id).GroupIDs)
		})
	}
	return false
}

// ReadUser judges whether actor may READ target, which is nil if it does not
// exist: not_found outside of its READ scope, operation_not_allowed where the key
// is narrower than its owner.
func ReadUser(actor Actor, target *User, facts *Facts) error {
	if target == nil || !facts.CanRead(actor.User, target) {
		return &Error{Code: CodeNotFound}
	}
	if !actor.Key.may(PermissionUserRead) {
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// ReadHistory judges whether actor may read the history of target: the user
// itself and its administrators may.
func ReadHistory(actor Actor, target *User, facts *Facts) error {
	if err := ReadUser(actor, target, facts); err != nil {
		return err
	}
	if actor.User.ID != target.ID && !facts.Administers(actor.User, target) {
		return &Error{Code: CodeForbidden}
	}
	return nil
}
