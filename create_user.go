package roundtable

// Creation is a new user as a request asks for it (section 3).
type Creation struct {
	Patch          UserPatch
	SendInvitation Opt[bool]
	Form           []FieldError // what is wrong with the form of the request

	ID                string // of the new user
	CreatedAt         UnixMicros
	PasswordHash      string // what to store for Patch.Password
	EmailLimitReached bool   // as in Update
}

// Defaults fills in what the request leaves out. Defaults are grants like any other:
// they are judged as if they had been asked for. It returns the fields that an
// invitation overrides, and the invitation where nobody is to be mailed: they are not
// used.
func (c *Creation) Defaults() (ignored []string) {
	patch := &c.Patch
	setDefault(&patch.Role, string(OrgAdmin))
	setDefault(&patch.Lang, "en")
	if !patch.SidebarPages.Set {
		patch.SidebarPages = Null[[]string]()
	}
	if c.Invites() {
		if patch.Status.Value == string(Active) {
			patch.Status = Opt[string]{}
			ignored = append(ignored, "status")
		}
		setDefault(&patch.Status, string(Invited))
		if patch.Password.Set {
			patch.Password = Opt[string]{}
			ignored = append(ignored, "password")
		}
	}
	setDefault(&patch.Status, string(Active))
	if c.SendInvitation.Value && patch.SSOOnly.Value {
		ignored = append(ignored, "send_invitation")
	}
	return ignored
}

// Invites reports whether an invitation is to be mailed: never to somebody who signs
// in through SSO only.
func (c *Creation) Invites() bool { return c.SendInvitation.Value && !c.Patch.SSOOnly.Value }

func setDefault(field *Opt[string], value string) {
	if !field.Set {
		*field = Some(value)
	}
}

// CreateUser judges a creation by actor, whose Defaults are filled in: permission,
// grant ceiling, values and references, as UpdateUser does. The outcome has no effects.
func CreateUser(actor Actor, creation *Creation, facts *Facts) (*Outcome, error) {
	if !actor.Key.may(PermissionUserEdit) || len(ceiling[actor.User.Role].gives) == 0 {
		return nil, formOr(creation.Form, &Error{Code: CodeForbidden})
	}
	j := newCreation(actor, creation, facts)
	j.noteRequired()
	j.judgeFields()
	j.judgeInvitation(creation)
	j.refuseBeyondCeiling()
	switch {
	case len(j.refused) > 0:
		return nil, formOr(creation.Form, &Error{Code: CodeForbidden, Fields: j.refused})
	case j.limited:
		return nil, formOr(creation.Form, &Error{Code: CodeRateLimited, RetryAfter: EmailLimitWindow})
	case len(j.wrong) > 0:
		return nil, Invalid(j.wrong...)
	}
	return j.outcome(), nil
}

// newCreation is the judgement of an update that makes somebody of nobody.
func newCreation(actor Actor, creation *Creation, facts *Facts) *judgement {
	nobody := &User{
		ID: creation.ID, OrgID: actor.User.OrgID, CreatedAt: creation.CreatedAt, Version: 1,
		SidebarPages: []string{}, BusinessIDs: []string{}, Accesses: [][]int64{}, Keywords: []string{},
	}
	update := &Update{
		Patch: creation.Patch, Form: creation.Form, PasswordHash: creation.PasswordHash,
		EmailLimitReached: creation.EmailLimitReached,
	}
	asked := update.Patch.OrgID
	update.Patch.OrgID = Opt[int64]{}
	known := facts.Orgs[asked.Value] != nil && facts.CanReadOrg(actor.User, asked.Value)
	if asked.Set && known {
		nobody.OrgID = asked.Value
	}
	j := newJudgement(actor, nobody, update, facts)
	j.creates, j.administer = true, true
	switch {
	case !asked.Set || known:
	case actor.User.Role != Provider:
		j.refuse("org_id")
	case asked.Null:
		j.note("org_id", nullNotAllowed())
	default:
		j.note("org_id", unknownOrg())
	}
	return j
}

func (j *judgement) refuse(field string) {
	j.refused = append(j.refused, FieldError{Field: field, Code: CodeEditNotAllowed, Message: refusalText(CodeEditNotAllowed)})
}

// judgeInvitation judges send_invitation, which is no field of the user.
func (j *judgement) judgeInvitation(creation *Creation) {
	switch {
	case creation.SendInvitation.Null:
		j.note("send_invitation", nullNotAllowed())
	case creation.Invites() && j.after.Disabled:
		j.note("send_invitation", &problem{CodeUserDisabled, "A user who is switched off is not invited."})
	}
}

func (j *judgement) noteRequired() {
	patch := &j.update.Patch
	for _, field := range []struct {
		name  string
		given bool
	}{{"email", patch.Email.Set}, {"first_name", patch.FirstName.Set}, {"last_name", patch.LastName.Set}} {
		if !field.given {
			j.note(field.name, &problem{CodeRequired, "Is required."})
		}
	}
}

// refuseBeyondCeiling refuses somebody whom the caller could not administer: a
// GROUP_MANAGER makes nobody without a business in its reach (section 1.3).
func (j *judgement) refuseBeyondCeiling() {
	if j.actor.User.Role == GroupManager && j.after.Role == BusinessManager &&
		len(j.after.BusinessIDs) == 0 && !j.noted["business_ids"] {
		j.refuse("business_ids")
	}
}
