package roundtable

import "slices"

// WayKind is what could be done so that a user reaches a business.
type WayKind string

// The ways that the model has. Another role or another organisation is none of
// them: that would be another user.
const (
	WayAssign    WayKind = "assign_business" // for a BUSINESS_MANAGER
	WayPutIn     WayKind = "put_in_groups"   // for a GROUP_MANAGER: the business into groups that an access set lacks
	WayAddSet    WayKind = "add_access_set"  // for a GROUP_MANAGER
	WaySubscribe WayKind = "subscribe"       // for a PUBLISHER: the business to presence management
)

// Way is one thing that could be done.
type Way struct {
	Kind      WayKind          `json:"kind"`
	AccessSet *int             `json:"access_set"` // put_in_groups: the set that then covers the business
	Missing   []MissingSection `json:"missing"`    // put_in_groups: of each section, one of the groups
	Groups    []GroupLabel     `json:"groups"`     // add_access_set: the set to add
	Sentence  string           `json:"sentence"`
}

// MissingSection is a section of an access set of which a business carries no group.
type MissingSection struct {
	SectionID   int64        `json:"section_id"`
	SectionName string       `json:"section_name"`
	Groups      []GroupLabel `json:"groups"` // any of them will do
}

// ways are the ways to a business that the user does not reach, nearest first. A list
// that is full is none.
func (e *Explainer) ways(business Business) []Way {
	ways := []Way{}
	if business.OrgID != e.user.OrgID {
		return ways
	}
	switch e.user.Role {
	case GroupManager:
		ways = append(ways, e.nearestSet(business)...)
		ways = append(ways, e.newSet(business)...)
	case BusinessManager:
		if len(e.user.businessIDs()) < maxBusinessIDs {
			ways = append(ways, Way{Kind: WayAssign})
		}
	case Publisher:
		ways = append(ways, Way{Kind: WaySubscribe})
	}
	for i := range ways {
		way := &ways[i]
		way.Missing, way.Groups = append([]MissingSection{}, way.Missing...), append([]GroupLabel{}, way.Groups...)
		way.Sentence = way.say()
	}
	return ways
}

// nearestSet is the access set of which the business lacks the fewest sections, the
// first of several.
func (e *Explainer) nearestSet(business Business) []Way {
	var nearest []Way
	for i, reach := range e.sets {
		for _, set := range reach.sets {
			if missing := e.missing(e.user.Accesses[i], set, business); nearest == nil || len(missing) < len(nearest[0].Missing) {
				nearest = []Way{{Kind: WayPutIn, AccessSet: &i, Missing: missing}}
			}
		}
	}
	return nearest
}

// missing are the sections of a set of which the business carries no group, in the
// order in which the set names them.
func (e *Explainer) missing(order []int64, set map[int64][]int64, business Business) []MissingSection {
	var missing []MissingSection
	told := make(map[int64]bool)
	for _, id := range order {
		section := e.facts.Groups[id].SectionID
		if told[section] {
			continue
		}
		told[section] = true
		if slices.ContainsFunc(set[section], func(id int64) bool { return slices.Contains(business.GroupIDs, id) }) {
			continue
		}
		lacks := MissingSection{SectionID: section, SectionName: e.label(id).SectionName}
		for _, id := range set[section] {
			lacks.Groups = append(lacks.Groups, e.label(id))
		}
		missing = append(missing, lacks)
	}
	return missing
}

// newSet is the narrowest set that covers the business: one of its groups of each
// section. Of a business without groups there is none.
func (e *Explainer) newSet(business Business) []Way {
	way := Way{Kind: WayAddSet}
	sections := make(map[int64]bool)
	for _, id := range slices.Sorted(slices.Values(business.GroupIDs)) {
		label := e.label(id)
		if !sections[label.SectionID] && len(way.Groups) < maxAccessGroups {
			sections[label.SectionID] = true
			way.Groups = append(way.Groups, label)
		}
	}
	if len(way.Groups) == 0 || len(e.user.Accesses) >= maxAccessSets {
		return nil
	}
	return []Way{way}
}
