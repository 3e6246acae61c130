package roundtable

import "slices"

// Plan is a subscription of an organisation. Dates are YYYY-MM-DD in UTC.
type Plan struct {
	Name             string  `json:"name"`
	SubscriptionDate string  `json:"subscription_date"`
	ExpirationDate   *string `json:"expiration_date"` // the first day without it; nil: no end
}

// planPages are the plans, with the sidebar pages that each brings.
var planPages = []struct {
	name  string
	pages []string
}{
	{"presence_management", []string{"diffusion", "presence_analytics"}},
	{"review_management", []string{"review_analytics", "review_management"}},
	{"posts", []string{"posts"}},
	{"messages", []string{"messages"}},
	{"review_booster", []string{"review_invite"}},
	{"bulk_modification", []string{"bulk_modification"}},
	{"feedback_management", []string{"feedback_management"}},
	{"competitive_benchmark", nil},
	{"messages_channel_sms", nil},
	{"booking_links", nil},
	{"webhooks", nil},
}

// PlanNames are the plans that an organisation can have.
func PlanNames() []string {
	names := make([]string, len(planPages))
	for i, plan := range planPages {
		names[i] = plan.name
	}
	return names
}

// AllPlans are all plans from a day on, without an end: what a new organisation has.
func AllPlans(since string) []Plan {
	plans := make([]Plan, len(planPages))
	for i, plan := range planPages {
		plans[i] = Plan{Name: plan.name, SubscriptionDate: since}
	}
	return plans
}

// RunsOn reports whether the plan has not ended on a day, YYYY-MM-DD.
func (p Plan) RunsOn(day string) bool { return p.ExpirationDate == nil || day < *p.ExpirationDate }

// Subscriptions are the plans of an organisation with what follows from them on a
// day. They may be shared.
type Subscriptions struct {
	plans    []Plan
	pages    []string
	features []string
	ended    int64
}

// NewSubscriptions works out plans on a day, YYYY-MM-DD.
func NewSubscriptions(plans []Plan, day string) *Subscriptions {
	s := &Subscriptions{plans: plans, pages: pagesOf(plans, day)}
	s.features = append(slices.Clone(s.pages), withoutPages(plans, day)...)
	for _, plan := range plans {
		if !plan.RunsOn(day) {
			s.ended++
		}
	}
	return s
}

// pagesOf returns the sidebar pages of the plans that run on a day, in the order of
// SidebarPages.
func pagesOf(plans []Plan, day string) []string {
	pages := []string{}
	for _, page := range SidebarPages() {
		if slices.ContainsFunc(plans, func(p Plan) bool { return p.RunsOn(day) && brings(p.Name, page) }) {
			pages = append(pages, page)
		}
	}
	return pages
}

// withoutPages returns the plans that run on a day and bring no page, in the order of
// PlanNames.
func withoutPages(plans []Plan, day string) []string {
	var names []string
	for _, known := range planPages {
		runs := func(p Plan) bool { return p.Name == known.name && p.RunsOn(day) }
		if len(known.pages) == 0 && slices.ContainsFunc(plans, runs) {
			names = append(names, known.name)
		}
	}
	return names
}

func brings(plan, page string) bool {
	for _, known := range planPages {
		if known.name == plan {
			return slices.Contains(known.pages, page)
		}
	}
	return false
}
