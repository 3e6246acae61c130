package directory

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSSOEndsAreAnnounced: 30 and 7 days before, once each, to the administrators.
func TestSSOEndsAreAnnounced(t *testing.T) {
	d := openSmall(t)
	d.exec(t, fmt.Sprintf("UPDATE sso_configurations SET expires_at = %d", noon.Add(31*24*time.Hour).UnixMicro()))
	after := func(days int) string {
		t.Helper()
		d.now = noon.Add(time.Duration(days) * 24 * time.Hour)
		for range 2 { // once each
			if err := d.AnnounceSSOEnds(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return fmt.Sprint(len(d.query(t, "SELECT kind FROM mails WHERE kind = 'sso_expiry'")))
	}
	for _, step := range [][2]any{{0, "0"}, {1, "2"}, {20, "2"}, {24, "4"}, {30, "4"}, {40, "4"}} {
		if got := after(step[0].(int)); got != step[1] {
			t.Errorf("after %d days %s mails, want %s", step[0], got, step[1])
		}
	}
	rows := d.query(t, "SELECT DISTINCT user_id FROM mails ORDER BY user_id")
	if fmt.Sprint(rows) != fmt.Sprint([]string{userID(arthur), userID(guenever)}) {
		t.Errorf("to %v", rows)
	}
}

// announced queues the mails of a configuration that ends in a week, with a contact, and
// claims them: to whom, in which language and in whose name.
func (d *opened) announced(t *testing.T, contact string) []string {
	t.Helper()
	settings := fmt.Sprintf(`{"issuer":"https://login.org1.example","client_id":"roundtable","contact_email":"%s"}`, contact)
	d.exec(t, fmt.Sprintf("UPDATE sso_configurations SET settings = '%s', expires_at = %d, warned_at = NULL WHERE org_id = 1",
		settings, d.now.Add(24*time.Hour).UnixMicro()), "DELETE FROM mails")
	for range 2 {
		if err := d.AnnounceSSOEnds(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return d.claimed(t)
}

// claimed tells to whom the mails that are due go.
func (d *opened) claimed(t *testing.T) (list []string) {
	t.Helper()
	for _, m := range d.claim(t).Mails {
		list = append(list, strings.TrimSpace(fmt.Sprint(m.Address, " ", m.Lang, " ", m.Org, " ", m.FirstName)))
	}
	slices.Sort(list)
	return list
}

// TestSSOContactIsTold: whoever looks after a configuration hears of its end, too, and once.
func TestSSOContactIsTold(t *testing.T) {
	d := openSmall(t)
	admins := d.announced(t, "")
	if len(admins) != 2 {
		t.Fatalf("without a contact: %q", admins)
	}
	for contact, want := range map[string][]string{
		"IT@Elsewhere.example":           {"IT@Elsewhere.example en Org 1"},
		" ":                              nil,
		strings.ToUpper(emailOf(arthur)): nil, // is told as an administrator
		emailOf(perceval):                {emailOf(perceval) + " en Org 1"},
	} {
		want = append(want, admins...)
		slices.Sort(want)
		if got := d.announced(t, contact); !slices.Equal(got, want) {
			t.Errorf("contact %q: told %q, want %q", contact, got, want)
		}
	}
	d.exec(t, "UPDATE users SET disabled = TRUE WHERE id IN ('"+userID(arthur)+"', '"+userID(guenever)+"')")
	if got := d.announced(t, "it@elsewhere.example"); !slices.Equal(got, []string{"it@elsewhere.example en Org 1"}) {
		t.Errorf("without an administrator: told %q", got)
	}
	if got := d.announced(t, emailOf(arthur)); !slices.Equal(got, []string{emailOf(arthur) + " en Org 1"}) {
		t.Errorf("an administrator who is switched off, as the contact: told %q", got)
	}
}

// TestSSOContactFitsNoMore: what waits for a contact is cancelled when it is not so any more.
func TestSSOContactFitsNoMore(t *testing.T) {
	for what, change := range map[string]string{
		"another contact": "UPDATE sso_configurations SET settings = '{\"contact_email\":\"other@elsewhere.example\"}'",
		"switched off":    "UPDATE sso_configurations SET enabled = FALSE",
		"renewed":         "UPDATE sso_configurations SET expires_at = expires_at + 86400000000",
		"gone":            "DELETE FROM sso_configurations",
	} {
		d := openSmall(t)
		d.announced(t, "it@elsewhere.example")
		listed, err := d.QueuedMails(t.Context(), 10)
		if err != nil || !slices.ContainsFunc(listed, func(m QueuedMail) bool { return m.Address == "it@elsewhere.example" }) {
			t.Errorf("%s: listed %v %v", what, listed, err)
		}
		d.exec(t, change)
		d.now = d.now.Add(MailLease)
		if got := d.claimed(t); len(got) != 2 {
			t.Errorf("%s: told %q", what, got)
		}
		if rows := d.query(t, "SELECT about FROM mails WHERE cancelled_at IS NOT NULL"); len(rows) != 1 || !strings.Contains(rows[0], "it@elsewhere.example") {
			t.Errorf("%s: cancelled %q", what, rows)
		}
	}
}
