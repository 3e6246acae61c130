package roundtable

import "slices"

// Update is an update of one user as a request asks for it.
type Update struct {
	Patch   UserPatch
	Form    []FieldError // what is wrong with the form of the request
	IfMatch Precondition

	// PasswordHash is what to store for Patch.Password. The rules pass it through.
	PasswordHash string

	// EmailLimitReached: the caller's organisation has been told "taken" so often
	// that it may not try further addresses for now (section 1.7).
	EmailLimitReached bool
}

// Precondition is an If-Match header: the states that the client has seen.
type Precondition struct {
	Given  bool
	Any    bool
	States []State
}

// State is what an entity tag names: a version of the user, and of its organisation,
// from which some of what a reader sees is derived.
type State struct{ User, Org int64 }

func (p Precondition) holds(now State) bool {
	return !p.Given || p.Any || slices.Contains(p.States, now)
}

// LatestOf returns the latest version of the user that the client has seen, up to
// the present one; 0 if it has seen none.
func (p Precondition) LatestOf(present int64) int64 {
	var latest int64
	for _, state := range p.States {
		if state.User <= present {
			latest = max(latest, state.User)
		}
	}
	return latest
}

// Outcome is what an update does. The target itself is left as it was.
type Outcome struct {
	Before  *User
	After   *User // equal to Before if nothing changes
	Org     *Org  // of After
	Changes []Change
	Effects []Effect
	Endings Endings
	Ignored []string // fields that the request named and that are not used

	Credentials Credentials // what is left, where it was loaded
}

// Changed reports whether there is anything to write.
func (o *Outcome) Changed() bool { return len(o.Changes) > 0 }

// UpdateUser judges an update of target by actor: permission, grant ceiling,
// values, references and effects, all of section 1. It answers what the update
// does, or an *Error; target may be nil, which is a user that does not exist. It
// changes nothing and may be called again.
func UpdateUser(actor Actor, target *User, update *Update, facts *Facts) (*Outcome, error) {
	if target == nil || !facts.CanRead(actor.User, target) {
		return nil, formOr(update.Form, &Error{Code: CodeNotFound})
	}
	j := newJudgement(actor, target, update, facts)
	if !j.writable() {
		return nil, formOr(update.Form, &Error{Code: CodeForbidden})
	}
	j.judgeFields()
	j.followRoleAndMove()
	j.guardLastAdmin()
	switch {
	case len(j.refused) > 0:
		return nil, formOr(update.Form, &Error{Code: CodeForbidden, Fields: j.refused})
	case j.limited:
		return nil, formOr(update.Form, &Error{Code: CodeRateLimited, RetryAfter: EmailLimitWindow})
	case len(j.wrong) > 0:
		return nil, Invalid(j.wrong...)
	case !update.IfMatch.holds(State{target.Version, facts.org(target.OrgID).Version}):
		return nil, &Error{Code: CodeVersionConflict}
	}
	return j.outcome(), nil
}

// formOr returns the form errors alone where there are any, else err
// (section 1.1, step 1).
func formOr(form []FieldError, err *Error) error {
	if len(form) > 0 {
		return Invalid(form...)
	}
	return err
}

// judgement is an update under judgement. after is changed field by field, so
// that each field sees what the decisive ones came to.
type judgement struct {
	actor         Actor
	before, after *User
	update        *Update
	facts         *Facts

	self       bool
	administer bool
	creates    bool // before is nobody yet

	faults

	refused []FieldError // fields the caller may not change
	limited bool         // the address may not even be looked at
	ignored []string
	effects []Effect

	passwordSet bool
}

func newJudgement(actor Actor, target *User, update *Update, facts *Facts) *judgement {
	after := *target
	return &judgement{
		actor: actor, before: target, after: &after, update: update, facts: facts,
		self:       actor.User.ID == target.ID,
		administer: facts.Administers(actor.User, target),
		faults:     newFaults(update.Form),
	}
}

// writable reports whether the caller may change anything of the target at all.
func (j *judgement) writable() bool {
	return j.actor.Key.may(PermissionUserEdit) &&
		(j.administer || j.self && j.actor.User.Role.EditsItself())
}

// judgeFields goes through the fields that the request names. A field that holds
// the present value is no change and is not even refused.
func (j *judgement) judgeFields() {
	for _, decisive := range []bool{true, false} {
		for i := range userFields {
			if field := &userFields[i]; field.decisive == decisive && field.given(&j.update.Patch) {
				j.judgeField(field)
			}
		}
	}
}

func (j *judgement) judgeField(field *userField) {
	if !field.judge(j) {
		return
	}
	if code := j.refusal(field); code != "" {
		j.refused = append(j.refused, FieldError{Field: field.name, Code: code, Message: refusalText(code)})
	}
}

// refusal says why the caller may not make the change of field that after shows;
// empty: it may.
func (j *judgement) refusal(field *userField) Code {
	switch {
	case field.takesOver && j.self && j.actor.Key.limited():
		return CodeKeyCeiling
	case j.self && field.bySelf:
		return ""
	case !j.administer || !field.byAdministrator(j):
		return CodeEditNotAllowed
	case field.takesOver && !j.self && !j.creates && !j.facts.holdsAll(j.actor.User, j.before):
		return CodeEditNotAllowed
	case field.grants != nil && !field.grants(j):
		return CodeEditNotAllowed
	}
	return ""
}

// followRoleAndMove drops what the new role or organisation does not use, so that
// it cannot come back to life later (section 1.5).
func (j *judgement) followRoleAndMove() {
	moved := j.after.OrgID != j.before.OrgID
	dropped := func(name EffectName, count int) {
		if count > 0 {
			j.effects = append(j.effects, Effect{name, count})
		}
	}
	if j.before.Role == GroupManager && (j.after.Role != GroupManager || moved && equalValues(j.after.Accesses, j.before.Accesses)) {
		dropped(AccessesDropped, len(j.before.accessSets()))
		j.after.Accesses = [][]int64{}
	}
	if j.before.Role == BusinessManager && (j.after.Role != BusinessManager || moved && slices.Equal(j.after.BusinessIDs, j.before.BusinessIDs)) {
		dropped(BusinessIDsDropped, len(j.before.businessIDs()))
		j.after.BusinessIDs = []string{}
	}
	if moved && j.after.SidebarPages != nil {
		org := j.facts.org(j.after.OrgID)
		kept := slices.DeleteFunc(slices.Clone(j.after.SidebarPages), func(page string) bool {
			return !slices.Contains(org.SidebarPages, page)
		})
		dropped(SidebarPagesCut, len(j.after.SidebarPages)-len(kept))
		j.after.SidebarPages = kept
	}
}

// guardLastAdmin keeps an organisation from losing its last way in (section 1.4).
func (j *judgement) guardLastAdmin() {
	if !j.before.isActiveAdmin() {
		return
	}
	leaves := !j.after.isActiveAdmin() || j.after.OrgID != j.before.OrgID
	locks := j.after.SSOOnly && !j.before.SSOOnly && !j.facts.org(j.after.OrgID).SSOProven
	if !leaves && !locks || j.facts.hasOtherAdmin(j.before) {
		return
	}
	if j.actor.User.Role == Provider {
		j.effects = append(j.effects, Effect{OrgWithoutAdmin, 1})
		return
	}
	j.refuseLastAdmin("role", j.after.Role != j.before.Role)
	j.refuseLastAdmin("status", j.after.Status != j.before.Status)
	j.refuseLastAdmin("disabled", j.after.Disabled != j.before.Disabled)
	j.refuseLastAdmin("sso_only", locks)
}

func (j *judgement) refuseLastAdmin(field string, changes bool) {
	already := slices.ContainsFunc(j.refused, func(f FieldError) bool { return f.Field == field })
	if changes && !already {
		j.refused = append(j.refused, FieldError{Field: field, Code: CodeLastOrgAdmin, Message: refusalText(CodeLastOrgAdmin)})
	}
}

func refusalText(code Code) string {
	switch code {
	case CodeKeyCeiling:
		return "This API key is narrower than its owner and may not become its owner."
	case CodeLastOrgAdmin:
		return "This user is the last active ORG_ADMIN of the organisation. Give somebody else that role first."
	case CodeOrgOfProvider:
		return "A PROVIDER belongs to this organisation. It cannot be deleted over the API."
	default:
		return "You may not make this change."
	}
}

// outcome sums up what was found to be in order.
func (j *judgement) outcome() *Outcome {
	has := j.facts.Credentials[j.before.ID] // of nobody: none
	ends := endings(j.before, j.after, j.passwordSet)
	if j.update.Patch.Password.Null {
		ends.Password = true
	}
	if j.self && !endings(j.before, j.after, false).Sessions {
		ends.Kept = j.actor.Session
	}
	changes := diff(j.before, j.after)
	if j.creates {
		changes, ends = fromNothing(j.after), Endings{}
	}
	if password := passwordChange(has, ends, j.passwordSet); password != nil {
		changes = append(changes, *password)
	}
	o := &Outcome{Before: j.before, After: j.before, Org: j.facts.org(j.after.OrgID), Ignored: j.ignored, Credentials: has}
	if len(changes) == 0 {
		return o
	}
	j.after.Version++
	o.After, o.Changes, o.Endings = j.after, changes, ends
	o.Effects = append(append(j.effects, ends.effects(has)...), j.keyEffects(has)...)
	o.Credentials = ends.after(has)
	if j.passwordSet {
		o.Credentials.Passwords = 1
	}
	return o
}

// keyEffects says what disabling, inviting and their reversal do to API keys:
// the keys stay, and refuse while their owner may not act.
func (j *judgement) keyEffects(has Credentials) []Effect {
	acts := func(u *User) bool { return !u.Disabled && u.Status == Active }
	moved := j.after.OrgID != j.before.OrgID
	switch {
	case has.APIKeys == 0 || moved || acts(j.before) == acts(j.after):
		return nil
	case acts(j.after):
		return []Effect{{APIKeysRestored, has.APIKeys}}
	default:
		return []Effect{{APIKeysSuspended, has.APIKeys}}
	}
}
