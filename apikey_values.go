package roundtable

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of single values of an API key.
const (
	maxKeyLabel       = 100
	maxKeyDescription = 1000
	maxKeyAddresses   = 100
	maxKeyPermissions = 100 // leaves room for repetitions
)

// judgeKind judges what a new key is for.
func (j *keyJudgement) judgeKind() {
	asked := j.change.Type
	switch kind := KeyKind(asked.Value); {
	case !asked.Set:
	case asked.Null:
		j.note("type", nullNotAllowed())
	case kind != UserKey && kind != BotKey:
		j.note("type", notAChoice([]KeyKind{UserKey, BotKey}))
	case kind == BotKey && !j.actor.User.Role.minds():
		j.refuse("type", CodeEditNotAllowed, "Only an ORG_ADMIN or PROVIDER makes bot keys.")
	case kind == BotKey:
		j.after.Kind, j.after.BotOrgID = BotKey, &j.actor.User.OrgID
	}
}

// judgeValues goes through the fields that the request names.
func (j *keyJudgement) judgeValues() {
	patch := &j.change.Patch
	if patch.Label.Null {
		j.note("label", nullNotAllowed())
	} else if patch.Label.Set {
		label, wrong := cleanText(patch.Label.Value, maxKeyLabel)
		if wrong != nil {
			j.note("label", wrong)
		}
		j.after.Label, j.after.LabelKey = label, Fold(label)
	}
	if patch.Description.Set {
		j.judgeDescription(patch.Description.Value)
	}
	if patch.ExpirationDate.Set {
		j.judgeExpiration(patch.ExpirationDate)
	}
	if patch.IPWhitelist.Set {
		j.judgeAddresses(patch.IPWhitelist.Value)
	}
	j.judgeRestriction()
}

// judgeDescription judges the description, which null clears; it may have lines.
func (j *keyJudgement) judgeDescription(text string) {
	text = strings.TrimSpace(text)
	switch {
	case utf8.RuneCountInString(text) > maxKeyDescription:
		j.note("description", &problem{CodeTooLong, fmt.Sprintf("Must have at most %d characters.", maxKeyDescription)})
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) }):
		j.note("description", &problem{CodeInvalidCharacters, "Must not hold control characters."})
	}
	j.after.Description = text
}

// judgeExpiration judges the first day on which the key refuses; null: never.
func (j *keyJudgement) judgeExpiration(asked Opt[string]) {
	const field = "expiration_date"
	if asked.Null {
		j.after.ExpirationDate = nil
		return
	}
	if present := j.before.ExpirationDate; present != nil && *present == asked.Value {
		return
	}
	day, err := time.Parse(time.DateOnly, asked.Value)
	switch today := j.change.Now.UTC().Format(time.DateOnly); {
	case err != nil || day.Year() < 1:
		j.note(field, &problem{CodeInvalidDate, "Must be a date: YYYY-MM-DD."})
	case asked.Value <= today:
		j.note(field, &problem{CodeInvalidDate, "Must be tomorrow or later, in UTC. To end the key now, revoke it."})
	}
	j.after.ExpirationDate = &asked.Value
}

// judgeAddresses judges the addresses and ranges; null and none: no restriction.
func (j *keyJudgement) judgeAddresses(rules []string) {
	if len(rules) > maxKeyAddresses {
		j.note("ip_whitelist", tooManyItems(maxKeyAddresses))
		return
	}
	for i, rule := range rules {
		if _, err := ParseAddressRule(rule); err != nil || strings.Contains(rule, "%") {
			j.note(fmt.Sprintf("ip_whitelist.%d", i), &problem{CodeInvalidAddress, "Must be an IP address or a CIDR range."})
		}
	}
	j.after.IPWhitelist = unique(rules)
}

// judgeRestriction judges the two fields that require each other. A list beside a
// false is not used: it must have the right form, and is stored nowhere.
func (j *keyJudgement) judgeRestriction() {
	restricted, listed := j.change.Patch.HasRestrictedPermissions, j.change.Patch.Permissions
	const both, list = "has_restricted_permissions", "permissions"
	switch {
	case !restricted.Set && !listed.Set:
		return
	case !restricted.Set:
		j.note(both, &problem{CodeRequired, "Is required together with permissions."})
	case !listed.Set:
		j.note(list, &problem{CodeRequired, "Is required together with has_restricted_permissions."})
	case restricted.Null:
		j.note(both, nullNotAllowed())
	}
	if len(listed.Value) > maxKeyPermissions {
		j.note(list, tooManyItems(maxKeyPermissions))
		return
	}
	for i, name := range listed.Value {
		if !slices.Contains(Permissions(), name) {
			j.note(fmt.Sprintf("%s.%d", list, i), notAChoice(Permissions()))
		}
	}
	j.after.HasRestrictedPermissions, j.after.Permissions = restricted.Value, unique(listed.Value)
	if slices.Equal(j.after.Permissions, heldPermissions(j.owner.Role, j.before.Permissions)) {
		j.after.Permissions = j.before.Permissions // what a reader got: nothing that is listed is lost
	}
	if !restricted.Value && len(listed.Value) > 0 {
		j.after.Permissions = []string{}
		j.ignored = append(j.ignored, list)
	}
}

// keepBelow refuses what would make or change a key wider than the caller's own
// (section 1.4). A field whose value is wrong is told as that.
func (j *keyJudgement) keepBelow(key *APIKeyRecord) {
	for _, field := range j.actor.Key.narrowerThan(&key.APIKey) {
		sound := !slices.ContainsFunc(j.wrong, func(f FieldError) bool {
			return f.Field == field || strings.HasPrefix(f.Field, field+".") || field == "permissions" && f.Field == "has_restricted_permissions"
		})
		if sound {
			j.refuse(field, CodeKeyCeiling, "The API key that you call with is narrower, and must not make or change a wider one.")
		}
	}
}

// narrowerThan names the fields in which k is narrower than other.
func (k *APIKey) narrowerThan(other *APIKey) (fields []string) {
	if k.HasRestrictedPermissions && !(other.HasRestrictedPermissions && containsAll(k.Permissions, other.Permissions)) {
		fields = append(fields, "permissions")
	}
	if len(k.IPWhitelist) > 0 && !k.coversAddresses(other.IPWhitelist) {
		fields = append(fields, "ip_whitelist")
	}
	if k.ExpirationDate != nil && (other.ExpirationDate == nil || *other.ExpirationDate > *k.ExpirationDate) {
		fields = append(fields, "expiration_date")
	}
	return fields
}

// coversAddresses reports whether each of rules lies within one of the key's own.
func (k *APIKey) coversAddresses(rules []string) bool {
	for _, rule := range rules {
		inner, err := ParseAddressRule(rule)
		within := err == nil && slices.ContainsFunc(k.IPWhitelist, func(own string) bool {
			outer, err := ParseAddressRule(own)
			return err == nil && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
		})
		if !within {
			return false
		}
	}
	return len(rules) > 0
}
