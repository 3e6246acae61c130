package directory

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
)

func (d *opened) delete(t *testing.T, by, target int) string {
	t.Helper()
	_, err := d.DeleteUser(t.Context(), d.caller(by), userID(target), roundtable.Precondition{})
	return wrong(t, err)
}

// What was personal leaves the whole history, however long, and nothing else does. Who
// is gone is still the one who made changes, for those who may know.
func TestDeletionForgets(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.update(t, arthur, perceval, roundtable.UserPatch{
		Email: some("secret@example.com"), FirstName: some("Secretia"), Phone: some("555"), Keywords: some([]string{"secret", "kwtwo"}),
		Lang: some("de"), BusinessIDs: some(shopIDs(3)),
	})
	for i := range 40 {
		d.update(t, arthur, perceval, roundtable.UserPatch{LastName: some(fmt.Sprint("Secret ", i)), Phone: some("")})
		d.update(t, arthur, perceval, setPhone(fmt.Sprint("555", i)))
	}
	d.update(t, arthur, guenever, setPhone("1"))
	d.update(t, guenever, arthur, roundtable.UserPatch{Phone: some("secret 2"), LastName: some("Stays")})
	wantRefusal(t, "deletion", d.delete(t, guenever, perceval), "")
	text := fmt.Sprint(d.dump(t))
	for _, personal := range []string{"Secret ", "Secretia", "secret@", `"secret"`, "kwtwo", `"555`, "u7@example.com"} {
		if strings.Contains(text, personal) {
			t.Errorf("%q is still there", personal)
		}
	}
	if !strings.Contains(text, "Stays") || !strings.Contains(text, "secret 2") {
		t.Error("somebody else was forgotten, too")
	}
	lines, count := d.history(t, arthur, perceval, Page{1, 2})
	if count != 82 {
		t.Errorf("%d events", count)
	}
	wantLines(t, lines[:1], `{"id":83,"created_at":1772366400,"request_id":"request by 3","actor":{"user_id":'u3',"api_key_id":3},`+
		`"changes":[{"field":"deleted","before":false,"after":true}],"effects":[{"effect":"business_ids_dropped","count":1},{"effect":"api_keys_revoked","count":1}]}`)
	first, _ := d.history(t, merlin, perceval, Page{82, 1})
	wantLines(t, first, `{"id":2,"created_at":1772366400,"request_id":"request by 2","actor":{"user_id":'u2',"api_key_id":2},"changes":[`+
		`{"field":"email","before":"deleted user","after":"deleted user"},{"field":"first_name","before":"deleted user","after":"deleted user"},`+
		`{"field":"business_ids","added":['b3'],"removed":['b1','b2']},{"field":"phone","before":null,"after":"deleted user"},`+
		`{"field":"lang","before":"fr","after":"de"},{"field":"keywords","added":["deleted user","deleted user"],"removed":[]}],"effects":[]}`)
	for _, by := range []int{bohort, karadoc, gauvain, leodagan, caius, blaise} {
		_, err := d.History(t.Context(), d.caller(by), userID(perceval), HistoryFilter{}, Page{1, 1})
		wantRefusal(t, fmt.Sprint("user ", by, " reads the history of who is gone"), wrong(t, err), "not_found")
	}
	wantRefusal(t, "deletion of a caller", d.delete(t, merlin, guenever), "")
	lines, _ = d.history(t, arthur, perceval, Page{1, 1})
	if !strings.Contains(lines[0], userID(guenever)) {
		t.Errorf("it is not told any more who did it: %s", lines[0])
	}
	wantRefusal(t, "the key of who is gone", d.refusal(t, guenever, yvain, setPhone("1")), "unauthenticated")
	wantRefusal(t, "again", d.delete(t, arthur, perceval), "not_found")
}

// The last two administrators delete each other: one of them stays.
func TestMutualDeletion(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	var all sync.WaitGroup
	for _, pair := range [][2]int{{arthur, guenever}, {guenever, arthur}} {
		all.Go(func() {
			_, err := d.DeleteUser(t.Context(), d.caller(pair[0]), userID(pair[1]), roundtable.Precondition{})
			if got := wrong(t, err); got != "" && got != "unauthenticated" {
				t.Errorf("answered %s", got)
			}
		})
	}
	all.Wait()
	if rows := d.query(t, "SELECT id FROM users WHERE org_id = 1 AND role = 'ORG_ADMIN'"); len(rows) != 1 {
		t.Errorf("%d administrators are left", len(rows))
	}
}

// Updates of the batch are before the deletion, and those after it find nobody.
func TestDeletionBesideUpdates(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			_, err := d.UpdateUser(t.Context(), d.caller(arthur), userID(yvain), roundtable.Update{Patch: setPhone(fmt.Sprint(i))})
			if got := wrong(t, err); got != "" && got != "not_found" {
				t.Errorf("answered %s", got)
			}
		})
		if i == 15 {
			all.Go(func() { wantRefusal(t, "deletion", d.delete(t, arthur, yvain), "") })
		}
	}
	all.Wait()
	lines, count := d.history(t, arthur, yvain, Page{1, 100})
	if len(lines) != count || !strings.Contains(lines[0], `"deleted"`) || strings.Count(fmt.Sprint(lines), `"deleted"`) != 1 {
		t.Errorf("%d events, the last %s", count, lines[0])
	}
}

// Of many invitations at once, one is mailed.
func TestOneInvitation(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	answers := make(map[string]int)
	for range 8 {
		all.Go(func() {
			answer := wrong(t, d.InviteUser(t.Context(), d.caller(arthur), userID(galessin)))
			mu.Lock()
			defer mu.Unlock()
			answers[answer]++
		})
	}
	all.Wait()
	waiting := "SELECT CAST(id AS TEXT) FROM mails WHERE sent_at IS NULL AND cancelled_at IS NULL"
	if rows := d.query(t, waiting); answers[""] != 1 || answers["rate_limited"] != 7 || len(rows) != 1 {
		t.Errorf("answers %v, %d mails", answers, len(rows))
	}
	d.now = d.now.Add(roundtable.InvitationInterval)
	wantRefusal(t, "five minutes later", wrong(t, d.InviteUser(t.Context(), d.caller(arthur), userID(galessin))), "")
	if rows := d.query(t, waiting); len(rows) != 1 {
		t.Errorf("%d mails wait", len(rows))
	}
	d.now = d.now.Add(time.Minute)
	d.exec(t, fmt.Sprint("UPDATE mails SET sent_at = ", d.now.UnixMicro(), " WHERE cancelled_at IS NULL"))
	d.now = d.now.Add(roundtable.InvitationInterval - time.Second)
	wantRefusal(t, "less than five minutes after the sending", wrong(t, d.InviteUser(t.Context(), d.caller(arthur), userID(galessin))), "rate_limited")
}
