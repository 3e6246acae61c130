package roundtable

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// The rights over businesses (section 1.3): PROVIDER, ORG_ADMIN and ORG_MANAGER make,
// change and delete them. GROUP_MANAGER and BUSINESS_MANAGER change those they READ,
// but for groups, since whatever changes reach is a grant. A PUBLISHER changes nothing.

func (r Role) managesBusinesses() bool { return r.overOrg() }

func (r Role) editsBusinesses() bool {
	return r.overOrg() || r == GroupManager || r == BusinessManager
}

// BusinessPatch is what a request asks to set. What is not named keeps its value.
type BusinessPatch struct {
	OrgID  Opt[int64]
	Groups Opt[[]int64]
	Form   []FieldError // what is wrong with the form of the request

	values map[string]businessValue // see SetFields
}

// Code is the code that the patch asks for; empty: none that holds.
func (p *BusinessPatch) Code() string {
	value := p.values["code"]
	return BusinessFields{"code": value.raw}.Text("code")
}

// GroupIDs are the groups that must be looked up: none of a list that is too long.
func (p *BusinessPatch) GroupIDs() []int64 {
	if len(p.Groups.Value) > maxBusinessGroups {
		return nil
	}
	return unique(p.Groups.Value)
}

// BusinessUpdate is a creation or an update of a business as a request asks for it,
// with what is to be known of others.
type BusinessUpdate struct {
	Patch   BusinessPatch
	IfMatch TagCondition
	At      UnixMicros
	Day     string // YYYY-MM-DD, of At
	ID      string // of a new business

	CodeTaken       bool  // another business of the organisation has the code
	LocalBusinesses int64 // of the organisation, where it has a limit
}

// BusinessOutcome is what a creation or an update does.
type BusinessOutcome struct {
	Before *BusinessProfile
	After  *BusinessProfile // Before itself if nothing changes
	Org    *Org
}

// ReadBusiness judges whether actor may READ target, which is nil if it does not exist.
func ReadBusiness(actor Actor, target *BusinessProfile, facts *Facts) error {
	if target == nil || !facts.CanReadBusiness(actor.User, target.Business) {
		return &Error{Code: CodeNotFound}
	}
	if !actor.Key.may(PermissionBusinessRead) {
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// SearchBusinesses judges whether actor may ask for lists of businesses.
func SearchBusinesses(actor Actor) error {
	if !actor.Key.may(PermissionBusinessRead) {
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// CreateBusiness judges a new business.
func CreateBusiness(actor Actor, update *BusinessUpdate, facts *Facts) (*BusinessOutcome, error) {
	if !actor.Key.may(PermissionBusinessEdit) || !actor.User.Role.managesBusinesses() {
		return nil, formOr(update.Patch.Form, &Error{Code: CodeForbidden})
	}
	j := newBusinessJudgement(actor, &BusinessProfile{
		Business:  Business{ID: update.ID, OrgID: actor.User.OrgID, GroupIDs: []int64{}},
		Fields:    BusinessFields{},
		CreatedAt: update.At,
	}, update, facts)
	j.chooseOrg()
	org := facts.org(j.after.OrgID)
	j.after.PresenceManagement = org.RunsPlan(presenceManagement, update.Day)
	for name, value := range map[string]string{"code": update.ID, "status": BusinessOpen, "reach": LocalBusiness} {
		j.after.Fields.SetText(name, value)
	}
	for i := range businessFields {
		field := &businessFields[i]
		if value, named := update.Patch.values[field.name]; field.required && (!named || value.raw == nil && len(value.wrong) == 0) {
			j.note(FieldError{Field: field.name, Code: CodeRequired, Message: "Is required."})
		}
	}
	j.creates, j.changed = true, true
	return j.judge()
}

// UpdateBusiness judges an update of target, which is nil if it does not exist.
func UpdateBusiness(actor Actor, target *BusinessProfile, update *BusinessUpdate, facts *Facts) (*BusinessOutcome, error) {
	if err := writeBusiness(actor, target, actor.User.Role.editsBusinesses(), facts); err != nil {
		return nil, formOr(update.Patch.Form, err)
	}
	j := newBusinessJudgement(actor, target, update, facts)
	if asked := update.Patch.OrgID; asked.Set && (asked.Null || asked.Value != target.OrgID) {
		j.refuse("org_id") // a business stays in its organisation
	}
	return j.judge()
}

// DeleteBusiness judges the end of a business, which is nil if it does not exist.
func DeleteBusiness(actor Actor, target *BusinessProfile, ifMatch TagCondition, facts *Facts) error {
	if err := writeBusiness(actor, target, actor.User.Role.managesBusinesses(), facts); err != nil {
		return err
	}
	if !ifMatch.holds(target.Tag(facts.org(target.OrgID))) {
		return &Error{Code: CodeVersionConflict}
	}
	return nil
}

// LoseBusinesses is what becomes of a user when businesses that it holds end.
// user.BusinessIDs needs to name no others.
func LoseBusinesses(user *User) *Outcome {
	after := *user
	after.Version++
	after.BusinessIDs = []string{}
	return &Outcome{
		Before: user, After: &after,
		Changes: []Change{{Field: "business_ids", Before: user.businessIDs(), After: after.BusinessIDs}},
	}
}

func writeBusiness(actor Actor, target *BusinessProfile, allowed bool, facts *Facts) *Error {
	switch {
	case target == nil || !facts.CanReadBusiness(actor.User, target.Business):
		return &Error{Code: CodeNotFound}
	case !allowed || !actor.Key.may(PermissionBusinessEdit):
		return &Error{Code: CodeForbidden}
	}
	return nil
}

// businessJudgement is a creation or an update under judgement.
type businessJudgement struct {
	actor         Actor
	before, after *BusinessProfile
	update        *BusinessUpdate
	facts         *Facts
	creates       bool
	changed       bool

	wrong   []FieldError
	noted   map[string]bool
	refused []FieldError
}

func newBusinessJudgement(actor Actor, before *BusinessProfile, update *BusinessUpdate, facts *Facts) *businessJudgement {
	after := *before
	after.Fields = make(BusinessFields, len(before.Fields))
	for name, raw := range before.Fields {
		after.Fields[name] = raw
	}
	j := &businessJudgement{actor: actor, before: before, after: &after, update: update, facts: facts, noted: make(map[string]bool)}
	for _, f := range update.Patch.Form {
		j.note(f)
	}
	return j
}

func (j *businessJudgement) note(f FieldError) {
	if !j.noted[f.Field] && len(j.wrong) < MaxErrors {
		j.noted[f.Field] = true
		j.wrong = append(j.wrong, f)
	}
}

func (j *businessJudgement) refuse(field string) {
	j.refused = append(j.refused, FieldError{Field: field, Code: CodeEditNotAllowed, Message: refusalText(CodeEditNotAllowed)})
}

// chooseOrg puts a new business into an organisation: a PROVIDER's choice, else the
// caller's own.
func (j *businessJudgement) chooseOrg() {
	asked := j.update.Patch.OrgID
	switch {
	case !asked.Set:
	case asked.Null:
		j.note(nullNotAllowed().in("org_id"))
	case j.facts.Orgs[asked.Value] != nil && j.facts.CanReadOrg(j.actor.User, asked.Value):
		j.after.OrgID = asked.Value
	case j.actor.User.Role == Provider:
		j.note(unknownOrg().in("org_id"))
	default:
		j.refuse("org_id")
	}
}

func (j *businessJudgement) judge() (*BusinessOutcome, error) {
	j.judgeGroups()
	j.judgeValues()
	j.judgeCode()
	j.judgeLimits()
	org := j.facts.org(j.after.OrgID)
	switch {
	case len(j.refused) > 0:
		return nil, formOr(j.update.Patch.Form, &Error{Code: CodeForbidden, Fields: j.refused})
	case len(j.wrong) > 0:
		return nil, Invalid(j.wrong...)
	case !j.creates && !j.update.IfMatch.holds(j.before.Tag(org)):
		return nil, &Error{Code: CodeVersionConflict}
	case !j.changed:
		return &BusinessOutcome{Before: j.before, After: j.before, Org: org}, nil
	}
	j.after.Version++
	j.after.ModifiedAt = j.update.At
	return &BusinessOutcome{Before: j.before, After: j.after, Org: org}, nil
}

// judgeGroups judges the groups, which null clears.
func (j *businessJudgement) judgeGroups() {
	if !j.update.Patch.Groups.Set {
		return
	}
	given := j.update.Patch.Groups.Value
	groups := slices.Sorted(slices.Values(unique(given)))
	if slices.Equal(groups, j.before.GroupIDs) {
		return
	}
	if !j.actor.User.Role.managesBusinesses() {
		j.refuse("groups")
		return
	}
	if len(given) > maxBusinessGroups {
		j.note(tooManyItems(maxBusinessGroups).in("groups"))
		return
	}
	for i, id := range given {
		if group, known := j.facts.Groups[id]; !known || group.OrgID != j.after.OrgID {
			j.note(FieldError{Field: fmt.Sprintf("groups.%d", i), Code: CodeUnknownGroup, Message: fmt.Sprintf("Group %d does not exist.", id)})
		}
	}
	j.after.GroupIDs, j.changed = groups, true
}

// judgeValues takes the values that differ from those stored; what is equal is no
// change, whatever it is.
func (j *businessJudgement) judgeValues() {
	for i := range businessFields {
		name := businessFields[i].name
		value, named := j.update.Patch.values[name]
		stored := j.before.Fields[name]
		if !named || sameValue(value.given, stored) || len(value.wrong) == 0 && sameValue(value.raw, stored) {
			continue
		}
		for _, wrong := range value.wrong {
			j.note(wrong)
		}
		j.changed = true
		if value.raw == nil {
			delete(j.after.Fields, name)
		} else {
			j.after.Fields[name] = value.raw
		}
	}
}

// sameValue compares two values; the order of members is no difference.
func sameValue(a, b json.RawMessage) bool {
	return bytes.Equal(a, b) || a != nil && b != nil && reflect.DeepEqual(decodeValue(a), decodeValue(b))
}

func (j *businessJudgement) judgeCode() {
	if j.update.CodeTaken && j.after.Fields.Text("code") != j.before.Fields.Text("code") {
		j.note(FieldError{Field: "code", Code: CodeCodeTaken, Message: "Another business of the organisation has this code."})
	}
}

// judgeLimits judges the limit of the organisation's local businesses and of the
// size of one.
func (j *businessJudgement) judgeLimits() {
	most := j.facts.org(j.after.OrgID).MaxBusinesses
	becomesLocal := j.after.Fields.Text("reach") == LocalBusiness && (j.creates || j.before.Fields.Text("reach") != LocalBusiness)
	if most != nil && becomesLocal && j.update.LocalBusinesses >= *most {
		field := "reach"
		if j.creates {
			field = BodyField
		}
		j.note(FieldError{Field: field, Code: CodeMaxBusinesses, Message: fmt.Sprintf("The organisation may have at most %d local businesses.", *most)})
	}
	if stored, err := j.after.Fields.Stored(); j.changed && (err != nil || len(stored) > MaxBusinessData) {
		j.note(FieldError{Field: BodyField, Code: CodeTooLong, Message: fmt.Sprintf("All fields together may take %d KiB.", MaxBusinessData>>10)})
	}
}
