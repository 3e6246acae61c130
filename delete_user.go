package roundtable

// Who may delete whom (sections 1.3, 1.4 and 3): whoever administers a user, an
// ORG_ADMIN its PUBLISHERs included, with a key that may edit users. Nobody deletes
// itself or a PROVIDER; the last active ORG_ADMIN is deleted by a PROVIDER only.

// DeletedText stands in the history of a deleted user for what was personal.
const DeletedText = "deleted user"

// PersonalFields are the fields whose values leave the history with their user.
func PersonalFields() []string {
	return []string{"email", "first_name", "last_name", "phone", "keywords"}
}

// DeletionNeeds says what judging a deletion of target by actor takes.
func DeletionNeeds(actor, target *User) Needs {
	needs := ReadNeeds(actor, target)
	needs.TargetLists, needs.Credentials = true, true
	needs.Admins = target.Role == OrgAdmin
	return needs
}

// DeleteUser judges the deletion of target by actor. The outcome is the target's last
// change: all that lets it in ends, and what it has is dropped.
func DeleteUser(actor Actor, target *User, match Precondition, facts *Facts) (*Outcome, error) {
	if target == nil || !facts.CanRead(actor.User, target) {
		return nil, &Error{Code: CodeNotFound}
	}
	if !actor.Key.may(PermissionUserEdit) || !facts.Administers(actor.User, target) {
		return nil, &Error{Code: CodeForbidden}
	}
	orphans := target.isActiveAdmin() && !facts.hasOtherAdmin(target)
	if orphans && actor.User.Role != Provider {
		return nil, &Error{Code: CodeLastOrgAdmin, Message: refusalText(CodeLastOrgAdmin)}
	}
	if actor.User.ID == target.ID {
		return nil, &Error{Code: CodeForbidden, Message: "Nobody deletes itself. Ask another administrator."}
	}
	org := facts.org(target.OrgID)
	if !match.holds(State{target.Version, org.Version}) {
		return nil, &Error{Code: CodeVersionConflict}
	}
	return deletion(target, org, facts.Credentials[target.ID], orphans), nil
}

// deletion is what becomes of a user that is deleted.
func deletion(target *User, org *Org, has Credentials, orphans bool) *Outcome {
	after := *target
	after.Version++
	o := &Outcome{
		Before: target, After: &after, Org: org,
		Changes: []Change{{Field: "deleted", Before: false, After: true}},
		Endings: Endings{
			Password: true, Sessions: true, APIKeys: true, ConnectionTokens: true,
			Invitations: true, ResetLinks: true, SSOLink: true, Mails: true,
		},
	}
	for _, dropped := range []Effect{
		{AccessesDropped, len(target.accessSets())}, {BusinessIDsDropped, len(target.businessIDs())},
	} {
		if dropped.Count > 0 {
			o.Effects = append(o.Effects, dropped)
		}
	}
	if o.Effects = append(o.Effects, o.Endings.effects(has)...); orphans {
		o.Effects = append(o.Effects, Effect{OrgWithoutAdmin, 1})
	}
	return o
}

// hasOtherAdmin reports whether an organisation has an active ORG_ADMIN beside user.
func (f *Facts) hasOtherAdmin(user *User) bool {
	for id := range f.Admins[user.OrgID] {
		if id != user.ID {
			return true
		}
	}
	return false
}

// CanReadDeleted reports whether actor may READ what is kept of a deleted user: the
// PROVIDERs of its provider and the ORG_ADMINs of its organisation may.
func (f *Facts) CanReadDeleted(actor, deleted *User) bool {
	switch actor.Role {
	case Provider:
		return f.sameProvider(actor, deleted.OrgID)
	case OrgAdmin:
		return actor.OrgID == deleted.OrgID
	}
	return false
}

// ReadDeletedHistory judges whether actor may read the history of a deleted user,
// which is nil if there was none.
func ReadDeletedHistory(actor Actor, deleted *User, facts *Facts) error {
	if deleted == nil || !facts.CanReadDeleted(actor.User, deleted) {
		return &Error{Code: CodeNotFound}
	}
	if !actor.Key.may(PermissionUserRead) {
		return &Error{Code: CodeForbidden}
	}
	return nil
}
