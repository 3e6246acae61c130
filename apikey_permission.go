package roundtable

import "slices"

// Permissions that a restricted key can hold.
const (
	PermissionUserRead     = "user_read"
	PermissionUserEdit     = "user_edit"
	PermissionOrgRead      = "org_read"
	PermissionOrgEdit      = "org_edit"
	PermissionGroupRead    = "group_read" // sections too
	PermissionGroupEdit    = "group_edit"
	PermissionBusinessRead = "business_read"
	PermissionBusinessEdit = "business_edit"
	PermissionAPIKeyRead   = "api_key_read"
	PermissionAPIKeyEdit   = "api_key_edit"
)

// PermissionSection groups permissions as settings pages show them.
type PermissionSection struct {
	Name        string                 `json:"name"`
	Order       int                    `json:"order"`
	Subsections []PermissionSubsection `json:"subsections"`
}

// PermissionSubsection is the permissions on one kind of resource.
type PermissionSubsection struct {
	Name        string       `json:"name"`
	Order       int          `json:"order"`
	Permissions []Permission `json:"permissions"`
}

// Permission is one of the names that a restricted key can list. Whatever a key
// lists, only what its owner's role holds counts.
type Permission struct {
	Name             string  `json:"name"`
	Order            int     `json:"order"`
	Feature          *string `json:"feature"`            // always null: no product gates one
	DependsOn        *string `json:"depends_on"`         // always null: each counts alone
	DisabledForRoles []Role  `json:"disabled_for_roles"` // roles to which it gives nothing
}

// permissions is the table of all permissions, in the order of the wire: which roles
// hold them follows from sections 1.3 and 2.
var permissions = []struct {
	section, subsection, name string
	withheld                  []Role
}{
	{"administration", "users", PermissionUserRead, nil},
	{"administration", "users", PermissionUserEdit, []Role{Publisher}},
	{"administration", "organisations", PermissionOrgRead, nil},
	{"administration", "organisations", PermissionOrgEdit, []Role{OrgManager, GroupManager, BusinessManager, Publisher}},
	{"administration", "api_keys", PermissionAPIKeyRead, nil},
	{"administration", "api_keys", PermissionAPIKeyEdit, nil},
	{"presence", "groups", PermissionGroupRead, []Role{Publisher}},
	{"presence", "groups", PermissionGroupEdit, []Role{GroupManager, BusinessManager, Publisher}},
	{"presence", "businesses", PermissionBusinessRead, nil},
	{"presence", "businesses", PermissionBusinessEdit, []Role{Publisher}},
}

// Permissions returns the names of all permissions.
func Permissions() []string {
	names := make([]string, len(permissions))
	for i, p := range permissions {
		names[i] = p.name
	}
	return names
}

// PermissionSections returns all permissions by section and subsection.
func PermissionSections() []PermissionSection {
	var sections []PermissionSection
	for _, p := range permissions {
		if n := len(sections); n == 0 || sections[n-1].Name != p.section {
			sections = append(sections, PermissionSection{Name: p.section, Order: n + 1})
		}
		section := &sections[len(sections)-1]
		if n := len(section.Subsections); n == 0 || section.Subsections[n-1].Name != p.subsection {
			section.Subsections = append(section.Subsections, PermissionSubsection{Name: p.subsection, Order: n + 1})
		}
		subsection := &section.Subsections[len(section.Subsections)-1]
		subsection.Permissions = append(subsection.Permissions, Permission{
			Name: p.name, Order: len(subsection.Permissions) + 1, DisabledForRoles: append([]Role{}, p.withheld...),
		})
	}
	return sections
}

// heldPermissions returns those of listed that a role holds, in their order: the
// rest of a key's list counts for nothing.
func heldPermissions(role Role, listed []string) []string {
	held := make([]string, 0, len(listed))
	for _, name := range listed {
		for _, p := range permissions {
			if p.name == name && !slices.Contains(p.withheld, role) {
				held = append(held, name)
			}
		}
	}
	return held
}
