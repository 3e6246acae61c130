package roundtable

import "slices"

// Role says over what a user has rights.
type Role string

// The roles. PROVIDER is given on the server only, never over the API.
const (
	Provider        Role = "PROVIDER"
	OrgAdmin        Role = "ORG_ADMIN"
	OrgManager      Role = "ORG_MANAGER"
	GroupManager    Role = "GROUP_MANAGER"
	BusinessManager Role = "BUSINESS_MANAGER"
	Publisher       Role = "PUBLISHER"
)

// AssignableRoles are the roles that a request may name (section 1).
func AssignableRoles() []Role {
	return []Role{OrgAdmin, OrgManager, GroupManager, BusinessManager, Publisher}
}

// ceiling is the grant ceiling of section 1.3: whom a role administers, and
// which roles it may give.
var ceiling = map[Role]struct{ administers, gives []Role }{
	Provider: {
		administers: []Role{OrgAdmin, OrgManager, GroupManager, BusinessManager, Publisher},
		gives:       []Role{OrgAdmin, OrgManager, GroupManager, BusinessManager, Publisher},
	},
	OrgAdmin: {
		administers: []Role{OrgAdmin, OrgManager, GroupManager, BusinessManager, Publisher},
		gives:       []Role{OrgAdmin, OrgManager, GroupManager, BusinessManager},
	},
	OrgManager: {
		administers: []Role{GroupManager, BusinessManager},
		gives:       []Role{GroupManager, BusinessManager},
	},
	GroupManager: {
		administers: []Role{BusinessManager},
		gives:       []Role{BusinessManager},
	},
}

// MayGive reports whether a caller of role r may give the role granted.
func (r Role) MayGive(granted Role) bool { return slices.Contains(ceiling[r].gives, granted) }

// administers reports whether role r stands above the role target, the
// boundaries of provider, organisation and reach left aside.
func (r Role) administers(target Role) bool { return slices.Contains(ceiling[r].administers, target) }

// overOrg reports whether r has rights over a whole organisation, all its
// businesses included.
func (r Role) overOrg() bool { return r == Provider || r == OrgAdmin || r == OrgManager }

// EditsItself reports whether a user of role r may change anything of its own.
func (r Role) EditsItself() bool { return r != Publisher }

// holdsAllPages reports whether r holds every sidebar page whatever its own list.
func (r Role) holdsAllPages() bool { return r == Provider || r == OrgAdmin }
