package roundtable

import "slices"

// Facts are the rows that the rules read beside the caller and the target. All
// of them come from one transaction or one read snapshot. What a rule needs and
// the facts lack makes the rule panic rather than guess.
type Facts struct {
	Orgs        map[int64]*Org
	Groups      map[int64]Group
	Businesses  map[string]Business
	EmailOwners map[string]string         // e-mail key to user id
	Admins      map[int64]map[string]bool // organisation to its enabled, active ORG_ADMINs: all, or more than a batch can take away
	Credentials map[string]Credentials    // user id to what lets it in
}

// Credentials count what lets a user in, and what is under way to it.
type Credentials struct {
	Passwords        int // 0 or 1
	Sessions         int
	PasswordSessions int // those of Sessions that began with a password
	APIKeys          int // not revoked
	ConnectionTokens int // neither consumed nor revoked
	Invitations      int // neither used nor voided
	ResetLinks       int // neither used nor voided
	SSOLinks         int // 0 or 1
	Mails            int // queued
}

// Actor is who asks: an API key with its owner, or a session with its user.
type Actor struct {
	Key     *APIKey  // of a session: one without an id that holds all that the user does
	Session *Session // nil: it is a key
	User    *User
}

// Needs says which facts a rule will read, so that no more are loaded.
type Needs struct {
	TargetLists     bool // Accesses and BusinessIDs of the target
	ActorLists      bool // Accesses and BusinessIDs of the caller
	TargetReach     bool // groups of the target's businesses
	ActorBusinesses bool // groups of the caller's businesses
	Overlap         bool // the businesses that carry a group of the target's accesses

	EmailOwner  bool // whose the address of the patch is
	Credentials bool
	Admins      bool
}

// Groups reports whether the groups of businesses are looked at: who manages by groups,
// or reads whoever does, is judged by them.
func (n Needs) Groups() bool { return n.ActorLists || n.TargetReach || n.ActorBusinesses || n.Overlap }

// ReadNeeds says what judging whether actor may READ target takes.
func ReadNeeds(actor, target *User) Needs {
	if actor.Role.overOrg() || actor.ID == target.ID {
		return Needs{}
	}
	manages := target.Role == BusinessManager || target.Role == GroupManager
	switch actor.Role {
	case GroupManager:
		return Needs{
			ActorLists: true, TargetLists: manages,
			TargetReach: target.Role == BusinessManager, Overlap: target.Role == GroupManager,
		}
	case BusinessManager:
		return Needs{ActorLists: true, TargetLists: manages, ActorBusinesses: target.Role == GroupManager}
	}
	return Needs{}
}

// UpdateNeeds says what judging the patch of target by actor takes. To be sent what one has,
// as who synchronises does, takes nothing.
func UpdateNeeds(actor, target *User, patch *UserPatch) Needs {
	var (
		needs    = ReadNeeds(actor, target)
		address  = differs(patch.Email, target.Email)
		role     = differs(patch.Role, string(target.Role))
		org      = differs(patch.OrgID, target.OrgID)
		standing = differs(patch.Status, string(target.Status)) || differs(patch.Disabled, target.Disabled) || differs(patch.SSOOnly, target.SSOOnly)
	)
	needs.TargetLists = needs.TargetLists || role || org || patch.BusinessIDs.Set || patch.Accesses.Set
	needs.EmailOwner = address
	needs.Credentials = address || org || standing || patch.Password.Set
	needs.Admins = target.Role == OrgAdmin && (role || org || standing)
	return needs
}

// CreationNeeds says what judging a creation by actor takes.
func CreationNeeds(actor *User) Needs {
	return Needs{ActorLists: actor.Role == GroupManager, EmailOwner: true}
}

// Inert reports whether the patch sets only fields that no rule reads. What others are
// allowed, and whom they reach, does not depend on it.
func (p *UserPatch) Inert() bool {
	for _, f := range userFields {
		if !f.inert && f.given(p) {
			return false
		}
	}
	return true
}

// org returns an organisation that must have been loaded.
func (f *Facts) org(id int64) *Org {
	org, ok := f.Orgs[id]
	if !ok {
		panic("roundtable: organisation not among the facts")
	}
	return org
}

// businessIDs returns the businesses of u, which must have been loaded.
func (u *User) businessIDs() []string {
	if u.BusinessIDs == nil {
		panic("roundtable: businesses of a user not among the facts")
	}
	return u.BusinessIDs
}

// accessSets returns the access sets of u, which must have been loaded.
func (u *User) accessSets() [][]int64 {
	if u.Accesses == nil {
		panic("roundtable: accesses of a user not among the facts")
	}
	return u.Accesses
}

// business returns a business that must have been loaded, as all that are
// assigned to a user exist.
func (f *Facts) business(id string) Business {
	business, ok := f.Businesses[id]
	if !ok {
		panic("roundtable: business not among the facts")
	}
	return business
}

// StandingDiffers reports whether u has other rights than before had, so that
// judging what u does, or what is done to u, may take other facts.
func (u *User) StandingDiffers(before *User) bool {
	return u.Role != before.Role || u.OrgID != before.OrgID ||
		u.Status != before.Status || u.Disabled != before.Disabled ||
		!equalValues(u.SidebarPages, before.SidebarPages) ||
		!slices.Equal(u.BusinessIDs, before.BusinessIDs) ||
		!slices.EqualFunc(u.Accesses, before.Accesses, slices.Equal)
}

// CountAdmin keeps the known administrators up to date with a change.
func (f *Facts) CountAdmin(before, after *User) {
	if admins := f.Admins[before.OrgID]; admins != nil {
		delete(admins, before.ID)
	}
	if admins := f.Admins[after.OrgID]; admins != nil && after.isActiveAdmin() {
		admins[after.ID] = true
	}
}
