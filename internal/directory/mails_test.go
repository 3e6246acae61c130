package directory

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// plantMail leaves a mail of a kind to be sent to a user.
func (d *opened) plantMail(t *testing.T, id, to int, kind roundtable.MailKind, about string) {
	t.Helper()
	d.exec(t, fmt.Sprintf("INSERT INTO mails (id, user_id, kind, about, created_at) VALUES (%d, '%s', '%s', '%s', %d)",
		id, userID(to), kind, about, d.now.UnixMicro()))
}

// claim claims all mails that are due.
func (d *opened) claim(t *testing.T) *MailClaim {
	t.Helper()
	ids, err := d.DueMails(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	claim, err := d.ClaimMails(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	return claim
}

func (c *MailClaim) ids() (ids []int64) {
	for _, m := range c.Mails {
		ids = append(ids, m.ID)
	}
	return ids
}

// mails tells the state of every mail.
func (d *opened) mails(t *testing.T) []string {
	t.Helper()
	return d.query(t, "SELECT id || ' ' || CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN cancelled_at IS NOT NULL THEN 'cancelled'"+
		" WHEN failed_at IS NOT NULL THEN 'failed' WHEN leased_by IS NOT NULL THEN 'claimed' ELSE 'waiting' END || ' ' || tries || ' ' || error FROM mails ORDER BY id")
}

func wantMails(t *testing.T, d *opened, what string, want ...string) {
	t.Helper()
	if got := d.mails(t); !slices.Equal(got, want) {
		t.Errorf("%s: mails %q, want %q", what, got, want)
	}
}

func (d *opened) record(t *testing.T, claim *MailClaim, id int64, result MailResult) {
	t.Helper()
	if err := d.RecordMail(t.Context(), claim, id, result); err != nil {
		t.Fatal(err)
	}
}

// A claimed mail comes with what its text needs as of now, and nobody else gets it.
func TestClaimMails(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	if err := d.InviteUser(t.Context(), d.caller(arthur), userID(galessin)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-d.MailsQueued():
	default:
		t.Error("nobody was woken")
	}
	d.update(t, arthur, galessin, roundtable.UserPatch{FirstName: some("Galessin"), Lang: some("de"), Email: some("galessin@example.com")})
	claim := d.claim(t)
	if len(claim.Mails) != 1 {
		t.Fatalf("claimed %v", claim.Mails)
	}
	mail := claim.Mails[0]
	token, hash := mail.Token, secret.HashToken(mail.Token)
	if bits, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(bits) != 32 {
		t.Errorf("token %q", token)
	}
	mail.Token = ""
	want := Mail{
		ID: mail.ID, Kind: roundtable.MailInvitation, UserID: userID(galessin), Address: "galessin@example.com", FirstName: "Galessin",
		LastName: "Last", Lang: "de", Org: "Org 1", About: []byte("{}"), CreatedAt: noon.Local(), Tries: 1,
	}
	if fmt.Sprint(mail) != fmt.Sprint(want) {
		t.Errorf("mail %v, want %v", mail, want)
	}
	links := d.query(t, "SELECT hex(token_hash) || ' ' || kind || ' ' || mail_id || ' ' || (expires_at - created_at) FROM links WHERE user_id = $1", userID(galessin))
	if want := fmt.Sprintf("%X invitation %d %d", hash, mail.ID, (72 * time.Hour).Microseconds()); !slices.Equal(links, []string{want}) {
		t.Errorf("links %q, want %q", links, want)
	}
	for table, rows := range d.dump(t) {
		if strings.Contains(strings.Join(rows, "\n"), token) {
			t.Errorf("%s tells of the token", table)
		}
	}
	if again := d.claim(t); len(again.Mails) > 0 {
		t.Errorf("claimed again: %v", again.Mails)
	}
	d.record(t, claim, mail.ID, MailResult{Sent: true})
	wantMails(t, d, "in the end", "1 sent 1 ")
}

// Whoever waits for a link does not wait for a flood of mails about reviews; those do not
// wait for a flood of links either.
func TestUrgentMailsFirst(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	due := func(most int, want ...int64) {
		t.Helper()
		if ids, err := d.DueMails(t.Context(), most); err != nil || !slices.Equal(ids, want) {
			t.Errorf("due %v, want %v: %v", ids, want, err)
		}
	}
	for id := 1; id <= 10; id++ {
		d.plantMail(t, id, perceval, roundtable.MailReview, "{}")
	}
	due(8, 1, 2, 3, 4, 5, 6, 7, 8)
	d.plantMail(t, 11, galessin, roundtable.MailInvitation, "{}")
	d.plantMail(t, 12, perceval, roundtable.MailReset, "{}")
	d.plantMail(t, 13, arthur, roundtable.MailSSOExpiry, "{}")
	d.exec(t, "UPDATE mails SET due_at = id")
	d.exec(t, "UPDATE mails SET due_at = 20 WHERE id = 11")
	due(8, 12, 11, 1, 2, 3, 4, 5, 6)
	due(100, 12, 11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13)
	for id := 21; id <= 30; id++ {
		d.plantMail(t, id, perceval, roundtable.MailReset, "{}")
	}
	due(8, 21, 22, 23, 24, 25, 26, 1, 2)
	d.exec(t, "UPDATE mails SET sent_at = 1 WHERE id < 21")
	due(8, 21, 22, 23, 24, 25, 26, 27, 28)
}

// However many mails wait, those that are due are found by an index, in order.
func TestDueMailsByIndex(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	err := d.db.Read(t.Context(), func(tx *db.Tx) error {
		wantNoScan(t, tx, dueOfKind, []any{string(roundtable.MailReset), d.now.UnixMicro(), 200}, "TEMP B-TREE", "Sort")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

const wantReviews = "UPDATE users SET receive_reviews_email_notifications = TRUE"

// aboutShop is what a mail about a review of a shop tells, as far as it is looked at.
func aboutShop(n int) string { return fmt.Sprintf(`{"org_id": 1, "business_id": "%s"}`, shopID(n)) }

// What does not fit its reader any more is cancelled, and not sent.
func TestMailsThatFitNoMore(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		to    int
		kind  roundtable.MailKind
		about string
		sql   string
		sent  bool
	}{
		"invited":               {galessin, roundtable.MailInvitation, "{}", "", true},
		"active already":        {perceval, roundtable.MailInvitation, "{}", "", false},
		"invited, disabled":     {galessin, roundtable.MailInvitation, "{}", "UPDATE users SET disabled = TRUE", false},
		"invited, sso_only":     {galessin, roundtable.MailInvitation, "{}", "UPDATE users SET sso_only = TRUE", false},
		"reset":                 {perceval, roundtable.MailReset, "{}", "", true},
		"reset, invited":        {galessin, roundtable.MailReset, "{}", "", false},
		"reset, disabled":       {lancelot, roundtable.MailReset, "{}", "", false},
		"reset, sso_only":       {perceval, roundtable.MailReset, "{}", "UPDATE users SET sso_only = TRUE", false},
		"review":                {perceval, roundtable.MailReview, aboutShop(1), wantReviews, true},
		"review, PROVIDER":      {merlin, roundtable.MailReview, aboutShop(7), wantReviews, true},
		"review, shop lost":     {perceval, roundtable.MailReview, aboutShop(1), wantReviews + "; DELETE FROM user_businesses", false},
		"review, group lost":    {karadoc, roundtable.MailReview, aboutShop(1), wantReviews + "; DELETE FROM business_groups", false},
		"review, shop gone":     {merlin, roundtable.MailReview, aboutShop(99), wantReviews, false},
		"review, another org":   {arthur, roundtable.MailReview, aboutShop(7), wantReviews, false},
		"review, of nothing":    {merlin, roundtable.MailReview, "{}", wantReviews, false},
		"review, unwanted":      {perceval, roundtable.MailReview, aboutShop(1), "", false},
		"expiry":                {arthur, roundtable.MailSSOExpiry, `{"org_id": 1}`, "", true},
		"expiry, administrator": {perceval, roundtable.MailSSOExpiry, `{"org_id": 1}`, "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openSmall(t)
			d.plantMail(t, 1, test.to, test.kind, test.about)
			if test.sql != "" {
				d.exec(t, strings.Split(test.sql, "; ")...)
			}
			claim, want := d.claim(t), "1 cancelled 0 "
			if test.sent {
				want = "1 claimed 1 "
			}
			wantMails(t, d, name, want)
			if len(claim.Mails) == 1 != test.sent {
				t.Errorf("claimed %v", claim.Mails)
			}
			if links := d.query(t, "SELECT kind FROM links"); len(links) > 0 && !test.sent {
				t.Errorf("links %q of a mail that is not sent", links)
			}
		})
	}
}

// A kind that only a newer version knows waits for a node that has it.
func TestMailsOfNewerVersions(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.plantMail(t, 1, perceval, "carol", "{}")
	d.claim(t)
	wantMails(t, d, "left alone", "1 waiting 0 ")
}

// A mail that fails waits twice as long each time, and is given up in the end or when
// no further try would fare better.
func TestMailsThatFail(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.plantMail(t, 1, galessin, roundtable.MailInvitation, "{}")
	begun := d.now
	for tries := 1; tries < roundtable.MailTries; tries++ {
		claim := d.claim(t)
		d.record(t, claim, 1, MailResult{Error: "451 come back"})
		wantMails(t, d, "after a failure", fmt.Sprintf("1 waiting %d 451 come back", tries))
		if links := d.query(t, "SELECT kind FROM links"); len(links) > 0 {
			t.Fatalf("links %q of what was not sent", links)
		}
		wait := time.Minute << (tries - 1)
		if tries > 9 {
			wait = 6 * time.Hour
		}
		d.now = d.now.Add(wait * 3 / 4).Add(-time.Second)
		if early := d.claim(t); len(early.Mails) > 0 {
			t.Fatalf("tried again before %v", wait*3/4)
		}
		d.now = d.now.Add(wait/2 + time.Second)
	}
	if took := d.now.Sub(begun); took < 2*24*time.Hour || took > 5*24*time.Hour {
		t.Errorf("given up after %v", took)
	}
	d.record(t, d.claim(t), 1, MailResult{Error: strings.Repeat("é", 600), Unsure: true})
	wantMails(t, d, "in the end", "1 failed 20 "+strings.Repeat("é", 500))
	if links := d.query(t, "SELECT kind FROM links"); len(links) != 1 {
		t.Errorf("links %q of what may have arrived", links)
	}
	d.plantMail(t, 2, perceval, roundtable.MailReset, "{}")
	d.record(t, d.claim(t), 2, MailResult{Permanent: true, Error: "550 nobody here"})
	if got := d.mails(t)[1]; got != "2 failed 1 550 nobody here" {
		t.Errorf("refused: %q", got)
	}
	d.now = d.now.Add(1000 * time.Hour)
	if late := d.claim(t); len(late.Mails) > 0 {
		t.Errorf("tried again: %v", late.Mails)
	}
	if s := d.Stats(t.Context()).Mails; s != (MailStats{Dead: 2, Deferred: 19, Failed: 2}) {
		t.Errorf("told %+v", s)
	}
}

// A node that dies frees its mails, and what it still says later is not believed, but
// that it has sent one.
func TestClaimsOfTheDead(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	other := d.node(t)
	for id := range 3 {
		d.plantMail(t, id+1, perceval, roundtable.MailReset, "{}")
	}
	dead := d.claim(t)
	d.now = d.now.Add(MailLease - time.Second)
	other.now = d.now
	held, err := d.HoldMails(t.Context(), dead, []int64{1})
	if err != nil || len(held) != 1 {
		t.Fatalf("held %v, %v", held, err)
	}
	d.now = d.now.Add(time.Second)
	alive := other.claim(t)
	if got := alive.ids(); !slices.Equal(got, []int64{2, 3}) {
		t.Fatalf("taken over: %v", got)
	}
	if held, err := d.HoldMails(t.Context(), dead, dead.ids()); err != nil || len(held) != 1 || !held[1] {
		t.Errorf("held %v, %v", held, err)
	}
	d.record(t, dead, 2, MailResult{Permanent: true, Error: "from the grave"})
	d.record(t, dead, 3, MailResult{Sent: true})
	wantMails(t, d, "taken over", "1 claimed 1 ", "2 claimed 2 ", "3 sent 2 ")
	if held, err := other.HoldMails(t.Context(), alive, alive.ids()); err != nil || len(held) != 1 || !held[2] {
		t.Errorf("held %v, %v", held, err)
	}
	if err := d.ReleaseMails(t.Context(), dead, []int64{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	wantMails(t, d, "released", "1 waiting 0 ", "2 claimed 2 ", "3 sent 2 ")
	d.update(t, merlin, perceval, setDisabled(true))
	if held, err := other.HoldMails(t.Context(), alive, alive.ids()); err != nil || len(held) != 0 {
		t.Errorf("held %v of somebody who is switched off, %v", held, err)
	}
	wantMails(t, d, "switched off", "1 cancelled 0 ", "2 cancelled 2 ", "3 sent 2 ")
}

// Two nodes that claim at once never hold the same mail.
func TestNodesClaimApart(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{Workers: manyWorkers})
	const mails = 120
	for id := range mails {
		d.plantMail(t, id+1, perceval, roundtable.MailReset, "{}")
	}
	var mu sync.Mutex
	claimed := make(map[int64]int)
	var group sync.WaitGroup
	for _, node := range []*opened{d, d.node(t)} {
		for range 2 {
			group.Go(func() {
				for {
					ids, err := node.DueMails(t.Context(), 7)
					if err != nil {
						t.Error(err)
						return
					}
					if len(ids) == 0 {
						return
					}
					claim, err := node.ClaimMails(t.Context(), ids)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, m := range claim.Mails {
						claimed[m.ID]++
					}
					mu.Unlock()
				}
			})
		}
	}
	group.Wait()
	for id, times := range claimed {
		if times != 1 {
			t.Errorf("mail %d was claimed %d times", id, times)
		}
	}
	if len(claimed) != mails {
		t.Errorf("%d mails were claimed, of %d", len(claimed), mails)
	}
}

// A mail that nobody lives to tell of is given up like others.
func TestMailThatKills(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.plantMail(t, 1, perceval, roundtable.MailReset, "{}")
	for range roundtable.MailTries {
		if claim := d.claim(t); len(claim.Mails) != 1 {
			t.Fatalf("claimed %v", claim.Mails)
		}
		d.now = d.now.Add(MailLease)
	}
	if claim := d.claim(t); len(claim.Mails) > 0 {
		t.Fatalf("claimed %v", claim.Mails)
	}
	wantMails(t, d, "in the end", "1 failed 20 ")
}
