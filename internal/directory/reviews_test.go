package directory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// stars is a new review of a shop.
func stars(id string, shop int, rating int64) roundtable.ReviewPatch {
	return roundtable.ReviewPatch{
		ID: some(id), BusinessID: some(shopID(shop)), Rating: some(rating), PublishedAt: some(roundtable.Micros(noon)),
	}
}

// send sends reviews that must be taken.
func (d *opened) send(t *testing.T, by int, reviews ...roundtable.ReviewPatch) *TakenReviews {
	t.Helper()
	taken, err := d.TakeReviews(t.Context(), d.caller(by), roundtable.ReviewBatch{Reviews: reviews, Listed: true})
	if err != nil {
		t.Fatalf("user %d sends reviews: %v", by, err)
	}
	return taken
}

// told lists who was told of each review, ascending: the review, and the user. Each has a
// mail of its own.
func (d *opened) told(t *testing.T) []string {
	t.Helper()
	told := d.query(t, "SELECT n.review_id || ' ' || n.user_id AS line FROM review_notices n JOIN mails m ON m.id = n.mail_id AND m.user_id = n.user_id"+
		" WHERE m.kind = 'review' ORDER BY line")
	if mails := d.query(t, "SELECT 'mail' FROM mails WHERE kind = 'review'"); len(mails) != len(told) {
		t.Errorf("%d mails for %d who were told", len(mails), len(told))
	}
	return told
}

func wantTold(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: told\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Everybody who wants to know, can sign in and may READ the shop is told of its bad
// reviews, and nobody else.
func TestWhoIsToldOfReviews(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{ReviewThreshold: 2})
	d.exec(t, "UPDATE users SET receive_reviews_email_notifications = TRUE WHERE id <> '"+userID(guenever)+"'")
	people := map[int][]int{ // by shop
		1: {merlin, arthur, bohort, karadoc, perceval, blaise},  // not galessin, who is invited
		2: {merlin, arthur, bohort, karadoc, perceval, gauvain}, // not lancelot, who is disabled
		3: {merlin, arthur, bohort, venec, yvain, blaise},
		4: {merlin, arthur, bohort},
		5: {merlin, arthur, bohort, blaise},
		6: {merlin, arthur, bohort, karadoc, gauvain},
		7: {merlin, leodagan, demetra},
		8: {merlin, leodagan},
		9: {caius},
	}
	var want []string
	for shop, told := range people {
		by := map[bool]int{true: merlin, false: caius}[shop < 9]
		d.send(t, by, stars(fmt.Sprint("bad", shop), shop, 2), stars(fmt.Sprint("worst", shop), shop, 1), stars(fmt.Sprint("fair", shop), shop, 3))
		for _, user := range told {
			want = append(want, fmt.Sprintf("bad%d %s", shop, userID(user)), fmt.Sprintf("worst%d %s", shop, userID(user)))
		}
	}
	wantTold(t, "new reviews", d.told(t), want)
	for shop := range people {
		by := map[bool]int{true: merlin, false: caius}[shop < 9]
		d.send(t, by, stars(fmt.Sprint("bad", shop), shop, 1), stars(fmt.Sprint("fair", shop), shop, 1))
	}
	wantTold(t, "known reviews", d.told(t), want)
}

// A mail tells what was written, and the keywords of who reads it.
func TestReviewMails(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{ReviewThreshold: 2})
	d.exec(t, "UPDATE users SET receive_reviews_email_notifications = TRUE, keywords = '[\"Crème brûlée\", \"pain\", \"chaud\"]' WHERE id = '"+userID(perceval)+"'",
		"UPDATE users SET receive_reviews_email_notifications = TRUE WHERE id = '"+userID(blaise)+"'")
	review := stars("r", 1, 1)
	review.Author, review.Text, review.Lang = some("Mevanwi"), some("CREME  brulee, painful.\n"+strings.Repeat("é", 2_000)), some("fr-FR")
	d.send(t, arthur, review)
	for user, keywords := range map[int][]string{perceval: {"Crème brûlée"}, blaise: {}} {
		about := d.query(t, "SELECT about FROM mails WHERE user_id = $1", userID(user))
		var mail roundtable.ReviewMail
		if len(about) != 1 || json.Unmarshal([]byte(about[0]), &mail) != nil {
			t.Fatalf("user %d: %q", user, about)
		}
		text := mail.Text
		mail.Text, mail.PublishedAt = "", 0
		want := roundtable.ReviewMail{
			ReviewID: "r", OrgID: 1, BusinessID: shopID(1), BusinessName: "Shop 1", Rating: 1, Author: "Mevanwi", Lang: "fr-FR", Keywords: keywords,
		}
		if fmt.Sprintf("%+v", mail) != fmt.Sprintf("%+v", want) {
			t.Errorf("user %d: %+v, want %+v", user, mail, want)
		}
		if runes := []rune(text); len(runes) != 1_000 || runes[999] != '…' || !strings.HasPrefix(text, "CREME  brulee, painful.\né") {
			t.Errorf("user %d: %d characters of text: %.40s", user, len(runes), text)
		}
	}
}

// Without a threshold nobody is told.
func TestNobodyIsTold(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.exec(t, "UPDATE users SET receive_reviews_email_notifications = TRUE")
	d.send(t, merlin, stars("r", 1, 1))
	wantTold(t, "threshold 0", d.told(t), nil)
}

// unsubscribeLink plants a link that turns mails about reviews off.
func (d *opened) unsubscribeLink(t *testing.T, user int, kind string, expires time.Time) (token string) {
	t.Helper()
	token = fmt.Sprint("token of ", user, kind, expires)
	hash := secret.HashToken(token)
	d.exec(t, fmt.Sprintf("INSERT INTO links (token_hash, user_id, kind, created_at, expires_at) VALUES (x'%x', '%s', '%s', 1, %d)",
		hash[:], userID(user), kind, expires.UnixMicro()))
	return token
}

// A link in a mail turns such mails off, those that wait included, as a change by the
// user itself.
func TestUnsubscribeReviews(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{ReviewThreshold: 2})
	d.exec(t, "UPDATE users SET receive_reviews_email_notifications = TRUE WHERE id = '"+userID(perceval)+"'")
	d.send(t, arthur, stars("r", 1, 1))
	token := d.unsubscribeLink(t, perceval, linkUnsubscribe, noon.Add(time.Minute))
	for what, wrongToken := range map[string]string{
		"of another kind": d.unsubscribeLink(t, perceval, linkReset, noon.Add(time.Hour)),
		"expired":         d.unsubscribeLink(t, perceval, linkUnsubscribe, noon),
		"unknown":         "token", "empty": "",
	} {
		d.wantUnchanged(t, what, func() {
			_, err := d.UnsubscribeReviews(t.Context(), wrongToken, "r")
			wantRefusal(t, what, wrong(t, err), "not_found")
			_, err = d.Unsubscribing(t.Context(), wrongToken)
			wantRefusal(t, what, wrong(t, err), "not_found")
		})
	}
	d.wantUnchanged(t, "looking", func() {
		found, err := d.Unsubscribing(t.Context(), token)
		if err != nil || *found != (Unsubscribing{Lang: "fr"}) {
			t.Errorf("before: %+v, %v", found, err)
		}
	})
	for range 2 {
		found, err := d.UnsubscribeReviews(t.Context(), token, "click")
		if err != nil || *found != (Unsubscribing{Lang: "fr", Off: true}) {
			t.Errorf("%+v, %v", found, err)
		}
	}
	lines, _ := d.history(t, arthur, perceval, Page{1, 30})
	wantLines(t, lines, fmt.Sprintf(`{"id":2,"created_at":%d,"request_id":"click","actor":{"user_id":'u7',"api_key_id":0},`+
		`"changes":[{"field":"receive_reviews_email_notifications","before":true,"after":false}],"effects":[]}`, noon.Unix()))
	if waiting := d.query(t, "SELECT kind FROM mails WHERE cancelled_at IS NULL"); len(waiting) > 0 {
		t.Errorf("still waiting: %q", waiting)
	}
	// The link keeps its purpose: who turned them on again can turn them off again.
	d.update(t, perceval, perceval, roundtable.UserPatch{ReceiveReviewsEmailNotifications: some(true)})
	if _, err := d.UnsubscribeReviews(t.Context(), token, "click"); err != nil || d.user(t, perceval).ReceiveReviewsEmailNotifications {
		t.Errorf("once more: %v", err)
	}
	d.checkChains(t, "in the end")
}

// Reviews go with the organisation, those whom it told elsewhere included.
func TestReviewsEndWithTheirOrg(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{ReviewThreshold: 2})
	d.exec(t, "UPDATE users SET receive_reviews_email_notifications = TRUE")
	d.send(t, merlin, stars("r", 7, 1)) // merlin is of organisation 1, and told
	d.send(t, merlin, stars("r", 1, 1))
	if err := d.DeleteOrg(t.Context(), d.caller(merlin), 2, roundtable.OrgDeletion{Force: true}); err != nil {
		t.Fatal(err)
	}
	if left := d.query(t, "SELECT CAST(org_id AS TEXT) FROM review_notices WHERE org_id = 2 UNION ALL SELECT id FROM reviews WHERE org_id = 2"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	if left := d.query(t, "SELECT id FROM reviews"); len(left) != 1 {
		t.Errorf("left of the other: %q", left)
	}
}
