package roundtable

import "slices"

// Who may ask how somebody reaches a business (sections 1.3 and 2): whoever may
// READ the user and the business, with a key that may read both. What lies outside
// of the asker's READ scope is not there.

// ReasonKind is why a user reaches a business.
type ReasonKind string

// The reasons, in the order in which lists of users are sorted.
const (
	ReasonRole         ReasonKind = "role"         // rights over the whole organisation
	ReasonAccessSet    ReasonKind = "access_set"   // of a GROUP_MANAGER
	ReasonAssignment   ReasonKind = "assignment"   // business_ids of a BUSINESS_MANAGER
	ReasonSubscription ReasonKind = "subscription" // a PUBLISHER, and presence management
)

// ReasonKinds returns all reasons, in their order.
func ReasonKinds() []ReasonKind {
	return []ReasonKind{ReasonRole, ReasonAccessSet, ReasonAssignment, ReasonSubscription}
}

// Reason is one way in which a user reaches a business.
type Reason struct {
	Kind      ReasonKind   `json:"kind"`
	Role      Role         `json:"role"`
	AccessSet *int         `json:"access_set"` // index in the user's accesses, from 0; nil: of another kind
	Groups    []GroupLabel `json:"groups"`     // of the set, those that the business carries
}

// GroupLabel is a group by the names that people know.
type GroupLabel struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	SectionID   int64  `json:"section_id"`
	SectionName string `json:"section_name"`
}

// Explanation is how a user reaches a business, or how it could.
type Explanation struct {
	Reachable bool
	Reasons   []Reason // none: not reachable
	Sentence  string   // the same for people
	Ways      []Way    // to get there, nearest first; none if reachable
	May       BusinessRights
}

// BusinessRights are what a user may do with a business (section 1.3).
type BusinessRights struct {
	Read         bool `json:"read"`
	Edit         bool `json:"edit"`
	ChangeGroups bool `json:"change_groups"`
}

// Explainer explains the access of one user, whose lists must be loaded.
type Explainer struct {
	facts  *Facts
	user   *User
	labels map[int64]GroupLabel
	sets   []Reach // each access set by itself, in the user's order
}

// NewExplainer prepares the explanation of a user's access. labels name the groups
// that may have to be told: those that user and business have in common, and for
// ways those of either.
func NewExplainer(user *User, facts *Facts, labels map[int64]GroupLabel) *Explainer {
	e := &Explainer{facts: facts, user: user, labels: labels}
	if user.Role == GroupManager {
		for i := range user.accessSets() {
			e.sets = append(e.sets, NewReach(user.OrgID, user.Accesses[i:i+1], facts.Groups))
		}
	}
	return e
}

// Explain tells how the user reaches the business. Whether it does is for
// CanReadBusiness to say.
func (e *Explainer) Explain(business Business) *Explanation {
	explained := &Explanation{Reasons: []Reason{}, Ways: []Way{}}
	if explained.Reachable = e.facts.CanReadBusiness(e.user, business); explained.Reachable {
		explained.Reasons = e.reasons(business)
		explained.Sentence = e.user.sayReasons(explained.Reasons)
		explained.May = businessRights(e.user.Role)
		return explained
	}
	explained.Ways = e.ways(business)
	explained.Sentence = e.sayUnreachable(business)
	return explained
}

func businessRights(role Role) BusinessRights {
	return BusinessRights{Read: true, Edit: role != Publisher, ChangeGroups: role.overOrg()}
}

func (e *Explainer) reasons(business Business) []Reason {
	reason := Reason{Kind: ReasonRole, Role: e.user.Role, Groups: []GroupLabel{}}
	switch e.user.Role {
	case GroupManager:
		return e.coveringSets(business)
	case BusinessManager:
		reason.Kind = ReasonAssignment
	case Publisher:
		reason.Kind = ReasonSubscription
	}
	return []Reason{reason}
}

// coveringSets are the access sets that cover the business.
func (e *Explainer) coveringSets(business Business) []Reason {
	reasons := []Reason{}
	for i, set := range e.sets {
		if set.Covers(business.GroupIDs) {
			reasons = append(reasons, Reason{
				Kind: ReasonAccessSet, Role: e.user.Role, AccessSet: &i, Groups: e.carried(e.user.Accesses[i], business),
			})
		}
	}
	return reasons
}

// carried labels the groups of a set that the business carries.
func (e *Explainer) carried(set []int64, business Business) []GroupLabel {
	labels := []GroupLabel{}
	for _, id := range set {
		if slices.Contains(business.GroupIDs, id) {
			labels = append(labels, e.label(id))
		}
	}
	return labels
}

// label names a group, which must have been loaded.
func (e *Explainer) label(id int64) GroupLabel {
	label, ok := e.labels[id]
	if !ok {
		panic("roundtable: group without its label")
	}
	return label
}

// ReadUserAccess judges whether actor may ask what target, which is nil if it does
// not exist, reaches.
func ReadUserAccess(actor Actor, target *User, facts *Facts) error {
	if err := ReadUser(actor, target, facts); err != nil {
		return err
	}
	if !actor.Key.may(PermissionBusinessRead) {
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// ReadBusinessAccess judges whether actor may ask who reaches a business, which is
// nil if it does not exist.
func ReadBusinessAccess(actor Actor, business *Business, facts *Facts) error {
	if business == nil || !facts.CanReadBusiness(actor.User, *business) {
		return &Error{Code: CodeNotFound}
	}
	if !actor.Key.may(PermissionBusinessRead) || !actor.Key.may(PermissionUserRead) {
		return &Error{Code: CodeForbidden}
	}
	return nil
}
