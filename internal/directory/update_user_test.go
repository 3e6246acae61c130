package directory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// atOnce runs do for 0 to n-1 in as many goroutines, which start together.
func atOnce(n int, do func(int)) {
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		done.Go(func() {
			start.Wait()
			do(i)
		})
	}
	start.Done()
	done.Wait()
}

// knows is an update by somebody who has seen versions.
func knows(patch roundtable.UserPatch, versions ...int64) roundtable.Update {
	return roundtable.Update{Patch: patch, IfMatch: roundtable.Precondition{Given: true, States: seen(versions...)}}
}

// Of two who know the same version one wins; the other learns which field changed,
// by whom and when.
func TestTwoWritersWithTheSameVersion(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	for round := range 20 {
		version := d.user(t, yvain).Version
		var errs [2]error
		patches := []roundtable.UserPatch{{FirstName: some(fmt.Sprint("Name ", round))}, setPhone(fmt.Sprint(round))}
		callers := []int{bohort, arthur}
		atOnce(2, func(i int) {
			_, errs[i] = d.UpdateUser(t.Context(), d.caller(callers[i]), userID(yvain), knows(patches[i], version))
		})
		winner := slices.Index(errs[:], nil)
		if winner < 0 || errs[1-winner] == nil {
			t.Fatalf("answers %v", errs)
		}
		field := []string{"first_name", "phone"}[winner]
		refusal, ok := errors.AsType[*roundtable.Error](errs[1-winner])
		if !ok || refusal.Code != roundtable.CodeVersionConflict || len(refusal.Fields) != 1 {
			t.Fatalf("the loser is told %v", errs[1-winner])
		}
		told := refusal.Fields[0]
		if told.Field != field || told.Code != roundtable.CodeVersionConflict || told.Changed == nil ||
			told.Changed.By == nil || *told.Changed.By != userID(callers[winner]) || !told.Changed.At.Equal(noon) {
			t.Fatalf("the loser is told %+v, and %s by %d won", told, field, callers[winner])
		}
		if now := d.user(t, yvain).Version; now != version+1 {
			t.Fatalf("version %d follows on %d", now, version)
		}
	}
}

func TestVersionConflictNamesFields(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.update(t, arthur, yvain, setPhone("1"))
	d.update(t, merlin, yvain, roundtable.UserPatch{Phone: some("2"), Keywords: some([]string{"a"})})
	d.now = noon.Add(time.Hour)
	d.update(t, yvain, yvain, roundtable.UserPatch{Lang: some("de"), Password: some("Roundtable!1")})
	changed := func(field string, by int, at time.Time) string {
		who := "nobody"
		if by > 0 {
			who = userID(by)
		}
		return fmt.Sprintln(field, who, at.Unix())
	}
	later := noon.Add(time.Hour)
	tests := map[string]struct {
		by       int
		versions []int64
		want     []string
	}{
		"since the last":     {arthur, []int64{3}, []string{changed("lang", yvain, later), changed("password", yvain, later)}},
		"the latest of each": {arthur, []int64{1}, []string{changed("lang", yvain, later), changed("password", yvain, later), changed("phone", merlin, noon), changed("keywords", merlin, noon)}},
		"the newest known":   {arthur, []int64{1, 3, 2}, []string{changed("lang", yvain, later), changed("password", yvain, later)}},
		"none known":         {arthur, nil, nil},
		"from the future":    {arthur, []int64{9}, nil},
		// yvain shares no provider scope with merlin's own row: a BUSINESS_MANAGER does not READ a PROVIDER.
		"by somebody unseen": {yvain, []int64{2}, []string{changed("lang", yvain, later), changed("password", yvain, later), changed("phone", 0, noon), changed("keywords", 0, noon)}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := d.UpdateUser(t.Context(), d.caller(test.by), userID(yvain), knows(setPhone("3"), test.versions...))
			refusal, ok := errors.AsType[*roundtable.Error](err)
			if !ok || refusal.Code != roundtable.CodeVersionConflict {
				t.Fatalf("answered %v", err)
			}
			var got []string
			for _, field := range refusal.Fields {
				by := "nobody"
				if field.Changed.By != nil {
					by = *field.Changed.By
				}
				got = append(got, fmt.Sprintln(field.Field, by, field.Changed.At.Unix()))
			}
			slices.Sort(got)
			if slices.Sort(test.want); !slices.Equal(got, test.want) {
				t.Errorf("told\n%swant\n%s", strings.Join(got, ""), strings.Join(test.want, ""))
			}
			_, previewErr := d.PreviewUser(t.Context(), d.caller(test.by), userID(yvain), knows(setPhone("3"), test.versions...))
			if told, ok := errors.AsType[*roundtable.Error](previewErr); !ok || told.Error() != refusal.Error() {
				t.Errorf("the preview is told %v, the update %v", previewErr, err)
			}
		})
	}
	for name, condition := range map[string]roundtable.Precondition{
		"any": {Given: true, Any: true}, "one of several": {Given: true, States: seen(2, 4)},
	} {
		if _, err := d.UpdateUser(t.Context(), d.caller(arthur), userID(yvain), roundtable.Update{Patch: setPhone("2"), IfMatch: condition}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Who may not see the user, or may not change it, is not told that it changed.
	for by, want := range map[int]string{caius: "not_found", gauvain: "not_found", blaise: "not_found"} {
		_, err := d.UpdateUser(t.Context(), d.caller(by), userID(yvain), knows(setPhone("3"), 1))
		wantRefusal(t, fmt.Sprint("by ", by), wrong(t, err), want)
	}
}

// An address that many want at the same moment goes to exactly one.
func TestAddressTakenAtOnce(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	targets := []int{perceval, gauvain, yvain, venec, karadoc, bohort}
	for round := range 3 { // together fewer refusals than the limit of a minute
		errs := make([]error, len(targets))
		atOnce(len(targets), func(i int) {
			email := fmt.Sprintf("Wanted%d@example.com", round)
			if i%2 == 0 {
				email = strings.ToUpper(email)
			}
			_, errs[i] = d.UpdateUser(t.Context(), d.caller(arthur), userID(targets[i]), roundtable.Update{Patch: setEmail(email)})
		})
		won := 0
		for _, err := range errs {
			if answer := wrong(t, err); answer == "" {
				won++
			} else if answer != "invalid (email: email_taken)" {
				t.Errorf("answered %s", answer)
			}
		}
		if won != 1 {
			t.Errorf("%d won", won)
		}
	}
}

// However administrators turn on each other at the same moment, one stays.
func TestAdministratorsLeaveAtOnce(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	admins := []int{arthur, guenever, bohort, yvain}
	for _, n := range admins[2:] {
		d.update(t, merlin, n, setRole(roundtable.OrgAdmin))
	}
	patches := []roundtable.UserPatch{setRole(roundtable.OrgManager), setDisabled(true), setStatus(roundtable.Invited)}
	for round := range 5 {
		atOnce(len(admins)*len(admins), func(i int) {
			by, target := admins[i%len(admins)], admins[(i+i/len(admins))%len(admins)]
			_, _ = d.UpdateUser(t.Context(), d.caller(by), userID(target), roundtable.Update{Patch: patches[(i+round)%len(patches)]})
		})
		left := d.query(t, "SELECT id FROM users WHERE org_id = 1 AND role = 'ORG_ADMIN' AND status = 'active' AND NOT disabled")
		if len(left) != 1 {
			t.Errorf("of four administrators %d are left", len(left))
		}
		for _, n := range admins {
			d.update(t, merlin, n, roundtable.UserPatch{Role: some("ORG_ADMIN"), Disabled: some(false), Status: some("active")})
		}
	}
}

// counting is a source of randomness that counts how often it was asked: hashing a
// password asks once.
type counting struct{ asked atomic.Int64 }

func (c *counting) Read(p []byte) (int, error) {
	c.asked.Add(1)
	return len(p), nil
}

// Hashing is dear: it is done for what would be accepted, and for nothing else.
func TestPasswordIsHashedAfterTheCheck(t *testing.T) {
	t.Parallel()
	random := &counting{}
	d := open(t, smallCompany(), Options{Random: random})
	password := func(text string) roundtable.UserPatch { return roundtable.UserPatch{Password: some(text)} }
	with := func(p roundtable.UserPatch, change func(*roundtable.UserPatch)) roundtable.UserPatch {
		change(&p)
		return p
	}
	good := password("Roundtable!1")
	tests := map[string]struct {
		by, target int
		update     roundtable.Update
		want       string
	}{
		"unknown user":   {arthur, nobody, roundtable.Update{Patch: good}, "not_found"},
		"unseen user":    {yvain, perceval, roundtable.Update{Patch: good}, "not_found"},
		"no right":       {bohort, arthur, roundtable.Update{Patch: good}, "operation_not_allowed"},
		"no caller":      {lancelot, lancelot, roundtable.Update{Patch: good}, "unauthenticated"},
		"weak":           {arthur, yvain, roundtable.Update{Patch: password("weak")}, "invalid (password: weak_password)"},
		"invited":        {arthur, galessin, roundtable.Update{Patch: good}, "invalid (password: password_not_usable)"},
		"another field":  {arthur, yvain, roundtable.Update{Patch: with(good, func(p *roundtable.UserPatch) { p.Phone = some("!") })}, "invalid (phone: invalid_phone)"},
		"an old version": {arthur, yvain, knows(good, 7), "version_conflict"},
		"null":           {arthur, yvain, roundtable.Update{Patch: roundtable.UserPatch{Password: roundtable.Null[string]()}}, "invalid (password: null_not_allowed)"},
		"wrong form": {
			arthur, yvain,
			roundtable.Update{Patch: good, Form: []roundtable.FieldError{{Field: "phone", Code: roundtable.CodeWrongType}}},
			"invalid (phone: wrong_type)",
		},
	}
	for name, test := range tests {
		_, err := d.UpdateUser(t.Context(), d.caller(test.by), userID(test.target), test.update)
		wantRefusal(t, name, wrong(t, err), test.want)
		_, err = d.PreviewUser(t.Context(), d.caller(test.by), userID(test.target), test.update)
		wantRefusal(t, name+", previewed", wrong(t, err), test.want)
	}
	if _, err := d.PreviewUser(t.Context(), d.caller(arthur), userID(yvain), roundtable.Update{Patch: good}); err != nil {
		t.Error(err)
	}
	if n := random.asked.Load(); n > 0 {
		t.Errorf("%d passwords were hashed for nothing", n)
	}
	if d.update(t, arthur, yvain, good); random.asked.Load() != 1 {
		t.Errorf("%d hashes for one password", random.asked.Load())
	}
}

// closedGate is a source of randomness that waits until it is opened.
type closedGate chan struct{}

func (g closedGate) Read(p []byte) (int, error) {
	<-g
	return len(p), nil
}

// One password is hashed at a time, 32 wait, more are refused; other updates pass
// them by, and rights are judged again once the hash is there.
func TestManyPasswordsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := make(closedGate)
		d := open(t, smallCompany(), Options{Random: gate})
		patch := roundtable.UserPatch{Password: some("Roundtable!1")}
		ctx, leave := context.WithCancel(t.Context())
		ask := func(ctx context.Context, answers chan<- error) {
			_, err := d.UpdateUser(ctx, d.caller(arthur), userID(yvain), roundtable.Update{Patch: patch})
			answers <- err
		}
		first, others := make(chan error), make(chan error)
		go ask(t.Context(), first)
		synctest.Wait()
		for range 32 {
			go ask(ctx, others)
		}
		synctest.Wait()
		wantRefusal(t, "one more", d.refusal(t, arthur, yvain, patch), "overloaded")
		d.update(t, arthur, perceval, setPhone("1"))
		d.update(t, merlin, arthur, setDisabled(true))
		leave()
		for range 32 {
			if err := <-others; !errors.Is(err, context.Canceled) {
				t.Errorf("who left while waiting is answered %v", err)
			}
		}
		close(gate)
		wantRefusal(t, "disabled while hashing", wrong(t, <-first), "unauthenticated")
		if n := len(d.query(t, "SELECT hash FROM passwords")); n > 0 {
			t.Error("a password was stored")
		}
	})
}

// Without randomness there is no password, and no guessable one either.
func TestNoRandomness(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{Random: strings.NewReader("short")})
	d.wantUnchanged(t, "a password without a salt", func() {
		_, err := d.UpdateUser(t.Context(), d.caller(arthur), userID(yvain), roundtable.Update{Patch: roundtable.UserPatch{Password: some("Roundtable!1")}})
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("answered %v", err)
		}
	})
}
