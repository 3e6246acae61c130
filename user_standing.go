package roundtable

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// EmailLimit is how often in EmailLimitWindow an organisation is told that an
// address is taken, before it may try no further ones (section 1.7).
const (
	EmailLimit       = 20
	EmailLimitWindow = time.Minute
)

// This file judges the fields that decide who somebody is and over what it has
// rights. Fields judged later read what these came to from after.

func (j *judgement) judgeOrg() bool {
	asked := j.update.Patch.OrgID
	if asked.Null {
		j.note("org_id", nullNotAllowed())
		return true
	}
	if asked.Value == j.before.OrgID {
		return false
	}
	// An organisation of another provider answers as one that does not exist.
	if org, known := j.facts.Orgs[asked.Value]; !known || !j.facts.CanReadOrg(j.actor.User, org.ID) {
		j.note("org_id", unknownOrg())
		return true
	}
	j.after.OrgID = asked.Value
	return true
}

// unknownOrg is said of an organisation that is not there, or not for the caller.
func unknownOrg() *problem { return &problem{CodeUnknownOrg, "This organisation does not exist."} }

func (j *judgement) judgeRole() bool {
	asked := j.update.Patch.Role
	switch {
	case asked.Null:
		j.note("role", nullNotAllowed())
	case Role(asked.Value) == j.before.Role && !j.creates:
		return false
	case !slices.Contains(AssignableRoles(), Role(asked.Value)):
		j.note("role", notAChoice(AssignableRoles()))
	default:
		j.after.Role = Role(asked.Value)
	}
	return true
}

func (j *judgement) judgeStatus() bool {
	asked := j.update.Patch.Status
	statuses := []Status{Active, Invited}
	switch {
	case asked.Null:
		j.note("status", nullNotAllowed())
	case Status(asked.Value) == j.before.Status && !j.creates:
		return false
	case !slices.Contains(statuses, Status(asked.Value)):
		j.note("status", notAChoice(statuses))
	default:
		j.after.Status = Status(asked.Value)
	}
	return true
}

// judgeSSOOnly judges sso_only where it is named, and where a move would carry it
// into an organisation without single sign-on.
func (j *judgement) judgeSSOOnly() bool {
	asked := j.update.Patch.SSOOnly
	if asked.Null {
		j.note("sso_only", nullNotAllowed())
		return true
	}
	wanted := j.before.SSOOnly
	if asked.Set {
		wanted = asked.Value
	}
	changes := wanted != j.before.SSOOnly
	moves := j.after.OrgID != j.before.OrgID
	if wanted && (changes || moves) && !j.facts.org(j.after.OrgID).SSO {
		j.note("sso_only", &problem{CodeSSONotConfigured, "The organisation has no single sign-on configuration that is switched on."})
		return changes
	}
	j.after.SSOOnly = wanted
	return changes
}

func (j *judgement) judgeEmail() bool {
	asked := j.update.Patch.Email
	if asked.Null {
		j.note("email", nullNotAllowed())
		return true
	}
	address := strings.TrimSpace(asked.Value)
	if address == j.before.Email && !j.creates {
		return false
	}
	key, ok := EmailKey(address)
	switch {
	case !ok:
		j.note("email", emailProblem(address))
	case key == j.before.EmailKey: // of nobody: no key is empty
		j.after.Email = address
	case j.update.EmailLimitReached:
		j.limited = true
	case j.taken(key):
		j.note("email", &problem{CodeEmailTaken, "This e-mail address is taken."})
	default:
		j.after.Email, j.after.EmailKey = address, key
	}
	return true
}

func (j *judgement) taken(key string) bool {
	owner, taken := j.facts.EmailOwners[key]
	return taken && owner != j.before.ID
}

func emailProblem(address string) *problem {
	switch {
	case utf8.RuneCountInString(address) > maxEmail:
		return &problem{CodeTooLong, "Must have at most 254 characters."}
	case strings.ContainsFunc(address, unseen):
		return &problem{CodeInvalidCharacters, "Must not hold control, bidirectional or zero-width characters."}
	}
	return &problem{CodeInvalidEmail, "Not a valid e-mail address."}
}

// judgePassword judges the password, which is never compared with the present
// one. Null clears it, for somebody who signs in through SSO only.
func (j *judgement) judgePassword() bool {
	asked := j.update.Patch.Password
	switch {
	case asked.Null && !j.after.SSOOnly:
		j.note("password", &problem{CodeNullNotAllowed, "May be null for sso_only users only."})
	case asked.Null:
	case j.after.SSOOnly:
		j.note("password", &problem{CodePasswordNotUsable, "An sso_only user has no password."})
	case j.after.Status == Invited:
		j.note("password", &problem{CodePasswordNotUsable, "An invited user sets the password by accepting the invitation."})
	default:
		if wrong := passwordProblem(asked.Value); wrong != nil {
			j.note("password", wrong)
		}
		j.passwordSet = true
	}
	return true
}
