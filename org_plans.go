package roundtable

import (
	"fmt"
	"slices"
	"time"
)

// maxPlans leaves room for repetitions, each of which is told.
const maxPlans = 100

// PlanPatch is a plan as a request asks for it.
type PlanPatch struct {
	Name           Opt[string] `json:"name"`
	ExpirationDate Opt[string] `json:"expiration_date"`
}

// PlansUpdate is all plans of an organisation as a request asks for them.
type PlansUpdate struct {
	Plans   Opt[[]PlanPatch]
	Form    []FieldError // what is wrong with the form of the request
	IfMatch Precondition
	Today   string // YYYY-MM-DD in UTC
}

// UpdatePlans judges the plans that a PROVIDER sets. They are the whole list: a plan
// that is not named ends today. One that runs on keeps the day of its subscription. It
// answers nil where nothing changes.
func UpdatePlans(actor Actor, org *Org, update *PlansUpdate, facts *Facts) ([]Plan, error) {
	if refusal := org.editableBy(actor, facts, Provider); refusal != nil {
		return nil, formOr(update.Form, refusal)
	}
	faults := newFaults(update.Form)
	plans := update.judge(org, &faults)
	switch {
	case len(faults.wrong) > 0:
		return nil, Invalid(faults.wrong...)
	case !update.IfMatch.holds(State{Org: org.Version}):
		return nil, &Error{Code: CodeVersionConflict}
	case slices.EqualFunc(plans, org.Plans, Plan.equal):
		return nil, nil
	}
	return plans, nil
}

// judge returns the plans asked for, in the order of PlanNames.
func (u *PlansUpdate) judge(org *Org, faults *faults) []Plan {
	switch {
	case !u.Plans.Set:
		faults.note("plans", &problem{CodeRequired, "Is required."})
	case u.Plans.Null:
		faults.note("plans", nullNotAllowed())
	case len(u.Plans.Value) > maxPlans:
		faults.note("plans", tooManyItems(maxPlans))
		return nil
	}
	asked := make(map[string]Plan)
	for i := range u.Plans.Value {
		path := fmt.Sprintf("plans.%d", i)
		if faults.noted[path] {
			continue // it is no plan at all
		}
		plan := u.judgePlan(path, &u.Plans.Value[i], org, faults)
		if _, again := asked[plan.Name]; again && plan.Name != "" {
			faults.note(path+".name", &problem{CodeDuplicateItem, "Stands in the list twice."})
		}
		asked[plan.Name] = plan
	}
	plans := []Plan{}
	for _, name := range PlanNames() {
		if plan, ok := asked[name]; ok {
			plans = append(plans, plan)
		}
	}
	return plans
}

// judgePlan returns a plan as it is to be stored. Its name is empty if that is at fault.
func (u *PlansUpdate) judgePlan(path string, asked *PlanPatch, org *Org, faults *faults) Plan {
	name := asked.Name.Value
	switch {
	case asked.Name.Null:
		faults.note(path+".name", nullNotAllowed())
	case !asked.Name.Set:
		faults.note(path+".name", &problem{CodeRequired, "Is required."})
	case !slices.Contains(PlanNames(), name):
		faults.note(path+".name", notAChoice(PlanNames()))
		name = ""
	}
	plan := Plan{Name: name, SubscriptionDate: u.Today}
	if asked.ExpirationDate.Set && !asked.ExpirationDate.Null {
		plan.ExpirationDate = &asked.ExpirationDate.Value
	}
	for _, has := range org.Plans {
		if has.Name == name && (has.RunsOn(u.Today) || equalDates(has.ExpirationDate, plan.ExpirationDate)) {
			plan.SubscriptionDate = has.SubscriptionDate
			if equalDates(has.ExpirationDate, plan.ExpirationDate) {
				return plan // the present value, even of a plan that has ended
			}
		}
	}
	if date := plan.ExpirationDate; date != nil {
		if _, err := time.Parse(time.DateOnly, *date); err != nil || *date <= u.Today {
			faults.note(path+".expiration_date", &problem{CodeInvalidDate, "Must be a day after today, as YYYY-MM-DD, or null."})
		}
	}
	return plan
}

// equal reports whether two plans are the same in every respect.
func (p Plan) equal(other Plan) bool {
	return p.Name == other.Name && p.SubscriptionDate == other.SubscriptionDate && equalDates(p.ExpirationDate, other.ExpirationDate)
}

func equalDates(a, b *string) bool { return a == b || a != nil && b != nil && *a == *b }
