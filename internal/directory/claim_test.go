package directory

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
)

// A user whom another node is changing makes way, and holds up nobody of its batch: on
// PostgreSQL, as SQLite has one writer. It does so a few times only.
func TestUserOfAnotherNodeMakesWay(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{Workers: manyWorkers})
	d.rivals.learn(db.ErrConflict)
	theirs, ours := d.item(t, merlin, perceval, setPhone("1")), d.item(t, merlin, yvain, setPhone("2"))
	nobody := d.item(t, merlin, 99, setPhone("3"))
	batch := []*item{theirs, ours, nobody}
	if d.db.Engine() == db.PostgreSQL {
		beside := dbtest.Opened(t, d.place)
		err := beside.Write(t.Context(), func(tx *db.Tx) error {
			if _, err := tx.Exec("UPDATE users SET version = version + 1, last_name = 'Changed' WHERE id = $1", userID(perceval)); err != nil {
				return err
			}
			for range mostYields {
				if batch = d.run(batch); !slices.Equal(batch, []*item{theirs}) {
					return fmt.Errorf("%d items wait", len(batch))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if batch = d.run(batch); len(batch) != 0 {
		t.Errorf("%d items wait", len(batch))
	}
	if theirs.err != nil || ours.err != nil || wrong(t, nobody.err) != "not_found" {
		t.Errorf("%v, %v, %v", theirs.err, ours.err, nobody.err)
	}
	if user := d.user(t, perceval); user.Phone != "1" || theirs.yields != 0 && user.LastName != "Changed" {
		t.Errorf("it is %q, %q", user.Phone, user.LastName)
	}
}

// Who only looks claims nobody: a preview reads, also while others are in the way.
func TestPreviewClaimsNobody(t *testing.T) {
	t.Parallel()
	d := open(t, smallCompany(), Options{})
	d.rivals.learn(db.ErrConflict)
	preview, err := d.PreviewUser(t.Context(), d.caller(merlin), userID(perceval), roundtable.Update{Patch: setPhone("1")})
	if err != nil || preview == nil {
		t.Errorf("%+v, %v", preview, err)
	}
}

// Users are claimed while others were in the way lately, and only then.
func TestRivalryIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var r rivalry
		r.learn(nil)
		r.learn(errors.New("a node of no account"))
		if r.lasts() {
			t.Error("nobody was in the way")
		}
		r.learn(fmt.Errorf("writing: %w", db.ErrConflict))
		time.Sleep(rivalryLasts - time.Nanosecond)
		if !r.lasts() {
			t.Error("forgotten too soon")
		}
		time.Sleep(time.Nanosecond)
		if r.lasts() {
			t.Error("not forgotten")
		}
	})
}
