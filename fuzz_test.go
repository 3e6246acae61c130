package roundtable

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzEmailKey(f *testing.F) {
	for _, address := range []string{
		"", "@", "perceval@kaamelott.com", " Perceval@Kaamelott.COM ", "perce\u0301val@bu\u0308cher.example", "a@xn--bcher-kva.example", "İ@ｋ。com",
		"a@faß.example", "Ω@\u2126.gr", "a\u200Bb@c.com", "a@b\u034F.com", "a@b@c.com", "\xff@b.com", "a@" + strings.Repeat("ü.", 30) + "com",
		strings.Repeat("a", 64) + "@" + strings.Repeat("ü.", 30) + "com", "\u1E9E@b.com", "ΣΑΣ@b.com", "𝐀@b.com", "a@ا.com", "a@xn--.com", "ᾈ@b.com", "a@ᏸ.com", "İ\u0301@b.com", "0@\u2136.0",
	} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		key, ok := EmailKey(address)
		if !ok {
			return
		}
		if !utf8.ValidString(key) || strings.ToLower(key) != key || strings.TrimSpace(key) != key || strings.Count(key, "@") != 1 {
			t.Errorf("key of %+q: %+q", address, key)
		}
		// A domain may be longer in its ASCII form than an address can be.
		if again, ok := EmailKey(key); utf8.RuneCountInString(key) <= maxEmail && (!ok || again != key) {
			t.Errorf("key of %+q: %+q, whose key is %+q, %v", address, key, again, ok)
		}
		for _, variant := range []string{" " + address + "\n", strings.ToValidUTF8(address, "?")} {
			if same, ok := EmailKey(variant); !ok || same != key {
				t.Errorf("key of %+q: %+q, of %+q: %+q, %v", address, key, variant, same, ok)
			}
		}
	})
}

// dice draws choices from bytes; when they run out it draws the first.
type dice struct{ bytes []byte }

func (d *dice) roll(sides int) int {
	if len(d.bytes) == 0 {
		return 0
	}
	n := int(d.bytes[0]) % sides
	d.bytes = d.bytes[1:]
	return n
}

func draw[T any](d *dice, of ...T) T { return of[d.roll(len(of))] }

// drawOpt leaves a field out, makes it null or gives it one of the values.
func drawOpt[T any](d *dice, of ...T) Opt[T] {
	switch n := d.roll(len(of) + 3); n {
	case 0, 1:
		return Opt[T]{}
	case 2:
		return Null[T]()
	default:
		return Some(of[n-3])
	}
}

// drawPatch draws from values that are right, wrong, present or forbidden.
func drawPatch(d *dice, target *User, shown []string, text string) UserPatch {
	return UserPatch{
		Email:        drawOpt(d, "new@kaamelott.com", "far@kaamelott.com", strings.ToUpper(target.Email), target.Email, text),
		FirstName:    drawOpt(d, "Arthur", target.FirstName, "", text),
		LastName:     drawOpt(d, "Pendragon", " "+target.LastName, text),
		OrgID:        drawOpt[int64](d, 124, 123, 200, 999),
		Accesses:     drawOpt(d, [][]int64{}, [][]int64{{1, 2}, {1, 3}}, [][]int64{{2, 2}, {2}}, [][]int64{{5}}, [][]int64{{99}, {}}, target.Accesses),
		BusinessIDs:  drawOpt(d, []string{}, []string{shop(3), shop(3), shop(1)}, []string{shop(10)}, []string{shop(21)}, []string{shop(99), text}, target.BusinessIDs),
		Phone:        drawOpt(d, "", "+33 1", "<string>", text),
		Role:         drawOpt(d, "ORG_ADMIN", "ORG_MANAGER", "GROUP_MANAGER", "BUSINESS_MANAGER", "PUBLISHER", "PROVIDER", string(target.Role), text),
		SidebarPages: drawOpt(d, []string{}, []string{"posts"}, []string{"posts", "messages", "posts"}, []string{"diffusion", "grail"}, shown, target.SidebarPages),
		Status:       drawOpt(d, "active", "invited", text),
		Disabled:     drawOpt(d, true, false),
		Password:     drawOpt(d, "Excalibur!", "weak", text),
		Lang:         drawOpt(d, "fr", "EN", text),
		SSOOnly:      drawOpt(d, true, false),
		Keywords:     drawOpt(d, []string{}, []string{"a", "b", "a"}, []string{text, ""}, slices.Repeat([]string{"k"}, 13)),

		ReceiveReviewsEmailNotifications: drawOpt(d, true, false),
	}
}

// drawn is an update of a small company, all of it drawn from bytes.
type drawn struct {
	*company
	caller, target string
	update         Update
}

func drawUpdate(bytes []byte, text string) drawn {
	d, c := &dice{bytes}, newCompany()
	w := drawn{company: c}
	w.caller = draw(d, "admin", "provider", "manager", "group", "business", "publisher", "sister/ORG_ADMIN")
	w.target = draw(d, w.caller, "near", "groupNear", "admin", "manager2", "partly", "none", "publisher", "sister/ORG_ADMIN", "foreign/ORG_ADMIN", "provider")
	u, owner, key := c.user(w.target), c.user(w.caller), c.keys[w.caller]
	changes := d.roll(256)
	for bit, change := range []func(){
		func() { u.SSOOnly = true },
		func() { lastAdmin(c) },
		func() { owner.SidebarPages = []string{"posts"} },
		func() { u.SidebarPages = []string{"posts", "messages"} },
		func() { key.HasRestrictedPermissions, key.Permissions = true, []string{PermissionUserEdit} },
		func() {
			c.facts.Orgs[123].SidebarPages, c.facts.Orgs[124].SidebarPages = SidebarPages()[2:], SidebarPages()[:5]
			c.facts.Orgs[124].SSO, c.facts.Orgs[123].SSOProven = true, false
		},
		func() { c.facts.Credentials[u.ID] = Credentials{} },
		func() { u.Disabled = w.caller != w.target },
	} {
		if changes>>bit&1 == 1 {
			change()
		}
	}
	w.update = Update{
		EmailLimitReached: d.roll(8) == 7,
		IfMatch:           Precondition{Given: d.roll(8) == 7, States: seen(2)},
	}
	if d.roll(8) == 7 {
		w.update.Form = []FieldError{{Field: "phone", Code: CodeWrongType, Message: "Must be a string."}}
	}
	w.update.Patch = drawPatch(d, u, shownPages(u, c.facts.org(u.OrgID)), text)
	return w
}

func (w *drawn) judge() (*Outcome, error) {
	return UpdateUser(w.actor(w.caller), w.user(w.target), &w.update, w.facts)
}

func FuzzUpdateUser(f *testing.F) {
	f.Add([]byte{}, "")
	for caller := range byte(7) {
		for target := range byte(11) {
			f.Add([]byte{caller, target, 0, 0, 0, 0, 0, 3, 0, 3, 0, 3}, "x")
			f.Add([]byte{caller, target, 1 << (target % 8), 0, 0, 0, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 3, 3, 3, 3, 4, 4}, "Lancelot@example.org")
			seed := []byte{caller, target, caller * target, target, caller, target}
			for i := range byte(16) {
				seed = append(seed, (caller+1)*(target+3)*(i+5))
			}
			f.Add(seed, "\u202E<string>")
		}
	}
	// Every field alone, by a PROVIDER and by an ORG_ADMIN, with every kind of value.
	for caller := range byte(2) {
		for field := range 16 {
			for value := byte(2); value < 11; value++ {
				seed := make([]byte, 6+16)
				seed[0], seed[1], seed[6+field] = caller, 1, value
				f.Add(seed, "Excalibur!")
			}
		}
	}
	f.Fuzz(func(t *testing.T, bytes []byte, text string) {
		w, untouched := drawUpdate(bytes, text), drawUpdate(bytes, text)
		outcome, err := w.judge()
		if !reflect.DeepEqual(w, untouched) {
			t.Error("judging has changed what it judged")
		}
		if err != nil {
			checkRefusal(t, &w, err)
			return
		}
		checkOutcome(t, &w, outcome)
		w.apply(outcome)
		w.update.IfMatch = Precondition{}
		if again, err := w.judge(); err == nil && again.Changed() && !w.update.Patch.Password.Set {
			t.Errorf("first %s\nthen %s", told(outcome, nil), told(again, nil))
		}
	})
}

// apply takes a change into the company, as a batch does.
func (w *drawn) apply(o *Outcome) {
	w.users[w.target] = o.After
	w.facts.Credentials[o.After.ID] = o.Credentials
	if o.Before.EmailKey != o.After.EmailKey {
		delete(w.facts.EmailOwners, o.Before.EmailKey)
		w.facts.EmailOwners[o.After.EmailKey] = o.After.ID
	}
	w.facts.CountAdmin(o.Before, o.After)
}

// checkRefusal: its fields fit its code, are told once, and were asked for.
func checkRefusal(t *testing.T, w *drawn, err error) {
	t.Helper()
	refusal, ok := err.(*Error)
	if !ok {
		t.Fatalf("refused with %T %v", err, err)
	}
	refusals := []Code{CodeEditNotAllowed, CodeKeyCeiling, CodeLastOrgAdmin}
	seen := make(map[string]bool)
	for _, field := range refusal.Fields {
		name, _, _ := strings.Cut(field.Field, ".")
		row := slices.IndexFunc(userFields, func(f userField) bool { return f.name == name })
		isForm := slices.ContainsFunc(w.update.Form, func(f FieldError) bool { return f.Field == field.Field })
		if row < 0 || !isForm && !userFields[row].given(&w.update.Patch) || seen[field.Field] || field.Message == "" || field.Changed != nil {
			t.Errorf("%s: field %s", told(nil, err), field.Field)
		}
		if slices.Contains(refusals, field.Code) != (refusal.Code == CodeForbidden) {
			t.Errorf("%s: code %s", told(nil, err), field.Code)
		}
		seen[field.Field] = true
	}
	switch refusal.Code {
	case CodeInvalid:
		if len(refusal.Fields) == 0 {
			t.Error("invalid, and no field says why")
		}
	case CodeForbidden:
		if len(w.update.Form) > 0 {
			t.Errorf("%s, though the form is wrong", told(nil, err))
		}
	case CodeNotFound, CodeVersionConflict, CodeRateLimited:
		if len(refusal.Fields) > 0 || len(w.update.Form) > 0 {
			t.Errorf("%s, with form errors %v", told(nil, err), w.update.Form)
		}
	default:
		t.Errorf("refused with %s", told(nil, err))
	}
}

// checkOutcome: what an accepted update must hold, whatever it was.
func checkOutcome(t *testing.T, w *drawn, o *Outcome) {
	t.Helper()
	wrong := func(what string, args ...any) {
		t.Errorf("%s of %s by %s: %s", told(o, nil), w.target, w.caller, fmt.Sprintf(what, args...))
	}
	before, after, caller := o.Before, o.After, w.user(w.caller)
	if before != w.user(w.target) || o.Org != w.facts.Orgs[after.OrgID] {
		wrong("not the user, or not its organisation")
	}
	if o.Changed() != (after.Version == before.Version+1) || !o.Changed() && (after != before || len(o.Effects) > 0 || o.Endings != Endings{} || o.Credentials != w.facts.Credentials[before.ID]) {
		wrong("version %d to %d, effects %v, endings %+v", before.Version, after.Version, o.Effects, o.Endings)
	}
	if len(w.update.Form) > 0 || !w.update.IfMatch.holds(State{before.Version, w.facts.org(before.OrgID).Version}) {
		wrong("accepted against form or version")
	}
	if caller.Role != Provider && (after.OrgID != before.OrgID || after.OrgID != caller.OrgID) || w.facts.Orgs[after.OrgID].ProviderID != w.facts.Orgs[caller.OrgID].ProviderID {
		wrong("beyond the caller's organisation or provider")
	}
	if after.Role != before.Role && !caller.Role.MayGive(after.Role) {
		wrong("a role above the ceiling")
	}
	if after.Role != GroupManager && len(after.Accesses) > 0 || after.Role != BusinessManager && len(after.BusinessIDs) > 0 || after.Accesses == nil || after.BusinessIDs == nil {
		wrong("lists that the role does not use: %v %v", after.Accesses, after.BusinessIDs)
	}
	for _, id := range after.BusinessIDs {
		if w.facts.Businesses[id].OrgID != after.OrgID {
			wrong("business %s of another organisation", id)
		}
	}
	for _, id := range slices.Concat(after.Accesses...) {
		if w.facts.Groups[id].OrgID != after.OrgID {
			wrong("group %d of another organisation", id)
		}
	}
	if key, ok := EmailKey(after.Email); after.Email != before.Email && (!ok || key != after.EmailKey || w.facts.EmailOwners[key] != "" && w.facts.EmailOwners[key] != after.ID) {
		wrong("e-mail %q, key %q", after.Email, after.EmailKey)
	}
	for i, effect := range o.Effects {
		twice := slices.ContainsFunc(o.Effects[:i], func(e Effect) bool { return e.Effect == effect.Effect })
		if effect.Count < 1 || twice || !slices.Contains(effectNames(), effect.Effect) {
			wrong("effect %v", effect)
		}
	}
	for i, change := range o.Changes {
		twice := slices.ContainsFunc(o.Changes[:i], func(c Change) bool { return c.Field == change.Field })
		if twice || change.Field != "password" && reflect.DeepEqual(change.Before, change.After) {
			wrong("change %+v", change)
		}
		if hidden := []any{nil, "***"}; change.Field == "password" && !(slices.Contains(hidden, change.Before) && slices.Contains(hidden, change.After)) {
			wrong("a password is told")
		}
	}
	if len(Record(o.Changes)) != len(o.Changes) {
		wrong("the record has %d entries", len(Record(o.Changes)))
	}
}
