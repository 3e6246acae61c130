package roundtable

import "slices"

// userField is a row of the contract's first table: a field of the update, who
// may change it, and what it may hold.
type userField struct {
	name string

	// decisive: others depend on what the field comes to, so it is judged first.
	decisive bool

	// inert: no rule reads the field, of whomever, so that changing it decides nothing else.
	inert bool

	// bySelf: the user may change it on itself, too. takesOver: who may set it can
	// become that person (section 1.4).
	bySelf, takesOver bool

	// only narrows the administrators who may change the field; nil: all of them.
	only func(*judgement) bool

	// grants reports whether the caller holds what the new value gives; nil: it
	// gives nothing.
	grants func(*judgement) bool

	// given reports whether the request names the field.
	given func(*UserPatch) bool

	// judge reports whether the request asks for a change. It notes what is wrong
	// with the value, and applies the value to after if nothing is.
	judge func(*judgement) bool

	// value returns what a change tells of the field; nil: it is told apart.
	value func(*User) any
}

// userFields are the fields of an update, in the contract's order.
var userFields = []userField{
	{
		name: "email", takesOver: true,
		given: func(p *UserPatch) bool { return p.Email.Set },
		judge: (*judgement).judgeEmail,
		value: func(u *User) any { return u.Email },
	},
	{
		name: "first_name", inert: true, bySelf: true,
		given: func(p *UserPatch) bool { return p.FirstName.Set },
		judge: text("first_name", func(p *UserPatch) *Opt[string] { return &p.FirstName }, func(u *User) *string { return &u.FirstName }, cleanName),
		value: func(u *User) any { return u.FirstName },
	},
	{
		name: "last_name", inert: true, bySelf: true,
		given: func(p *UserPatch) bool { return p.LastName.Set },
		judge: text("last_name", func(p *UserPatch) *Opt[string] { return &p.LastName }, func(u *User) *string { return &u.LastName }, cleanName),
		value: func(u *User) any { return u.LastName },
	},
	{
		name: "org_id", decisive: true, only: providers,
		given: func(p *UserPatch) bool { return p.OrgID.Set },
		judge: (*judgement).judgeOrg,
		value: func(u *User) any { return u.OrgID },
	},
	{
		name:  "accesses",
		given: func(p *UserPatch) bool { return p.Accesses.Set },
		judge: (*judgement).judgeAccesses,
		value: func(u *User) any { return u.Accesses },
	},
	{
		name: "business_ids", grants: givesBusinesses,
		given: func(p *UserPatch) bool { return p.BusinessIDs.Set },
		judge: (*judgement).judgeBusinessIDs,
		value: func(u *User) any { return u.BusinessIDs },
	},
	{
		name: "phone", inert: true, bySelf: true,
		given: func(p *UserPatch) bool { return p.Phone.Set },
		judge: (*judgement).judgePhone,
		value: func(u *User) any { return nullIfEmpty(string(u.Phone)) },
	},
	{
		name: "role", decisive: true, grants: givesRole,
		given: func(p *UserPatch) bool { return p.Role.Set },
		judge: (*judgement).judgeRole,
		value: func(u *User) any { return string(u.Role) },
	},
	{
		name: "sidebar_pages", grants: givesPages,
		given: func(p *UserPatch) bool { return p.SidebarPages.Set },
		judge: (*judgement).judgeSidebarPages,
		value: func(u *User) any { return u.SidebarPages },
	},
	{
		name: "status", decisive: true, takesOver: true, only: others,
		given: func(p *UserPatch) bool { return p.Status.Set },
		judge: (*judgement).judgeStatus,
		value: func(u *User) any { return string(u.Status) },
	},
	{
		name: "disabled", only: others,
		given: func(p *UserPatch) bool { return p.Disabled.Set },
		judge: flag("disabled", func(p *UserPatch) *Opt[bool] { return &p.Disabled }, func(u *User) *bool { return &u.Disabled }),
		value: func(u *User) any { return u.Disabled },
	},
	{
		name: "password", bySelf: true, takesOver: true,
		given: func(p *UserPatch) bool { return p.Password.Set },
		judge: (*judgement).judgePassword,
	},
	{
		name: "lang", inert: true, bySelf: true,
		given: func(p *UserPatch) bool { return p.Lang.Set },
		judge: text("lang", func(p *UserPatch) *Opt[string] { return &p.Lang }, func(u *User) *string { return &u.Lang }, cleanLang),
		value: func(u *User) any { return u.Lang },
	},
	{
		name: "sso_only", decisive: true, takesOver: true, only: orgAdmins,
		given: func(p *UserPatch) bool { return p.SSOOnly.Set || p.OrgID.Set },
		judge: (*judgement).judgeSSOOnly,
		value: func(u *User) any { return u.SSOOnly },
	},
	{
		name: "keywords", inert: true, bySelf: true,
		given: func(p *UserPatch) bool { return p.Keywords.Set },
		judge: (*judgement).judgeKeywords,
		value: func(u *User) any { return u.Keywords },
	},
	{
		name: "receive_reviews_email_notifications", inert: true, bySelf: true,
		given: func(p *UserPatch) bool { return p.ReceiveReviewsEmailNotifications.Set },
		judge: flag("receive_reviews_email_notifications",
			func(p *UserPatch) *Opt[bool] { return &p.ReceiveReviewsEmailNotifications },
			func(u *User) *bool { return &u.ReceiveReviewsEmailNotifications }),
		value: func(u *User) any { return u.ReceiveReviewsEmailNotifications },
	},
}

// byAdministrator reports whether an administrator of the target may change the
// field. Of a PUBLISHER an ORG_ADMIN changes nothing but disabled.
func (f *userField) byAdministrator(j *judgement) bool {
	if j.before.Role == Publisher && j.actor.User.Role != Provider && f.name != "disabled" {
		return false
	}
	return f.only == nil || f.only(j)
}

func providers(j *judgement) bool { return j.actor.User.Role == Provider }
func orgAdmins(j *judgement) bool { return j.actor.User.Role == OrgAdmin || providers(j) }
func others(j *judgement) bool    { return !j.self }

// givesRole: nobody gives a role above its ceiling. A role that does not exist is
// a wrong value, not a grant.
func givesRole(j *judgement) bool {
	role := Role(j.update.Patch.Role.Value)
	return !slices.Contains(AssignableRoles(), role) || j.actor.User.Role.MayGive(role)
}

// givesBusinesses: a GROUP_MANAGER gives businesses in its reach only.
func givesBusinesses(j *judgement) bool {
	if j.actor.User.Role != GroupManager {
		return true
	}
	reach := j.facts.reach(j.actor.User)
	for _, id := range j.update.Patch.BusinessIDs.Value {
		business, known := j.facts.Businesses[id]
		if known && business.OrgID == j.after.OrgID && !reach.Covers(business.GroupIDs) {
			return false
		}
	}
	return true
}

// givesPages: nobody gives pages that it does not hold; null counts as all. A
// page that does not exist is a wrong value, not a grant.
func givesPages(j *judgement) bool {
	given := SidebarPages()
	if !j.update.Patch.SidebarPages.Null {
		given = slices.DeleteFunc(slices.Clone(j.update.Patch.SidebarPages.Value), func(page string) bool {
			return !slices.Contains(SidebarPages(), page)
		})
	}
	return holdsPages(j.actor.User, given)
}

func nullIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// EventFields are the fields that an event of the history can tell of: those of a user,
// what groups did to its access, and its end.
func EventFields() []string {
	names := make([]string, len(userFields), len(userFields)+2)
	for i := range userFields {
		names[i] = userFields[i].name
	}
	return append(names, "access", "deleted")
}
