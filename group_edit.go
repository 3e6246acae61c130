package roundtable

import (
	"fmt"
	"strings"
)

// GroupEdit is what a request asks of a section or group, with what judging that
// takes.
type GroupEdit struct {
	Form    []FieldError // what is wrong with the form of the request
	Creates bool

	OrgID      Opt[int64] // of something new
	Name       Opt[string]
	Businesses Opt[[]string]
	Field      string // the one that Businesses came in; empty: the request knows none

	NameRequired, Required bool // an update cannot leave out the name, Businesses
}

// GroupFacts are the rows that judging a GroupEdit takes.
type GroupFacts struct {
	OrgID int64           // of the section or group; 0: the request names one that does not exist
	Taken bool            // another one beside it has that name
	Full  bool            // no more of them fit into the organisation
	Known map[string]bool // those of the businesses that exist in the organisation
}

// Judge returns the name, and the businesses each once, or an error with everything
// that is wrong.
func (e *GroupEdit) Judge(facts *GroupFacts) (name string, businesses []string, err error) {
	found := newFaults(e.Form)
	if facts.OrgID == 0 {
		wrong := unknownOrg()
		if e.OrgID.Null {
			wrong = nullNotAllowed()
		}
		found.note("org_id", wrong)
	}
	name = e.judgeName(&found, facts.Taken)
	if facts.Full {
		found.note(BodyField, &problem{CodeLimitReached, "The organisation has as many as it may have."})
	}
	e.judgeBusinesses(&found, facts.Known)
	if len(found.wrong) > 0 {
		return "", nil, Invalid(found.wrong...)
	}
	return name, unique(e.Businesses.Value), nil
}

func (e *GroupEdit) judgeName(found *faults, taken bool) string {
	switch {
	case e.Name.Null:
		found.note("name", nullNotAllowed())
		return ""
	case !e.Name.Set:
		if e.Creates || e.NameRequired {
			found.note("name", &problem{CodeRequired, "Is required."})
		}
		return ""
	}
	name, wrong := cleanLabel(e.Name.Value)
	if wrong == nil && taken {
		wrong = &problem{CodeNameTaken, "Something beside it already has this name, or one that reads like it."}
	}
	if wrong != nil {
		found.note("name", wrong)
	}
	return name
}

// LabelKey is what a section or group is known by among those beside it: its name,
// folded. ok is false of what is no name.
func LabelKey(name string) (key string, ok bool) {
	name, wrong := cleanLabel(name)
	return Fold(name), wrong == nil
}

// cleanLabel trims the name of a section or group: as that of a person, without the
// characters that separate names in a list.
func cleanLabel(s string) (string, *problem) {
	name, wrong := cleanName(s)
	if wrong == nil && strings.ContainsAny(name, ",;/") {
		wrong = &problem{CodeInvalidCharacters, "Must not hold the characters , ; or /."}
	}
	return name, wrong
}

func (e *GroupEdit) judgeBusinesses(found *faults, known map[string]bool) {
	switch {
	case e.Field == "":
	case e.Businesses.Null:
		found.note(e.Field, nullNotAllowed())
	case e.Required && !e.Businesses.Set:
		found.note(e.Field, &problem{CodeRequired, "Is required."})
	}
	for i, id := range e.Businesses.Value {
		if !known[id] {
			found.note(fmt.Sprintf("%s.%d", e.Field, i), &problem{CodeUnknownBusiness, "This business does not exist."})
		}
	}
}
