package roundtable

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestUpdatePlans: the list is the whole; days and dates.
func TestUpdatePlans(t *testing.T) {
	t.Parallel()
	ended, later := "2026-02-28", "2026-12-31"
	has := []Plan{
		{Name: "posts", SubscriptionDate: "2020-01-01"},
		{Name: "messages", SubscriptionDate: "2020-01-01", ExpirationDate: &later},
		{Name: "webhooks", SubscriptionDate: "2020-01-01", ExpirationDate: &ended},
	}
	plan := func(name string, expires ...string) PlanPatch {
		patch := PlanPatch{Name: Some(name)}
		if len(expires) > 0 {
			patch.ExpirationDate = Some(expires[0])
		}
		return patch
	}
	for name, test := range map[string]struct {
		asked Opt[[]PlanPatch]
		want  string
	}{
		"as it is":             {Some([]PlanPatch{plan("webhooks", ended), plan("messages", later), plan("posts")}), "same"},
		"null is no end":       {Some([]PlanPatch{plan("webhooks", ended), plan("messages", later), {Name: Some("posts"), ExpirationDate: Null[string]()}}), "same"},
		"none":                 {Some([]PlanPatch{}), ""},
		"an end is taken away": {Some([]PlanPatch{plan("messages")}), "messages 2020-01-01 -"},
		"an end is set":        {Some([]PlanPatch{plan("posts", "2026-03-02")}), "posts 2020-01-01 2026-03-02"},
		"what has ended begins anew, and a new one today": {
			Some([]PlanPatch{plan("webhooks", "2028-02-29"), plan("booking_links")}),
			"booking_links 2026-03-01 -, webhooks 2026-03-01 2028-02-29",
		},
		"today is no end":       {Some([]PlanPatch{plan("posts", "2026-03-01")}), "invalid (plans.0.expiration_date: invalid_date)"},
		"another past end":      {Some([]PlanPatch{plan("webhooks", "2026-02-27")}), "invalid (plans.0.expiration_date: invalid_date)"},
		"its end, of another":   {Some([]PlanPatch{plan("posts", ended)}), "invalid (plans.0.expiration_date: invalid_date)"},
		"no day of any year":    {Some([]PlanPatch{plan("posts", "2027-02-29"), plan("messages", "2027-13-01")}), "invalid (plans.0.expiration_date: invalid_date, plans.1.expiration_date: invalid_date)"},
		"not given":             {Opt[[]PlanPatch]{}, "invalid (plans: required)"},
		"null":                  {Null[[]PlanPatch](), "invalid (plans: null_not_allowed)"},
		"an unknown one, twice": {Some([]PlanPatch{plan("grail"), plan("grail")}), "invalid (plans.0.name: invalid_choice, plans.1.name: invalid_choice)"},
		"too many":              {Some(slices.Repeat([]PlanPatch{plan("grail")}, 101)), "invalid (plans: too_many_items)"},
	} {
		c := newCompany()
		org := c.facts.Orgs[124]
		org.Plans = slices.Clone(has)
		plans, err := UpdatePlans(c.actor("provider"), org, &PlansUpdate{Plans: test.asked, Today: "2026-03-01"}, c.facts)
		got := "same"
		if err != nil {
			got = err.Error()
		} else if plans != nil {
			got = toldPlans(plans)
		}
		if got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func toldPlans(plans []Plan) string {
	var told []string
	for _, plan := range plans {
		end := "-"
		if plan.ExpirationDate != nil {
			end = *plan.ExpirationDate
		}
		told = append(told, plan.Name+" "+plan.SubscriptionDate+" "+end)
	}
	return strings.Join(told, ", ")
}

// TestFeatures: pages in their order, then the plans without any.
func TestFeatures(t *testing.T) {
	t.Parallel()
	day := func(s string) *string { return &s }
	for name, test := range map[string]struct {
		plans           []Plan
		pages, features string
	}{
		"none": {nil, "[]", "[]"},
		"some": {
			[]Plan{{Name: "webhooks"}, {Name: "review_management"}, {Name: "posts"}, {Name: "competitive_benchmark"}},
			`["posts","review_analytics","review_management"]`, `["posts","review_analytics","review_management","competitive_benchmark","webhooks"]`,
		},
		"ended":   {[]Plan{{Name: "webhooks", ExpirationDate: day("2026-03-01")}, {Name: "posts", ExpirationDate: day("2026-03-01")}}, "[]", "[]"},
		"running": {[]Plan{{Name: "webhooks", ExpirationDate: day("2026-03-02")}}, "[]", `["webhooks"]`},
	} {
		var org Org
		org.Subscribe(NewSubscriptions(test.plans, "2026-03-01"))
		pages, _ := json.Marshal(org.SidebarPages)
		features, _ := json.Marshal(org.Features)
		if string(pages) != test.pages || string(features) != test.features {
			t.Errorf("%s: %s and %s", name, pages, features)
		}
	}
}
