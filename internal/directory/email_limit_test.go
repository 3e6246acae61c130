package directory

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roundtable-directory/roundtable"
)

const (
	answerTaken   = "invalid (email: email_taken)"
	answerLimited = "rate_limited"
)

// preview tells how a preview was refused.
func (d *opened) preview(t *testing.T, by, target int, patch roundtable.UserPatch) string {
	t.Helper()
	_, err := d.PreviewUser(t.Context(), d.caller(by), userID(target), roundtable.Update{Patch: patch})
	return wrong(t, err)
}

// An organisation is told 20 times a minute that an address is taken, by updates
// and previews together; then it may try none (section 1.7).
func TestEmailLimit(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	free, taken := setEmail("free@example.com"), setEmail("U15@example.com") // that of another provider
	for i := range 20 {
		try := []func(*testing.T, int, int, roundtable.UserPatch) string{d.refusal, d.preview}[i%2]
		by, target := []int{arthur, bohort, merlin}[i%3], []int{yvain, perceval}[i%2]
		wantRefusal(t, fmt.Sprint("try ", i), try(t, by, target, taken), answerTaken)
	}
	for name, try := range map[string]func(*testing.T, int, int, roundtable.UserPatch) string{"an update": d.refusal, "a preview": d.preview} {
		for what, patch := range map[string]roundtable.UserPatch{"a taken": taken, "a free": free} {
			wantRefusal(t, name+" to "+what+" address", try(t, arthur, yvain, patch), answerLimited)
		}
	}
	_, err := d.UpdateUser(t.Context(), d.caller(arthur), userID(yvain), roundtable.Update{Patch: taken})
	if refusal, ok := errors.AsType[*roundtable.Error](err); !ok || refusal.RetryAfter <= 0 || refusal.RetryAfter > time.Minute {
		t.Errorf("try again when? %+v", err)
	}
	// What asks for no new address is not limited, and neither are others.
	wantRefusal(t, "the present address", d.refusal(t, arthur, yvain, setEmail("u9@example.com")), "")
	wantRefusal(t, "the address in another case", d.refusal(t, arthur, yvain, setEmail("U9@example.com")), "")
	wantRefusal(t, "no address", d.refusal(t, arthur, yvain, setEmail("no address")), "invalid (email: invalid_email)")
	wantRefusal(t, "a phone", d.refusal(t, arthur, yvain, setPhone("1")), "")
	wantRefusal(t, "somebody without right", d.refusal(t, yvain, arthur, taken), "operation_not_allowed")
	wantRefusal(t, "another organisation", d.refusal(t, leodagan, demetra, taken), answerTaken)

	d.now = noon.Add(time.Minute - 1)
	wantRefusal(t, "just before the minute is over", d.refusal(t, arthur, yvain, free), answerLimited)
	d.now = noon.Add(time.Minute)
	wantRefusal(t, "when the minute is over", d.refusal(t, arthur, yvain, taken), answerTaken)
	wantRefusal(t, "a free address", d.refusal(t, arthur, yvain, free), "")
	for range 20 {
		d.refusal(t, arthur, perceval, taken)
	}
	wantRefusal(t, "limited again", d.refusal(t, arthur, perceval, free), answerLimited)
	d.now = noon.Add(-time.Hour)
	wantRefusal(t, "when the clock was set back", d.refusal(t, arthur, perceval, setEmail("free2@example.com")), "")
}

// The limit holds however many ask at the same moment: here all are on their way
// before the first is answered.
func TestEmailLimitAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openSmall(t)
		release, writing := d.holdWriter(t)
		<-writing
		answers := make(chan error, 60)
		update := roundtable.Update{Patch: setEmail("u15@example.com")}
		for range 30 {
			go func() {
				_, err := d.UpdateUser(t.Context(), d.caller(arthur), userID(yvain), update)
				answers <- err
			}()
		}
		synctest.Wait()
		close(release)
		for range 30 {
			go func() {
				_, err := d.PreviewUser(t.Context(), d.caller(bohort), userID(perceval), update)
				answers <- err
			}()
		}
		told := 0
		for range 60 {
			if answer := wrong(t, <-answers); answer == answerTaken {
				told++
			} else if answer != answerLimited {
				t.Errorf("answered %s", answer)
			}
		}
		if told > 20 {
			t.Errorf("told %d times that the address is taken; 20 times a minute are allowed", told)
		}
	})
}

// Whoever owns the address, the answer is the same to the letter. The log tells who
// asked, and for whom.
func TestTakenIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	d := open(t, smallCompany(), Options{Log: slog.New(slog.NewJSONHandler(&logged, nil))})
	var first *roundtable.Error
	for _, owner := range []int{perceval, merlin, lancelot, demetra, caius} {
		_, err := d.UpdateUser(t.Context(), d.caller(arthur), userID(yvain), roundtable.Update{Patch: setEmail(fmt.Sprintf("u%d@example.com", owner))})
		refusal, ok := errors.AsType[*roundtable.Error](err)
		if !ok {
			t.Fatalf("user %d: %v", owner, err)
		}
		if first == nil {
			first = refusal
		}
		if refusal.Code != first.Code || refusal.Message != first.Message || !slices.Equal(refusal.Fields, first.Fields) {
			t.Errorf("user %d: %+v, another %+v", owner, refusal, first)
		}
	}
	told := regexp.MustCompile(`taken","user_id":"`+userID(arthur)+`","target_id":"`+userID(yvain)+`","request_id":"request by 2"`).FindAllString(logged.String(), -1)
	if len(told) != 5 || strings.Contains(logged.String(), "@") {
		t.Errorf("log %s", &logged)
	}
}
