package directory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// history reads a page of a user's history as JSON lines, one an event.
func (d *opened) history(t *testing.T, by, target int, page Page) (lines []string, count int) {
	t.Helper()
	history, err := d.History(t.Context(), d.caller(by), userID(target), HistoryFilter{}, page)
	if err != nil {
		t.Fatalf("user %d reads the history of %d: %v", by, target, err)
	}
	for _, event := range history.Events {
		line, err := json.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(line))
	}
	return lines, history.Count
}

// wantLines compares events with what is written out, in which 'u7' stands for the
// id of user 7, and 'b7' for that of business 7.
func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	var names []string
	for n := range 20 {
		names = append(names, `"`+userID(n)+`"`, fmt.Sprintf("'u%d'", n), `"`+shopID(n)+`"`, fmt.Sprintf("'b%d'", n))
	}
	text := strings.NewReplacer(names...).Replace(strings.Join(got, "\n"))
	if expected := strings.Join(want, "\n"); text != expected {
		t.Errorf("events\n%s\nwant\n%s", text, expected)
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	all := Page{1, 30}
	lines, count := d.history(t, arthur, perceval, all)
	if len(lines) > 0 || count != 0 {
		t.Errorf("before any change: %d events, %q", count, lines)
	}
	d.plantCredentials(t, perceval)
	steps := []struct {
		by    int
		patch roundtable.UserPatch
	}{
		{arthur, roundtable.UserPatch{Phone: some("1"), Lang: some("de"), BusinessIDs: some(shopIDs(1, 3, 4)), FirstName: some("First")}},
		{bohort, roundtable.UserPatch{Phone: some(""), BusinessIDs: some(shopIDs(4, 3, 1)), Keywords: some([]string{"a", "b"})}},
		{perceval, roundtable.UserPatch{Password: some("Roundtable!1"), Keywords: some([]string{"b", "c"})}},
		{merlin, roundtable.UserPatch{SidebarPages: some([]string{"posts"}), Role: some("GROUP_MANAGER"), Accesses: some([][]int64{{1, 3}, {2}})}},
		{arthur, roundtable.UserPatch{SidebarPages: some([]string{"posts", "messages"}), Accesses: some([][]int64{{2}, {1}})}},
		{arthur, roundtable.UserPatch{SSOOnly: some(true), SidebarPages: roundtable.Null[[]string]()}},
		{arthur, setEmail("New@example.com")},
	}
	for i, step := range steps {
		d.now = noon.Add(time.Duration(i) * time.Second)
		d.update(t, step.by, perceval, step.patch)
	}
	lines, count = d.history(t, arthur, perceval, all)
	if count != len(steps) {
		t.Errorf("%d events, want %d", count, len(steps))
	}
	at := func(i int) int64 { return noon.Unix() + int64(i) }
	head := func(i, by int) string {
		return fmt.Sprintf(`{"id":%d,"created_at":%d,"request_id":"request by %d","actor":{"user_id":'u%[3]d',"api_key_id":%[3]d},"changes":[`, i+2, at(i), by)
	}
	wantLines(
		t, lines,
		head(6, arthur)+`{"field":"email","before":"u7@example.com","after":"New@example.com"}],"effects":[{"effect":"invitations_voided","count":1},{"effect":"sso_link_removed","count":1}]}`,
		head(5, arthur)+`{"field":"sidebar_pages","before":["posts","messages"],"after":null},{"field":"sso_only","before":false,"after":true},{"field":"password","before":"***","after":null}],"effects":[{"effect":"password_cleared","count":1},{"effect":"connection_tokens_voided","count":1}]}`,
		head(4, arthur)+`{"field":"accesses","added":[[1]],"removed":[[1,3]]},{"field":"sidebar_pages","added":["messages"],"removed":[]}],"effects":[]}`,
		head(3, merlin)+`{"field":"accesses","added":[[1,3],[2]],"removed":[]},{"field":"business_ids","added":[],"removed":['b4','b3','b1']},{"field":"role","before":"BUSINESS_MANAGER","after":"GROUP_MANAGER"},{"field":"sidebar_pages","before":null,"after":["posts"]}],"effects":[{"effect":"business_ids_dropped","count":3}]}`,
		head(2, perceval)+`{"field":"keywords","added":["c"],"removed":["a"]},{"field":"password","before":"***","after":"***"}],"effects":[{"effect":"sessions_ended","count":3},{"effect":"reset_links_voided","count":1}]}`,
		head(1, bohort)+`{"field":"business_ids","added":[],"removed":[]},{"field":"phone","before":"1","after":null},{"field":"keywords","added":["a","b"],"removed":[]}],"effects":[]}`,
		head(0, arthur)+`{"field":"business_ids","added":['b3','b4'],"removed":['b2']},{"field":"phone","before":null,"after":"1"},{"field":"lang","before":"fr","after":"de"}],"effects":[]}`,
	)
}

func TestHistoryPages(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	for i := range 7 {
		d.update(t, arthur, yvain, setPhone(fmt.Sprint(i)))
		d.update(t, arthur, perceval, setPhone(fmt.Sprint(i))) // whose events lie between
	}
	for page, want := range map[Page][]string{
		{1, 3}: {"8", "7", "6"}, {2, 3}: {"5", "4", "3"}, {3, 3}: {"2"}, {4, 3}: nil, {1_000_000, 100}: nil,
		{1, 7}: {"8", "7", "6", "5", "4", "3", "2"}, {2, 7}: nil, {7, 1}: {"2"}, {1, 100}: {"8", "7", "6", "5", "4", "3", "2"},
	} {
		history, err := d.History(t.Context(), d.caller(arthur), userID(yvain), HistoryFilter{}, page)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, event := range history.Events {
			got = append(got, fmt.Sprint(event.ID))
		}
		if !slices.Equal(got, want) || history.Count != 7 || history.Events == nil {
			t.Errorf("page %v has %q of %d, want %q", page, got, history.Count, want)
		}
	}
}

// The user itself and its administrators read a history; who READs the user only is
// told so.
func TestWhoReadsHistory(t *testing.T) {
	t.Parallel()
	const forbidden, notFound = "operation_not_allowed", "not_found"
	d := openSmall(t)
	for by, want := range map[int]string{
		merlin: "", arthur: "", bohort: "", karadoc: "", perceval: "", venec: notFound, gauvain: forbidden, yvain: notFound,
		blaise: notFound, galessin: "unauthenticated", lancelot: "unauthenticated", leodagan: notFound, caius: notFound, nobody: "unauthenticated",
	} {
		_, err := d.History(t.Context(), d.caller(by), userID(perceval), HistoryFilter{}, Page{1, 30})
		wantRefusal(t, fmt.Sprint("user ", by, " of perceval"), wrong(t, err), want)
	}
	for _, target := range []string{userID(nobody), "malformed", ""} {
		_, err := d.History(t.Context(), d.caller(arthur), target, HistoryFilter{}, Page{1, 30})
		wantRefusal(t, "of "+target, wrong(t, err), notFound)
	}
	for by, want := range map[int]string{blaise: "", bohort: forbidden, arthur: "", perceval: notFound} {
		_, err := d.History(t.Context(), d.caller(by), userID(blaise), HistoryFilter{}, Page{1, 30})
		wantRefusal(t, fmt.Sprint("user ", by, " of the PUBLISHER"), wrong(t, err), want)
	}
}

// Actors and values outside of the reader's READ scope are null.
func TestHistoryMasks(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.update(t, merlin, perceval, setShops(1, 2, 3))
	d.update(t, karadoc, gauvain, setShops(6, 1))
	d.update(t, bohort, perceval, setShops(2, 1))
	const (
		seen1 = `"request_id":"request by 1","actor":{"user_id":'u1',"api_key_id":1}`
		null1 = `"request_id":"request by 1","actor":null`
		seen4 = `"request_id":"request by 4","actor":{"user_id":'u4',"api_key_id":4}`
	)
	time := fmt.Sprint(noon.Unix())
	line := func(id int, actor, changes, effects string) string {
		return fmt.Sprintf(`{"id":%d,"created_at":%s,%s,"changes":[%s],"effects":[%s]}`, id, time, actor, changes, effects)
	}
	lines, _ := d.history(t, arthur, perceval, Page{1, 30})
	wantLines(t, lines, line(3, seen4, `{"field":"business_ids","added":[],"removed":['b3']}`, ""), line(2, seen1, `{"field":"business_ids","added":['b3'],"removed":[]}`, ""))
	// Neither the user itself nor a GROUP_MANAGER sees the PROVIDER, or a business out of its reach.
	for _, by := range []int{perceval, karadoc} {
		lines, _ = d.history(t, by, perceval, Page{1, 30})
		wantLines(t, lines, line(3, seen4, `{"field":"business_ids","added":[],"removed":[null]}`, ""), line(2, null1, `{"field":"business_ids","added":[null],"removed":[]}`, ""))
	}
	// After a move the new administrator sees nothing of the old organisation.
	d.update(t, merlin, perceval, roundtable.UserPatch{OrgID: some[int64](2), Role: some("GROUP_MANAGER"), Accesses: some([][]int64{{5}})})
	d.update(t, merlin, karadoc, setOrg(2))
	lines, _ = d.history(t, leodagan, perceval, Page{1, 1})
	wantLines(t, lines, line(4, null1, `{"field":"org_id","before":null,"after":2},{"field":"accesses","added":[[5]],"removed":[]},`+
		`{"field":"business_ids","added":[],"removed":[null,null]},{"field":"role","before":"BUSINESS_MANAGER","after":"GROUP_MANAGER"}`,
		`{"effect":"business_ids_dropped","count":2},{"effect":"api_keys_revoked","count":1}`))
	lines, _ = d.history(t, leodagan, karadoc, Page{1, 1})
	wantLines(t, lines, line(2, null1, `{"field":"org_id","before":null,"after":2},{"field":"accesses","added":[],"removed":[[null]]}`,
		`{"effect":"accesses_dropped","count":1},{"effect":"api_keys_revoked","count":1}`))
	// The PROVIDER still sees all of it.
	lines, _ = d.history(t, merlin, karadoc, Page{1, 1})
	wantLines(t, lines, line(2, seen1, `{"field":"org_id","before":1,"after":2},{"field":"accesses","added":[],"removed":[[1]]}`,
		`{"effect":"accesses_dropped","count":1},{"effect":"api_keys_revoked","count":1}`))
}

// What a reader may READ does not depend on what else stands on the page: here the
// move away from the organisation, of which the values are, stands on another.
func TestHistoryMasksPageByPage(t *testing.T) {
	t.Parallel()
	seed := smallCompany()
	seed.Orgs = append(seed.Orgs, SeedOrg{ID: 4, ProviderID: 1, Name: "Org 4", Alias: "org4"})
	d := open(t, seed, Options{})
	d.update(t, merlin, demetra, setShops(7, 8))
	d.update(t, merlin, demetra, roundtable.UserPatch{Role: some("GROUP_MANAGER"), Accesses: some([][]int64{{5}})})
	d.update(t, merlin, demetra, setOrg(4))
	var single []string
	for number := 1; number <= 3; number++ {
		lines, _ := d.history(t, merlin, demetra, Page{number, 1})
		single = append(single, lines...)
	}
	whole, _ := d.history(t, merlin, demetra, Page{1, 3})
	wantLines(t, single, strings.NewReplacer(`"`+userID(merlin)+`"`, "'u1'", `"`+shopID(7)+`"`, "'b7'", `"`+shopID(8)+`"`, "'b8'").Replace(strings.Join(whole, "\n")))
	if text := strings.Join(single, "\n"); strings.Contains(text, "null") {
		t.Errorf("the PROVIDER of both organisations sees null in\n%s", text)
	}
}

// History outlives those who made it, and the user itself.
func TestHistorySurvives(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.update(t, arthur, yvain, setPhone("1"))
	d.update(t, guenever, yvain, setPhone("2"))
	d.update(t, merlin, arthur, setOrg(2))
	d.exec(t, fmt.Sprintf("DELETE FROM api_keys WHERE user_id = '%s'", userID(guenever)), fmt.Sprintf("DELETE FROM users WHERE id = '%s'", userID(guenever)))
	lines, count := d.history(t, bohort, yvain, Page{1, 30})
	if count != 2 {
		t.Errorf("%d events", count)
	}
	at := fmt.Sprint(noon.Unix())
	wantLines(
		t, lines,
		`{"id":3,"created_at":`+at+`,"request_id":"request by 3","actor":null,"changes":[{"field":"phone","before":"1","after":"2"}],"effects":[]}`,
		`{"id":2,"created_at":`+at+`,"request_id":"request by 2","actor":null,"changes":[{"field":"phone","before":null,"after":"1"}],"effects":[]}`,
	)
	lines, _ = d.history(t, merlin, yvain, Page{2, 1})
	wantLines(t, lines, `{"id":2,"created_at":`+at+`,"request_id":"request by 2","actor":{"user_id":'u2',"api_key_id":2},"changes":[{"field":"phone","before":null,"after":"1"}],"effects":[]}`)
	d.exec(t, fmt.Sprintf("DELETE FROM user_businesses WHERE user_id = '%s'", userID(yvain)),
		fmt.Sprintf("DELETE FROM api_keys WHERE user_id = '%s'", userID(yvain)), fmt.Sprintf("DELETE FROM users WHERE id = '%s'", userID(yvain)))
	if n := len(d.query(t, "SELECT 'x' FROM events WHERE user_id = $1", userID(yvain))); n != 2 {
		t.Errorf("%d events of a deleted user, want 2", n)
	}
}

// A refused update, one that changes nothing and a preview leave no event.
func TestNoEventWithoutChange(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.refusal(t, arthur, yvain, setPhone("!"))
	d.refusal(t, yvain, arthur, setPhone("1"))
	d.update(t, arthur, yvain, roundtable.UserPatch{Phone: some(""), FirstName: some(" First "), BusinessIDs: some(shopIDs(3, 3)), Keywords: roundtable.Null[[]string]()})
	d.preview(t, arthur, yvain, setPhone("1"))
	if _, count := d.history(t, arthur, yvain, Page{1, 30}); count != 0 {
		t.Errorf("%d events", count)
	}
	if n := len(d.query(t, "SELECT 'x' FROM events")); n > 0 {
		t.Errorf("%d events stored", n)
	}
}
