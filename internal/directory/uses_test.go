package directory

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// at is a caller whose request came in later than noon.
func (d *opened) at(n int, later time.Duration) Caller {
	caller := d.caller(n)
	caller.Origin.Now = noon.Add(later)
	return caller
}

func (d *opened) use(t *testing.T, n int, later time.Duration) {
	t.Helper()
	if _, _, err := d.User(t.Context(), d.at(n, later), userID(n)); err != nil {
		t.Fatal(err)
	}
}

// wantUses compares what is stored: keys and organisations with their last use in
// seconds after noon.
func (d *opened) wantUses(t *testing.T, want ...string) {
	t.Helper()
	got := d.query(t, "SELECT 'key ' || id || ' ' || ((last_used_at - $1) / 1000000) FROM api_keys WHERE last_used_at IS NOT NULL"+
		" UNION ALL SELECT 'org ' || id || ' ' || ((last_api_call_at - $1) / 1000000) FROM orgs WHERE last_api_call_at IS NOT NULL ORDER BY 1", noon.UnixMicro())
	if !slices.Equal(got, want) {
		t.Errorf("uses %q, want %q", got, want)
	}
}

// No use is written with its request; then each key and organisation is, once, with
// its last.
func TestUsesAreWrittenTogether(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.use(t, perceval, 3*time.Second)
	d.use(t, perceval, 9*time.Second)
	d.use(t, perceval, 5*time.Second)
	d.use(t, arthur, 7*time.Second)
	d.use(t, leodagan, 2*time.Second)
	if _, err := d.UpdateUser(t.Context(), d.at(gauvain, 4*time.Second), userID(gauvain), roundtable.Update{Patch: setPhone("1")}); err != nil {
		t.Fatal(err)
	}
	d.wantUses(t)
	d.writeUses()
	d.wantUses(t, "key 13 2", "key 2 7", "key 7 9", "key 8 4", "org 1 9", "org 2 2")
	d.use(t, arthur, 6*time.Second) // a clock that goes back takes nothing away
	d.writeUses()
	d.wantUses(t, "key 13 2", "key 2 7", "key 7 9", "key 8 4", "org 1 9", "org 2 2")
	d.wantUnchanged(t, "nothing used", d.writeUses)
}

// Who is refused has not used its key: at the door, by its row, or with a secret that a
// rotation has replaced.
func TestRefusedUsesDoNotCount(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.exec(t, "UPDATE api_keys SET revoked_at = 1 WHERE id = 8",
		fmt.Sprintf("UPDATE api_keys SET previous_secret_hash = secret_hash, previous_expires_at = %d, secret_hash = x'00' WHERE id = 7", noon.UnixMicro()))
	for _, n := range []int{perceval, gauvain, lancelot, galessin} {
		if _, err := d.Authenticate(t.Context(), keyOf(n), loopback(), ""); err == nil {
			t.Errorf("user %d is let in", n)
		}
		d.wantRefused(t, d.caller(n), "unauthenticated")
	}
	d.wantUnchanged(t, "refused callers", d.writeUses)
	// The door alone counts too: what ends there has no operation.
	if _, err := d.Authenticate(t.Context(), keyOf(yvain), loopback(), ""); err != nil {
		t.Fatal(err)
	}
	d.writeUses()
	d.wantUses(t, "key 9 0", "org 1 0")
}

// What is gone or revoked by the time of writing is passed over.
func TestUsesOfKeysThatEnded(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	d.use(t, perceval, time.Second)
	d.use(t, gauvain, 2*time.Second)
	d.use(t, yvain, time.Second)
	d.exec(t, "UPDATE api_keys SET revoked_at = 1 WHERE id = 7", "DELETE FROM api_keys WHERE id = 8")
	d.writeUses()
	d.wantUses(t, "key 9 1", "org 1 2")
}

// More keys than one operation writes.
func TestManyUses(t *testing.T) {
	t.Parallel()
	d := openSmall(t)
	for i := range 3*usesPerItem + 1 {
		d.uses.keys.keep(use{keyID: int64(i), orgID: 1, at: noon.UnixMicro()})
	}
	d.writeUses()
	if got := d.query(t, "SELECT count(*) || '' FROM api_keys WHERE last_used_at IS NOT NULL")[0]; got != "15" {
		t.Errorf("%s uses", got)
	}
	for i := range maxUses + 5 {
		d.uses.keys.keep(use{keyID: int64(i), orgID: 1, at: noon.UnixMicro()})
	}
	d.uses.keys.keep(use{keyID: 7, orgID: 1, at: noon.UnixMicro() + 1})
	if list := d.uses.keys.take(); len(list) != maxUses || list[7].at != noon.UnixMicro()+1 {
		t.Errorf("%d uses are remembered", len(list))
	}
}

// What cannot be written is kept for the next time, and a newer use wins.
func TestUsesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	d := open(t, smallCompany(), Options{Log: slog.New(slog.NewTextHandler(&logged, nil))})
	d.use(t, perceval, time.Second)
	d.use(t, arthur, time.Second)
	d.plantRefusal(t, "orgs", "alias", d.query(t, "SELECT alias FROM orgs")...)
	d.writeUses()
	d.wantUses(t)
	if !strings.Contains(logged.String(), "use of keys not written") {
		t.Errorf("the log says %s", &logged)
	}
	d.dropRefusal(t, "orgs")
	d.use(t, arthur, 4*time.Second)
	d.writeUses()
	d.wantUses(t, "key 2 4", "key 7 1", "org 1 4")
}

// Once a minute, and when the directory is closed.
func TestUsesAreWrittenInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := open(t, smallCompany(), Options{UseEvery: time.Minute})
		d.use(t, perceval, time.Second)
		<-time.After(59 * time.Second) // of the test's own clock: it takes no time
		synctest.Wait()
		d.wantUses(t)
		<-time.After(time.Second)
		synctest.Wait()
		d.wantUses(t, "key 7 1", "org 1 1")
		d.use(t, arthur, 61*time.Second)
		synctest.Wait()
		d.wantUses(t, "key 7 1", "org 1 1")
		d.Close()
		d.wantUses(t, "key 2 61", "key 7 1", "org 1 61")
	})
}
