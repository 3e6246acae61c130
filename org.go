package roundtable

// Org is an organisation.
type Org struct {
	ID            int64
	ProviderID    int64
	ProviderLabel string
	Name          string
	Alias         string
	Type          string
	MaxBusinesses *int64 // nil: no limit
	LastAPICallAt *int64 // Unix microseconds, of any key of the organisation
	Plans         []Plan // ended ones included
	CreatedAt     UnixMicros
	SSO           bool // a single sign-on configuration exists and is switched on
	SSOProven     bool // an ORG_ADMIN has signed in through it

	// SidebarPages are the pages that its plans bring today: what a user without a
	// list of its own gets.
	SidebarPages []string

	// Features are what its plans bring today: those pages, and the plans that have no
	// page of their own.
	Features []string

	// Version goes up with each change, and with each plan that ends by itself.
	Version int64
}

// endedPlan is what a plan that has ended adds to the version, far above all changes.
const endedPlan = 1 << 40

// Subscribe fills in what follows from the plans, on what was stored, once.
func (o *Org) Subscribe(s *Subscriptions) {
	o.Plans, o.SidebarPages, o.Features = s.plans, s.pages, s.features
	o.Version += endedPlan * s.ended
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

// DefaultOrgType is the type of a new organisation.
const DefaultOrgType = "small_medium_business"
