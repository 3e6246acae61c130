package directory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// plantCredentials gives a user everything that lets somebody in: of each kind what
// is open, what has ended before, and what has expired. What lets nobody in, a mail that
// was given up and a link that turns mails off, is there too.
func (d *opened) plantCredentials(t *testing.T, n int) {
	t.Helper()
	user, past, later := userID(n), noon.UnixMicro(), noon.Add(time.Hour).UnixMicro()
	texts := []string{fmt.Sprintf("INSERT INTO passwords (user_id, hash, changed_at) VALUES ('%s', 'first hash', 1)", user)}
	add := func(format string, args ...any) { texts = append(texts, fmt.Sprintf(format, args...)) }
	for id, kind := range []string{1: "password", 2: "password", 3: "sso"} {
		if id > 0 {
			add("INSERT INTO sessions (id, token_hash, user_id, kind, created_at, expires_at) VALUES (%d, x'0%[1]d', '%[2]s', '%[3]s', 1, %[4]d)", id, user, kind, later)
		}
	}
	add("INSERT INTO sessions (id, token_hash, user_id, kind, created_at, expires_at) VALUES (4, x'04', '%s', 'password', 1, %d)", user, past)
	add("INSERT INTO connection_tokens (token_hash, user_id, created_at, expires_at, consumed_at, revoked_at) VALUES (x'01', '%s', 1, %d, NULL, NULL)", user, later)
	add("INSERT INTO connection_tokens (token_hash, user_id, created_at, expires_at, consumed_at, revoked_at) VALUES (x'02', '%s', 1, %d, 5, NULL)", user, later)
	add("INSERT INTO connection_tokens (token_hash, user_id, created_at, expires_at, consumed_at, revoked_at) VALUES (x'03', '%s', 1, %d, NULL, 5)", user, later)
	add("INSERT INTO connection_tokens (token_hash, user_id, created_at, expires_at, consumed_at, revoked_at) VALUES (x'04', '%s', 1, %d, NULL, NULL)", user, past)
	add("INSERT INTO links (token_hash, user_id, kind, created_at, expires_at) VALUES (x'21', '%s', 'unsubscribe', 1, %d)", user, later)
	for i, kind := range []string{"invitation", "reset"} {
		add("INSERT INTO links (token_hash, user_id, kind, created_at, expires_at, used_at, voided_at) VALUES (x'%d1', '%s', '%s', 1, %d, NULL, NULL)", i, user, kind, later)
		add("INSERT INTO links (token_hash, user_id, kind, created_at, expires_at, used_at, voided_at) VALUES (x'%d2', '%s', '%s', 1, %d, 5, NULL)", i, user, kind, later)
		add("INSERT INTO links (token_hash, user_id, kind, created_at, expires_at, used_at, voided_at) VALUES (x'%d3', '%s', '%s', 1, %d, NULL, 5)", i, user, kind, later)
		add("INSERT INTO links (token_hash, user_id, kind, created_at, expires_at, used_at, voided_at) VALUES (x'%d4', '%s', '%s', 1, %d, NULL, NULL)", i, user, kind, past)
	}
	add("INSERT INTO sso_links (user_id, issuer, subject, created_at) VALUES ('%s', 'issuer', 'subject', 1)", user)
	add("INSERT INTO mails (id, user_id, kind, created_at, sent_at, cancelled_at) VALUES (1, '%s', 'welcome', 1, NULL, NULL), (2, '%[1]s', 'welcome', 1, NULL, NULL), (3, '%[1]s', 'welcome', 1, 5, NULL), (4, '%[1]s', 'welcome', 1, NULL, 5)", user)
	add("INSERT INTO mails (id, user_id, kind, created_at, failed_at) VALUES (5, '%s', 'welcome', 1, 5)", user)
	for id, revoked := range map[int]string{107: "NULL", 108: "5"} {
		add("INSERT INTO api_keys (id, user_id, secret_hash, kind, label, label_key, description, demo, ip_whitelist, has_restricted_permissions, permissions, created_at, revoked_at)"+
			" VALUES (%d, '%s', x'%x', 'user', 'more', 'more', '', FALSE, '[]', FALSE, '[]', 1, %s)", id, user, secret.HashAPIKey(keyOf(id)), revoked)
	}
	d.exec(t, texts...)
}

// credentials lists what a user has, each with the two instants at which it may have
// ended: none (-), now, or before.
func (d *opened) credentials(t *testing.T, n int) []string {
	t.Helper()
	at := func(columns ...string) string {
		var text []string
		for _, column := range columns {
			text = append(text, fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN '-' WHEN %[1]s = %[2]d THEN 'now' ELSE 'before' END", column, noon.UnixMicro()))
		}
		return " || ' ' || " + strings.Join(text, " || '/' || ")
	}
	return d.query(t, "SELECT 'password ' || replace(hash, ' ', '_') || ' -' FROM passwords WHERE user_id = $1"+
		" UNION ALL SELECT 'session ' || id || ' -' FROM sessions WHERE user_id = $1"+
		" UNION ALL SELECT 'token ' || hex(token_hash)"+at("consumed_at", "revoked_at")+" FROM connection_tokens WHERE user_id = $1"+
		" UNION ALL SELECT kind || ' ' || substr(hex(token_hash), 2)"+at("used_at", "voided_at")+" FROM links WHERE user_id = $1"+
		" UNION ALL SELECT 'sso link ' || subject || ' -' FROM sso_links WHERE user_id = $1"+
		" UNION ALL SELECT 'mail ' || id"+at("sent_at", "cancelled_at")+" FROM mails WHERE user_id = $1"+
		" UNION ALL SELECT 'key ' || id"+at("revoked_at")+" FROM api_keys WHERE user_id = $1 ORDER BY 1", userID(n))
}

// ended compares two lists of credentials: what is gone, and what ended now. It
// reports any other difference.
func ended(t *testing.T, before, after []string) []string {
	t.Helper()
	split := func(line string) (name, state string) {
		cut := strings.LastIndexByte(line, ' ')
		return line[:cut], line[cut+1:]
	}
	left := make(map[string]string)
	for _, line := range after {
		name, state := split(line)
		left[name] = state
	}
	var names []string
	for _, line := range before {
		name, was := split(line)
		switch is, there := left[name]; {
		case !there && was == "-", there && strings.Trim(was, "-/") == "" && is == was[:len(was)-1]+"now":
			names = append(names, name)
		case is != was:
			t.Errorf("%s was %s and is %s", name, was, is)
		}
	}
	slices.Sort(names)
	return names
}

// What each change ends, by contract 1 (table 1), 1.5 and 1.6. Beyond their letter:
// disabling cancels queued mails; a password, sso_only and invited void reset links;
// invited voids connection tokens; active voids invitations. What has expired ends
// with the rest, and is not counted.
func TestCredentialsThatEnd(t *testing.T) {
	t.Parallel()
	sessions := []string{"session 1", "session 2", "session 3", "session 4"}
	tokens := []string{"token 01", "token 04"}
	invitations := []string{"invitation 1", "invitation 4"}
	resets := []string{"reset 1", "reset 4"}
	mails := []string{"mail 1", "mail 2"}
	ssoLink := []string{"sso link subject"}
	password := []string{"password first_hash"}
	type effects map[roundtable.EffectName]int
	tests := map[string]struct {
		before  []roundtable.UserPatch // made first, by Merlin
		patch   roundtable.UserPatch
		ends    []string
		effects effects
	}{
		"disabled": {
			patch: setDisabled(true), ends: slices.Concat(sessions, tokens, invitations, resets, mails),
			effects: effects{"sessions_ended": 3, "api_keys_suspended": 2, "connection_tokens_voided": 1, "invitations_voided": 1, "reset_links_voided": 1, "mails_cancelled": 2},
		},
		"enabled": {before: []roundtable.UserPatch{setDisabled(true)}, patch: setDisabled(false), effects: effects{"api_keys_restored": 2}},
		"moved": {
			patch: setOrg(2), ends: slices.Concat(sessions, tokens, invitations, resets, mails, ssoLink, []string{"key 107", "key 7"}),
			effects: effects{
				"business_ids_dropped": 2, "sessions_ended": 3, "api_keys_revoked": 2, "connection_tokens_voided": 1,
				"invitations_voided": 1, "reset_links_voided": 1, "sso_link_removed": 1, "mails_cancelled": 2,
			},
		},
		"password": {
			patch: roundtable.UserPatch{Password: some("Roundtable!1")}, ends: slices.Concat(password, sessions, resets),
			effects: effects{"sessions_ended": 3, "reset_links_voided": 1},
		},
		"invited": {
			patch: setStatus(roundtable.Invited), ends: slices.Concat(password, sessions, tokens, resets),
			effects: effects{"password_cleared": 1, "sessions_ended": 3, "api_keys_suspended": 2, "connection_tokens_voided": 1, "reset_links_voided": 1},
		},
		"active": {
			before: []roundtable.UserPatch{setStatus(roundtable.Invited)}, patch: setStatus(roundtable.Active), ends: invitations,
			effects: effects{"api_keys_restored": 2, "invitations_voided": 1},
		},
		"e-mail": {
			patch: setEmail("new@example.com"), ends: slices.Concat(tokens, invitations, resets, ssoLink),
			effects: effects{"connection_tokens_voided": 1, "invitations_voided": 1, "reset_links_voided": 1, "sso_link_removed": 1},
		},
		"e-mail in another case": {
			patch: setEmail("U7@example.com"), ends: slices.Concat(tokens, invitations, resets, ssoLink),
			effects: effects{"connection_tokens_voided": 1, "invitations_voided": 1, "reset_links_voided": 1, "sso_link_removed": 1},
		},
		"sso_only": {
			patch: roundtable.UserPatch{SSOOnly: some(true)}, ends: slices.Concat(password, tokens, resets, []string{"session 1", "session 2", "session 4"}),
			effects: effects{"password_cleared": 1, "sessions_ended": 2, "connection_tokens_voided": 1, "reset_links_voided": 1},
		},
		"sso_only and invited": {
			patch: roundtable.UserPatch{SSOOnly: some(true), Status: some("invited")}, ends: slices.Concat(password, sessions, tokens, resets),
			effects: effects{"password_cleared": 1, "sessions_ended": 3, "api_keys_suspended": 2, "connection_tokens_voided": 1, "reset_links_voided": 1},
		},
		"disabled and moved": {
			patch: roundtable.UserPatch{Disabled: some(true), OrgID: some[int64](2)}, ends: slices.Concat(sessions, tokens, invitations, resets, mails, ssoLink, []string{"key 107", "key 7"}),
			effects: effects{
				"business_ids_dropped": 2, "sessions_ended": 3, "api_keys_revoked": 2, "connection_tokens_voided": 1,
				"invitations_voided": 1, "reset_links_voided": 1, "sso_link_removed": 1, "mails_cancelled": 2,
			},
		},
		"disabled, keys suspended before": {
			before: []roundtable.UserPatch{setStatus(roundtable.Invited)}, patch: setDisabled(true), ends: slices.Concat(invitations, mails),
			effects: effects{"invitations_voided": 1, "mails_cancelled": 2},
		},
		"role":     {patch: setRole(roundtable.OrgManager), effects: effects{"business_ids_dropped": 2}},
		"phone":    {patch: setPhone("1"), effects: effects{}},
		"the same": {patch: roundtable.UserPatch{Email: some("u7@example.com"), Disabled: some(false), Status: some("active"), OrgID: some[int64](1), SSOOnly: some(false)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openSmall(t)
			d.plantCredentials(t, perceval)
			// Those of somebody else must stay.
			d.exec(t, fmt.Sprintf("INSERT INTO sessions (id, token_hash, user_id, kind, created_at, expires_at) VALUES (99, x'99', '%s', 'password', 1, %d)", userID(gauvain), noon.UnixMicro()+1))
			for _, patch := range test.before {
				d.now = noon.Add(-1)
				d.update(t, merlin, perceval, patch)
				d.now = noon
			}
			before := d.credentials(t, perceval)
			update := roundtable.Update{Patch: test.patch}
			var preview *Preview
			d.wantUnchanged(t, "the preview", func() {
				var err error
				if preview, err = d.PreviewUser(t.Context(), d.caller(merlin), userID(perceval), update); err != nil {
					t.Fatal(err)
				}
			})
			d.update(t, merlin, perceval, test.patch)
			if got := ended(t, before, d.credentials(t, perceval)); !slices.Equal(got, slices.Sorted(slices.Values(test.ends))) {
				t.Errorf("ended\n%q, want\n%q", got, test.ends)
			}
			if n := len(d.query(t, "SELECT 'x' FROM sessions WHERE id = 99")); n != 1 {
				t.Error("the session of somebody else ended too")
			}
			told := effects{}
			if test.effects != nil {
				history, err := d.History(t.Context(), d.caller(merlin), userID(perceval), HistoryFilter{}, Page{1, 1})
				if err != nil {
					t.Fatal(err)
				}
				for _, effect := range history.Events[0].Effects {
					told[effect.Effect] += effect.Count
				}
				if len(told) != len(history.Events[0].Effects) {
					t.Errorf("an effect is told twice: %v", history.Events[0].Effects)
				}
			} else if n := len(d.query(t, "SELECT 'x' FROM events")); n > 0 {
				t.Errorf("%d events of no change", n)
			}
			if !maps.Equal(told, test.effects) {
				t.Errorf("the event tells %v, want %v", told, test.effects)
			}
			previewed := effects{}
			for _, effect := range preview.Effects {
				previewed[effect.Effect] += effect.Count
			}
			if !maps.Equal(previewed, test.effects) {
				t.Errorf("the preview tells %v, want %v", previewed, test.effects)
			}
		})
	}
}

// Items of one batch count what those before them have left.
func TestEffectsWithinABatch(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.plantCredentials(t, perceval)
	batch := []*item{
		d.item(t, merlin, perceval, roundtable.UserPatch{SSOOnly: some(true)}),
		d.item(t, merlin, perceval, setEmail("new@example.com")),
		d.item(t, merlin, perceval, roundtable.UserPatch{SSOOnly: some(false), Password: some("Roundtable!1")}),
		d.item(t, merlin, perceval, setDisabled(true)),
	}
	batch[2].update.PasswordHash = "second hash"
	if _, waited := d.runAll(t, batch); waited > 0 {
		t.Fatal("the items were not judged in one batch")
	}
	want := []string{
		`[{"effect":"password_cleared","count":1},{"effect":"sessions_ended","count":2},{"effect":"connection_tokens_voided","count":1},{"effect":"reset_links_voided","count":1}]`,
		`[{"effect":"invitations_voided","count":1},{"effect":"sso_link_removed","count":1}]`,
		`[{"effect":"sessions_ended","count":1}]`,
		`[{"effect":"mails_cancelled","count":2},{"effect":"api_keys_suspended","count":2}]`,
	}
	if got := d.query(t, "SELECT effects FROM events ORDER BY version"); !slices.Equal(got, want) {
		t.Errorf("effects\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := d.query(t, "SELECT hash FROM passwords"); len(got) != 1 || got[0] != "second hash" {
		t.Errorf("passwords %q", got)
	}
}

// Null clears the password of somebody who signs in through SSO only, and nobody
// else's.
func TestPasswordCleared(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.plantCredentials(t, perceval)
	cleared := roundtable.UserPatch{Password: roundtable.Null[string]()}
	wantRefusal(t, "null for somebody with a password", d.refusal(t, arthur, perceval, cleared), "invalid (password: null_not_allowed)")
	d.exec(t, "UPDATE users SET sso_only = TRUE")
	before := d.credentials(t, perceval)
	d.update(t, arthur, perceval, cleared)
	if got := ended(t, before, d.credentials(t, perceval)); !slices.Equal(got, []string{"password first_hash"}) {
		t.Errorf("ended %q", got)
	}
	version := d.user(t, perceval).Version
	if d.update(t, arthur, perceval, cleared); d.user(t, perceval).Version != version {
		t.Error("clearing what is clear is a change")
	}
}

// A password is stored as its hash, and nowhere as it is.
func TestPasswordStored(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	const password = "Correct Horse!"
	d.update(t, perceval, perceval, roundtable.UserPatch{Password: some(password)})
	hash := d.query(t, "SELECT hash FROM passwords WHERE user_id = $1 AND changed_at = $2", userID(perceval), noon.UnixMicro())[0]
	if ok, _ := secret.VerifyPassword(hash, password); !ok {
		t.Errorf("the hash %s is of another password", hash)
	}
	for table, rows := range d.dump(t) {
		if text := strings.Join(rows, "\n"); strings.Contains(text, password) || table != "passwords" && strings.Contains(text, "argon2") {
			t.Errorf("%s tells of the password", table)
		}
	}
	changes := d.query(t, "SELECT changes FROM events")
	if want := `[{"field":"password","before":null,"after":"***"}]`; len(changes) != 1 || changes[0] != want {
		t.Errorf("events %s", changes)
	}
}

// The next request with a key whose owner may not act is refused, whatever it asks
// and whether or not the server has seen the key before (section 1.6).
func TestKeysOfThoseWhoMayNotAct(t *testing.T) {
	t.Parallel()
	const unauthenticated = "unauthenticated"
	tests := map[string]struct {
		off, on *roundtable.UserPatch
	}{
		"disabled": {new(setDisabled(true)), new(setDisabled(false))},
		"invited":  {new(setStatus(roundtable.Invited)), new(setStatus(roundtable.Active))},
		"moved":    {new(setOrg(2)), nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openSmall(t)
			known, err := d.Authenticate(t.Context(), keyOf(perceval), loopback(), "request")
			if err != nil {
				t.Fatal(err)
			}
			d.update(t, merlin, perceval, *test.off)
			d.wantRefused(t, known, unauthenticated)
			if again, err := d.Authenticate(t.Context(), keyOf(perceval), loopback(), "request"); err == nil {
				d.wantRefused(t, again, unauthenticated)
			} else {
				wantRefusal(t, "the door", wrong(t, err), unauthenticated)
			}
			if test.on == nil {
				return
			}
			d.update(t, merlin, perceval, *test.on)
			if _, err := d.Authenticate(t.Context(), keyOf(perceval), loopback(), "request"); err != nil {
				t.Errorf("once restored: %v", err)
			}
			if _, _, err := d.User(t.Context(), known, known.UserID); err != nil {
				t.Errorf("once restored: %v", err)
			}
		})
	}
}

// wantRefused tries every operation.
func (d *opened) wantRefused(t *testing.T, caller Caller, want string) {
	t.Helper()
	form := []roundtable.FieldError{{Field: "phone", Code: roundtable.CodeWrongType}}
	for _, target := range []string{caller.UserID, userID(arthur), userID(caius), userID(nobody), "malformed"} {
		_, _, err := d.User(t.Context(), caller, target)
		wantRefusal(t, "User "+target, wrong(t, err), want)
		_, err = d.History(t.Context(), caller, target, HistoryFilter{}, Page{1, 30})
		wantRefusal(t, "History "+target, wrong(t, err), want)
		for what, update := range map[string]roundtable.Update{
			"phone": {Patch: setPhone("1")}, "nothing": {}, "form": {Form: form},
			"password": {Patch: roundtable.UserPatch{Password: some("Roundtable!1")}},
			"version":  {Patch: setPhone("1"), IfMatch: roundtable.Precondition{Given: true, States: seen(7)}},
		} {
			_, err = d.UpdateUser(t.Context(), caller, target, update)
			wantRefusal(t, "UpdateUser "+what, wrong(t, err), want)
			_, err = d.PreviewUser(t.Context(), caller, target, update)
			wantRefusal(t, "PreviewUser "+what, wrong(t, err), want)
		}
	}
}
