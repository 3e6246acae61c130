package roundtable

// Org is an organisation, as far as the rules about its users read it.
type Org struct {
	ID            int64
	ProviderID    int64
	ProviderLabel string
	SidebarPages  []string // the pages it has; what a user without a list of its own gets
	SSO           bool     // a single sign-on configuration exists and is switched on
	SSOProven     bool     // an ORG_ADMIN has signed in through it
	Version       int64
}

// Group is a label inside a section.
type Group struct {
	ID        int64
	OrgID     int64
	SectionID int64
}

// Business is a shop, as far as access reads it.
type Business struct {
	ID                 string
	OrgID              int64
	GroupIDs           []int64
	PresenceManagement bool // subscribed to presence management: what a PUBLISHER reads
}
