package directory

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
)

// lines collects what is logged as an error.
type lines struct {
	mu  sync.Mutex
	all []string
}

func (l *lines) log() *slog.Logger {
	return slog.New(&errorLog{Handler: slog.DiscardHandler, report: func(line ...any) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all = append(l.all, fmt.Sprint(line...))
	}})
}

func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.all, "\n")
}

// breakForeignKey runs a statement that a reference of a table forbids, as a bug or a
// hand in the database would.
func (d *opened) breakForeignKey(t *testing.T, table, column, text string) {
	t.Helper()
	if d.db.Engine() == db.PostgreSQL {
		d.exec(t, fmt.Sprintf("ALTER TABLE %s DROP CONSTRAINT %[1]s_%s_fkey", table, column), text)
		return
	}
	path := d.query(t, "SELECT file FROM pragma_database_list WHERE name = 'main'")[0]
	handle, err := sql.Open("sqlite", path) // which does not hold foreign keys
	if err != nil {
		t.Fatal(err)
	}
	defer handle.Close()
	if _, err := handle.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// A rule that panics, here over a business that is not there, fails its own item.
func TestPanicFailsOneItem(t *testing.T) {
	t.Parallel()
	var logged lines
	d := open(t, smallCompany(), Options{Log: logged.log()})
	d.breakForeignKey(t, "user_businesses", "business_id", fmt.Sprintf("UPDATE user_businesses SET business_id = '%s' WHERE user_id = '%s' AND position = 1", shopID(99), userID(gauvain)))
	batch := []*item{
		d.item(t, arthur, yvain, setPhone("1")), d.item(t, karadoc, perceval, setPhone("2")),
		d.item(t, karadoc, gauvain, setPhone("3")), d.item(t, arthur, gauvain, setPhone("4")), d.item(t, karadoc, perceval, setPhone("5")),
	}
	d.runAll(t, batch)
	for i, it := range batch {
		refusal, refused := errors.AsType[*roundtable.Error](it.err)
		if broken := i == 2; broken != (it.err != nil) || refused {
			t.Errorf("item %d: %v %v", i, it.err, refusal)
		}
	}
	if got := d.query(t, "SELECT phone FROM users WHERE id IN ($1, $2, $3) ORDER BY id", userID(perceval), userID(gauvain), userID(yvain)); strings.Join(got, " ") != "5 4 1" {
		t.Errorf("phones %q", got)
	}
	if !strings.Contains(logged.text(), "panic in a rule") {
		t.Error("the panic is not in the log")
	}
	// A preview meets the same rule and fails the same way.
	if _, err := d.PreviewUser(t.Context(), d.caller(karadoc), userID(gauvain), roundtable.Update{Patch: setPhone("6")}); err == nil {
		t.Error("the preview went well")
	}
}

// An item whose row the database refuses fails alone; all others of its batch are
// stored, each once.
func TestFailingWriteIsBisected(t *testing.T) {
	t.Parallel()
	for name, plant := range map[string]func(d *opened, t *testing.T, ids ...string){
		"user":  func(d *opened, t *testing.T, ids ...string) { d.plantRefusal(t, "users", "id", ids...) },
		"event": func(d *opened, t *testing.T, ids ...string) { d.plantRefusal(t, "events", "user_id", ids...) },
		"late":  func(d *opened, t *testing.T, ids ...string) { d.plantLateRefusal(t, "events", "user_id", ids...) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var logged lines
			d := open(t, smallCompany(), Options{Log: logged.log()})
			plant(d, t, userID(perceval), userID(yvain))
			var batch []*item
			for n := range 97 { // some on the same user
				batch = append(batch, d.item(t, merlin, arthur+n%12, setPhone(fmt.Sprint(n))))
			}
			d.runAll(t, batch)
			stored := make(map[string]int)
			for n, it := range batch {
				if breaks := it.target == userID(perceval) || it.target == userID(yvain); breaks == (it.err == nil) {
					t.Errorf("item %d: %v", n, it.err)
				} else if !breaks {
					stored[it.target]++
				}
			}
			for n := arthur; n <= leodagan; n++ {
				want := fmt.Sprintf("%d %d", stored[userID(n)]+1, stored[userID(n)])
				got := d.query(t, "SELECT version || ' ' || (SELECT count(*) FROM events WHERE user_id = $1) FROM users WHERE id = $1", userID(n))
				if got[0] != want {
					t.Errorf("user %d has version and events %s, want %s", n, got[0], want)
				}
			}
			if !strings.Contains(logged.text(), "planted") {
				t.Error("the log does not tell what the database said")
			}
		})
	}
}

// Items that one half of a broken batch puts back still see what the other half did.
func TestBisectedItemsMayWait(t *testing.T) {
	t.Parallel()
	var logged lines
	d := open(t, smallCompany(), Options{Log: logged.log()})
	d.plantRefusal(t, "users", "id", userID(yvain))
	batch := []*item{
		d.item(t, merlin, arthur, setRole(roundtable.OrgManager)), d.item(t, arthur, guenever, setPhone("1")),
		d.item(t, merlin, yvain, setPhone("1")), d.item(t, merlin, arthur, setRole(roundtable.OrgAdmin)),
	}
	d.runAll(t, batch)
	if batch[0].err != nil || batch[2].err == nil || batch[3].err != nil {
		t.Errorf("answers %v, %v, %v", batch[0].err, batch[2].err, batch[3].err)
	}
	if batch[1].stillOpen() || wrong(t, batch[1].err) != "" {
		t.Errorf("arthur, administrator again, is refused: %v", batch[1].err)
	}
}

// On a full disk everybody is told to come again, nothing is stored, and it goes
// on once there is room.
func TestSQLiteFullDisk(t *testing.T) {
	t.Parallel()
	var logged lines
	d := open(t, smallCompany(), Options{Log: logged.log()})
	limit := func(text string) {
		t.Helper()
		err := d.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.One("PRAGMA max_page_count = "+text, nil, new(int64))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit(d.query(t, "SELECT CAST(page_count AS TEXT) FROM pragma_page_count")[0])
	stored, answer := 0, ""
	for answer == "" && stored < 2000 {
		if answer = d.refusal(t, arthur, yvain, setPhone(fmt.Sprint(stored))); answer == "" {
			stored++
		}
	}
	wantRefusal(t, "a full disk", answer, "unavailable")
	limit("1000000")
	wantRefusal(t, "a disk with room again", d.refusal(t, arthur, yvain, setPhone("again")), "")
	if version := d.user(t, yvain).Version; version != int64(stored+2) {
		t.Errorf("version %d after %d changes", version, stored+1)
	}
}

// Close takes nothing more, finishes what waits, and then returns.
func TestCloseDrains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openNarrow(t)
		release, writing := d.holdWriter(t)
		<-writing
		answers := make(chan error, 40)
		for n := range 40 {
			go func() {
				_, err := d.UpdateUser(t.Context(), d.caller(arthur), userID(yvain), roundtable.Update{Patch: setPhone(fmt.Sprint(n))})
				answers <- err
			}()
		}
		synctest.Wait() // all are in the queue, or in the batch that waits for the writer
		closed := make(chan struct{})
		go func() {
			d.Close()
			close(closed)
		}()
		synctest.Wait()
		wantRefusal(t, "an update after Close", d.refusal(t, arthur, yvain, setPhone("late")), "unavailable")
		select {
		case <-closed:
			t.Error("Close returned while updates wait")
		default:
		}
		close(release)
		for range 40 {
			if err := <-answers; err != nil {
				t.Errorf("an update that waited: %v", err)
			}
		}
		<-closed
		if version := d.user(t, yvain).Version; version != 41 {
			t.Errorf("version %d after 40 changes", version)
		}
	})
}

// holdWriter keeps the one connection that writes until release is closed; writing
// is closed once it has it.
func (d *opened) holdWriter(t *testing.T) (release, writing chan struct{}) {
	release, writing = make(chan struct{}), make(chan struct{})
	go func() {
		_ = d.db.Write(t.Context(), func(*db.Tx) error {
			close(writing)
			<-release
			return nil
		})
	}()
	return release, writing
}

// A caller who leaves while waiting is not served; one whose item was taken is.
func TestCallersWhoLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openNarrow(t)
		release, writing := d.holdWriter(t)
		<-writing
		ctx, leave := context.WithCancel(t.Context())
		answers := make(chan error)
		ask := func(target int) {
			_, err := d.UpdateUser(ctx, d.caller(arthur), userID(target), roundtable.Update{Patch: setPhone("1")})
			answers <- err
		}
		go ask(yvain)
		synctest.Wait() // taken: the worker waits for the writer
		go ask(perceval)
		synctest.Wait() // in the queue
		leave()
		for range 2 {
			if err := <-answers; !errors.Is(err, context.Canceled) {
				t.Errorf("answered %v to one who has left", err)
			}
		}
		close(release)
		d.update(t, arthur, gauvain, setPhone("1"))
		if got := d.query(t, "SELECT id FROM users WHERE phone = '1' ORDER BY id"); strings.Join(got, " ") != userID(gauvain)+" "+userID(yvain) {
			t.Errorf("changed users %q", got)
		}
	})
}

// Beyond 4,096 that wait, updates are refused at once.
func TestOverloaded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := openNarrow(t)
		release, writing := d.holdWriter(t)
		<-writing
		answers := make(chan error)
		ask := func() {
			_, err := d.UpdateUser(t.Context(), d.caller(arthur), userID(yvain), roundtable.Update{Patch: setPhone("1")})
			answers <- err
		}
		go ask()
		synctest.Wait() // one is taken
		for range 4096 {
			go ask()
		}
		synctest.Wait()
		wantRefusal(t, "one more", d.refusal(t, arthur, yvain, setPhone("2")), "overloaded")
		close(release)
		for range 4097 {
			if err := <-answers; err != nil {
				t.Fatalf("one that waited: %v", err)
			}
		}
	})
}
