package roundtable

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// How much a sentence tells before it says how much more there is.
const (
	maxToldReasons = 3
	maxToldGroups  = 6
)

// sayReasons is why u reaches a business, in one sentence.
func (u *User) sayReasons(reasons []Reason) string {
	switch u.Role {
	case Provider:
		return "PROVIDER: every business of the organisations of its provider."
	case GroupManager:
		return sayAccessSets(reasons)
	case BusinessManager:
		return "BUSINESS_MANAGER to whom the business is assigned."
	case Publisher:
		return "PUBLISHER: the business is subscribed to presence management."
	}
	return string(u.Role) + ": every business of the organisation."
}

func sayAccessSets(reasons []Reason) string {
	told := reasons[:min(len(reasons), maxToldReasons)]
	parts := make([]string, len(told))
	for i, reason := range told {
		parts[i] = fmt.Sprintf("through access set %d: %s", *reason.AccessSet+1, sayGroups(reason.Groups, "and"))
	}
	text := "GROUP_MANAGER " + strings.Join(parts, "; ")
	if more := len(reasons) - len(told); more > 0 {
		text += fmt.Sprintf("; and through %d more", more)
	}
	return text + "."
}

// sayGroups is "France (Country) and Bakery (Service)".
func sayGroups(groups []GroupLabel, word string) string {
	names := make([]string, len(groups))
	for i, group := range groups {
		names[i] = group.Name + " (" + group.SectionName + ")"
	}
	return enumerate(names, word)
}

// enumerate is "a, b and c", of a long list the beginning and how many more.
func enumerate(names []string, word string) string {
	if more := len(names) - maxToldGroups; more > 1 {
		names = append(slices.Clone(names[:maxToldGroups]), strconv.Itoa(more)+" more")
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + word + " " + names[last]
}

// sayUnreachable is why the user does not reach the business.
func (e *Explainer) sayUnreachable(business Business) string {
	role := string(e.user.Role)
	switch {
	case business.OrgID != e.user.OrgID:
		return role + " of another organisation than that of the business."
	case e.user.Role == BusinessManager:
		return role + ", and the business is not assigned to the user."
	case e.user.Role == Publisher:
		return role + ", and the business is not subscribed to presence management."
	case len(e.sets) == 0:
		return role + " without an access set: it reaches no business."
	case len(e.sets) == 1:
		return role + ", and its access set does not cover the business."
	}
	return fmt.Sprintf("%s, and none of its %d access sets covers the business.", role, len(e.sets))
}

// say is what would have to be done.
func (w *Way) say() string {
	switch w.Kind {
	case WayAssign:
		return "Assign the business: add it to the user's business_ids."
	case WaySubscribe:
		return "Subscribe the business to presence management."
	case WayAddSet:
		return "Add an access set to the user's accesses: " + sayGroups(w.Groups, "and") + "."
	}
	sections := make([]string, len(w.Missing))
	for i, missing := range w.Missing {
		names := make([]string, len(missing.Groups))
		for k, group := range missing.Groups {
			names[k] = group.Name
		}
		sections[i] = "into " + enumerate(names, "or") + " (" + missing.SectionName + ")"
	}
	return fmt.Sprintf("Put the business %s: then access set %d covers it.", enumerate(sections, "and"), *w.AccessSet+1)
}

// SayStanding adds to a sentence about u that u cannot sign in at present.
func (u *User) SayStanding(sentence string) string {
	if u.Disabled {
		sentence += " The account is disabled."
	}
	if u.Status == Invited {
		sentence += " The invitation has not been accepted yet."
	}
	return sentence
}
