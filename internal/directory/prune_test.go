package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

const day = 24 * time.Hour

// prune looks at every row of every table once, as long as no table has more than a page.
func (d *opened) prune(t *testing.T) {
	t.Helper()
	if err := newPruning(d.Directory).round(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// ago is a moment as it is stored.
func (d *opened) ago(by time.Duration) int64 { return d.now.Add(-by).UnixMicro() }

func (d *opened) insert(t *testing.T, text string, args ...any) {
	t.Helper()
	err := d.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(text, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func TestPruneRemovesWhatIsOver(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	for table, test := range map[string]struct {
		columns, values string // $1: a number, $2: as a hash, $3: when it was over
		kept            time.Duration
	}{
		"sessions":           {"id, token_hash, user_id, kind, created_at, expires_at", "$1, $2, 'USER', 'password', 0, $3", 30 * day},
		"connection_tokens":  {"created_at, token_hash, user_id, expires_at", "$1, $2, 'USER', $3", 30 * day},
		"handovers":          {"created_at, token_hash, user_id, page, expires_at", "$1, $2, 'USER', 'posts', $3", time.Hour},
		"links":              {"created_at, token_hash, user_id, kind, expires_at", "$1, $2, 'USER', 'reset', $3", 30 * day},
		"idempotent_answers": {"org_id, scope, body, api_key_id, answer, created_at", "$1, $2, $2, 1, '{}', $3", day},
		"saml_assertions":    {"configuration_id, assertion_hash, expires_at", "SSO + 0 * $1, $2, $3", time.Hour},
		"sso_requests": {
			"created_at, state_hash, configuration_id, browser_hash, purpose, nonce, verifier, return_to, expires_at",
			"$1, $2, SSO, $2, 'sign_in', '', '', '', $3", time.Hour,
		},
	} {
		ages := []time.Duration{-time.Hour, 0, test.kept - time.Second, test.kept, test.kept + time.Second, 400 * day}
		for i, age := range ages {
			values := strings.NewReplacer("USER", userID(perceval), "SSO", "(SELECT MIN(id) FROM sso_configurations)").Replace(test.values)
			d.insert(t, "INSERT INTO "+table+" ("+test.columns+") VALUES ("+values+")", i+1, []byte{byte(i)}, d.ago(age))
		}
		d.prune(t)
		if left := d.query(t, "SELECT 'x' FROM "+table); len(left) != 3 {
			t.Errorf("%s: %d rows of %d are left, want the 3 younger than %v", table, len(left), len(ages), test.kept)
		}
		d.exec(t, "DELETE FROM "+table)
	}
}

func TestPruneMails(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	plant := func(id int, kind roundtable.MailKind, state string, age time.Duration) {
		d.plantMail(t, id, perceval, kind, "{}")
		if state != "" {
			d.exec(t, fmt.Sprintf("UPDATE mails SET %s = %d WHERE id = %d", state, d.ago(age), id))
		}
	}
	plant(1, roundtable.MailReset, "sent_at", 30*day)
	plant(2, roundtable.MailReset, "sent_at", 30*day-time.Second)
	plant(3, roundtable.MailReset, "cancelled_at", 31*day)
	plant(4, roundtable.MailReset, "failed_at", 89*day)
	plant(5, roundtable.MailReset, "failed_at", 90*day)
	plant(6, roundtable.MailReset, "", 0) // waits, however long
	plant(7, roundtable.MailInvitation, "failed_at", 400*day)
	plant(8, roundtable.MailInvitation, "sent_at", 400*day) // the last of its user
	plant(9, roundtable.MailSSOExpiry, "sent_at", 400*day)
	plant(10, roundtable.MailSSOExpiry, "sent_at", 400*day) // the last of all: its number is not given again
	d.prune(t)
	if left := d.query(t, "SELECT '' || id FROM mails ORDER BY id"); !slices.Equal(left, []string{"2", "4", "6", "8", "10"}) {
		t.Errorf("left are %q", left)
	}
	if err := d.RetryMail(t.Context(), 4); err != nil {
		t.Errorf("a dead letter, tried again: %v", err)
	}
}

// What the API tells of invitations is the same before and after.
func TestPruneLeavesInvitations(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	states := map[int]roundtable.InvitationStatus{}
	invite := func(n int, id, days int, state string, accepted bool) {
		t.Helper()
		at := d.ago(time.Duration(days) * day)
		d.exec(t, fmt.Sprintf("INSERT INTO mails (id, user_id, kind, created_at, %s) VALUES (%d, '%s', 'invitation', %d, %[4]d)", state, id, userID(n), at))
		var used *int64
		if accepted {
			last := at + 1
			used = &last
		}
		d.insert(t, "INSERT INTO links (token_hash, user_id, kind, mail_id, created_at, expires_at, used_at) VALUES ($1, $2, 'invitation', $3, $4, $5, $6)",
			[]byte{byte(id)}, userID(n), id, at, at+(72*time.Hour).Microseconds(), used)
	}
	invite(perceval, 11, 400, "sent_at", true)
	invite(perceval, 12, 300, "sent_at", true)
	states[perceval] = roundtable.InvitationAccepted
	invite(gauvain, 21, 400, "sent_at", true)
	invite(gauvain, 22, 300, "sent_at", false)
	states[gauvain] = roundtable.InvitationExpired
	invite(yvain, 31, 400, "sent_at", false)
	invite(yvain, 32, 300, "failed_at", false)
	states[yvain] = roundtable.InvitationBounced
	invite(galessin, 41, 400, "cancelled_at", false)
	states[galessin] = roundtable.InvitationVoided
	d.exec(t, "UPDATE links SET voided_at = 1 WHERE mail_id = 41")
	invite(karadoc, 51, 400, "sent_at", true)
	invite(karadoc, 52, 1, "sent_at", false)
	states[karadoc] = roundtable.InvitationSent
	read := func() map[int]string {
		told := map[int]string{}
		for n, status := range states {
			i, err := d.Invitation(t.Context(), d.caller(arthur), userID(n))
			if err != nil || i.Status != status {
				t.Errorf("user %d: %+v %v, want %s", n, i, err, status)
				continue
			}
			number := func(at *roundtable.UnixMicros) any {
				if at == nil {
					return nil
				}
				return *at
			}
			told[n] = fmt.Sprint(i.Status, number(i.QueuedAt), number(i.SentAt), number(i.ExpiresAt), number(i.AcceptedAt))
		}
		return told
	}
	before := read()
	d.prune(t)
	if after := read(); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("told %v, before %v", after, before)
	}
	if left := d.query(t, "SELECT '' || id FROM mails ORDER BY id"); !slices.Equal(left, []string{"12", "22", "32", "41", "52"}) {
		t.Errorf("mails left are %q", left)
	}
	if left := d.query(t, "SELECT '' || mail_id FROM links ORDER BY mail_id"); !slices.Equal(left, []string{"12", "21", "22", "32", "41", "51", "52"}) {
		t.Errorf("links left are %q", left)
	}
}

// Who was told of a review is told as before once the mails are gone, which two nodes
// remove at once.
func TestPruneLeavesNotices(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{ReviewThreshold: 2})
	d.exec(t, "UPDATE users SET receive_reviews_email_notifications = TRUE")
	d.send(t, merlin, stars("bad", 1, 1))
	for state, n := range map[string]int{"sent_at": arthur, "cancelled_at": bohort, "failed_at": karadoc} {
		d.exec(t, fmt.Sprintf("UPDATE mails SET tries = 3, %s = %d WHERE user_id = '%s'", state, noon.UnixMicro(), userID(n)))
	}
	read := func() string {
		t.Helper()
		found, err := d.ReviewNotices(t.Context(), d.caller(merlin), "bad", roundtable.Opt[int64]{}, Page{1, 100})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(found.List)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	before := read()
	if strings.Count(before, `"tries":3`) != 3 {
		t.Fatalf("told of %s", before)
	}
	d.plantMail(t, 1_000_000, perceval, roundtable.MailReset, "{}")
	d.now = noon.Add(91 * day)
	nodes := []*opened{d, d.node(t)}
	atOnce(2, func(i int) {
		if err := newPruning(nodes[i].Directory).round(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if after := read(); after != before {
		t.Errorf("told\n%s\nbefore\n%s", after, before)
	}
	if left := d.query(t, "SELECT '' || id FROM mails WHERE tries = 3"); len(left) > 0 {
		t.Errorf("mails %q are left", left)
	}
}

// A round looks at a page of a table and the next one goes on from there; after the end it
// begins anew. What is not over is passed by.
func TestPruneGoesOn(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	const rows = 2*prunePage + 10
	var all [][]any
	for i := range rows {
		ends := d.ago(2 * time.Hour)
		if i%2 == 0 {
			ends = d.ago(0)
		}
		all = append(all, []any{[]byte{byte(i >> 8), byte(i)}, userID(perceval), "posts", 0, ends})
	}
	err := d.db.Write(t.Context(), func(tx *db.Tx) error {
		err := db.RowsLater(tx, "INSERT INTO handovers (token_hash, user_id, page, created_at, expires_at) VALUES (?rows)", all)
		if err != nil {
			return err
		}
		return tx.Flush()
	})
	if err != nil {
		t.Fatal(err)
	}
	p := newPruning(d.Directory)
	for round, want := range []int{rows - prunePage/2, rows - prunePage, rows / 2, rows / 2} {
		if err := p.round(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := len(d.query(t, "SELECT page FROM handovers")); left != want {
			t.Errorf("after round %d %d are left, want %d", round+1, left, want)
		}
	}
	d.now = d.now.Add(2 * time.Hour)
	for range 3 {
		if err := p.round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if left := len(d.query(t, "SELECT page FROM handovers")); left != 0 {
		t.Errorf("in the end %d are left", left)
	}
}

func TestPruneRunsUntilItsEnd(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.insert(t, "INSERT INTO handovers (token_hash, user_id, page, created_at, expires_at) VALUES ($1, $2, 'posts', 0, 1)", []byte{1}, userID(perceval))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.Prune(ctx, time.Millisecond)
	}()
	for len(d.query(t, "SELECT page FROM handovers")) > 0 {
		runtime.Gosched()
	}
	cancel()
	<-ended
}
