package directory

import (
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// retryable gives an item an Idempotency-Key.
func retryable(it *item, scope string) *item {
	it.caller.Retry = &Retry{
		Scope: sha256.Sum256([]byte(scope)), Body: sha256.Sum256([]byte("body")),
		Answer: func(any, error) (Answer, error) { return Answer{Status: 200}, nil },
	}
	it.result = func(*roundtable.Outcome) any { return nil }
	return it
}

// outrunning changes a user on another node while a batch, which has read it, is about to
// write it, and returns what the batch left for later.
func (d *opened) outrunning(t *testing.T, n int, batch []*item) (waiting []*item) {
	t.Helper()
	ended := make(chan []*item, 1)
	err := dbtest.Opened(t, d.place).Write(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec("UPDATE users SET version = version + 1, last_name = 'Changed' WHERE id = $1", userID(n)); err != nil {
			return err
		}
		go func() { ended <- d.run(batch) }()
		const held = "SELECT CAST(count(*) AS TEXT) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
		for until := time.Now().Add(10 * time.Second); d.query(t, held)[0] == "0"; {
			if time.Now().After(until) {
				t.Fatal("the batch does not wait for who is changing the user")
			}
			time.Sleep(time.Millisecond)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return <-ended
}

// A user whom another node changed after it was read is judged anew, with all that was
// asked of it, and holds up nobody of its batch. On SQLite there is one writer.
func TestOutrunUserIsJudgedAnew(t *testing.T) {
	t.Parallel()
	for _, kept := range []bool{false, true} {
		d := open(t, smallCompany(), Options{Workers: manyWorkers})
		theirs, again := d.item(t, merlin, perceval, setPhone("1")), d.item(t, merlin, perceval, roundtable.UserPatch{FirstName: some("Ada")})
		ours, nobody := d.item(t, merlin, yvain, setPhone("2")), d.item(t, merlin, 99, setPhone("3"))
		if kept {
			retryable(theirs, "theirs")
			retryable(ours, "ours")
		}
		batch := []*item{theirs, ours, again, nobody}
		wantVersion := "3"
		if d.db.Engine() == db.PostgreSQL {
			wantVersion = "4"
			batch = d.outrunning(t, perceval, batch)
			if !slices.Equal(batch, []*item{theirs, again}) {
				t.Fatalf("%d items wait", len(batch))
			}
			if user := d.user(t, perceval); user.Phone == "1" || user.LastName != "Changed" {
				t.Errorf("what was judged by an earlier state is written: %+v", user)
			}
			if got := d.query(t, "SELECT user_id FROM events"); !slices.Equal(got, []string{userID(yvain)}) {
				t.Errorf("events of %q", got)
			}
			if got := d.query(t, "SELECT CAST(count(*) AS TEXT) FROM idempotent_answers")[0]; kept && got != "1" || !kept && got != "0" {
				t.Errorf("%s answers are kept", got)
			}
		}
		if batch = d.run(batch); len(batch) != 0 {
			t.Errorf("%d items wait", len(batch))
		}
		if theirs.err != nil || again.err != nil || ours.err != nil || wrong(t, nobody.err) != "not_found" {
			t.Errorf("%v, %v, %v, %v", theirs.err, again.err, ours.err, nobody.err)
		}
		if user := d.user(t, perceval); user.Phone != "1" || user.FirstName != "Ada" || theirs.outruns != 0 && user.LastName != "Changed" {
			t.Errorf("it is %+v", user)
		}
		if got := d.query(t, "SELECT CAST(version AS TEXT) FROM events WHERE user_id = $1 ORDER BY version", userID(perceval)); len(got) != 2 || got[1] != wantVersion {
			t.Errorf("events of versions %q, want two up to %s", got, wantVersion)
		}
	}
}

// Who is outrun again and again is refused for now.
func TestOutrunForEver(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{Workers: manyWorkers})
	if d.db.Engine() != db.PostgreSQL {
		return // there is one writer
	}
	theirs := d.item(t, merlin, perceval, setPhone("1"))
	theirs.outruns = itemTries - 1
	if waiting := d.outrunning(t, perceval, []*item{theirs}); len(waiting) != 0 {
		t.Errorf("%d items wait", len(waiting))
	}
	if wrong(t, theirs.err) != string(roundtable.CodeUnavailable) {
		t.Errorf("it is told %v", theirs.err)
	}
}
