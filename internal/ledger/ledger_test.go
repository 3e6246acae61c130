package ledger

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

var size = Options{Users: 12, Shared: 4, Connections: 5}

// served is a directory with its address, and a book that was loaded and settled.
func served(t *testing.T) (*db.DB, string, *Ledger) {
	t.Helper()
	database := dbtest.New(t)
	if err := plant(t.Context(), database, size); err != nil {
		t.Fatal(err)
	}
	d := directory.New(database, directory.Options{Log: slog.New(slog.DiscardHandler)})
	server := httptest.NewServer(api.New(d, slog.New(slog.DiscardHandler)))
	t.Cleanup(func() {
		server.Close()
		d.Close()
	})
	book := New(size)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var load sync.WaitGroup
	load.Go(func() { book.Load(ctx, server.URL) })
	if err := book.Await(ctx, 200); err != nil {
		t.Fatal(err)
	}
	stop()
	load.Wait()
	if err := book.Settle(t.Context(), server.URL); err != nil {
		t.Fatal(err)
	}
	return database, server.URL, book
}

func TestHonestDirectory(t *testing.T) {
	t.Parallel()
	database, url, book := served(t)
	if err := book.Settled(t.Context(), url); err != nil {
		t.Error(err)
	}
	if err := checkRows(t.Context(), database); err != nil {
		t.Error(err)
	}
	if tally := book.Tally(); tally.Acknowledged < 200 || tally.Replayed > 0 || tally.Unanswered > 0 || tally.Pause == 0 || tally.Slowest == 0 {
		t.Errorf("%+v", tally)
	}
}

// A directory that cheats is found out, by the one check or by the other.
func TestCheatsAreFound(t *testing.T) {
	t.Parallel()
	const last = " FROM events WHERE user_id = $1 AND version = (SELECT max(version) FROM events WHERE user_id = $1)"
	for name, cheat := range map[string]struct {
		text       string
		fault, row string
	}{
		"half of an update is lost": {"UPDATE users SET phone = '1' WHERE id = $1", "its history ends with", ""},
		"the update after the last": {"UPDATE users SET version = version + 1 WHERE id = $1", "", "1 users"},
		"the last event is lost":    {"DELETE" + last, "its history ends with", "1 users"},
		"an event in the middle":    {"DELETE FROM events WHERE user_id = $1 AND version = 3", "stands where", "1 users"},
		"half of an event":          {"UPDATE events SET changes = '[]' WHERE user_id = $1 AND version = 4", "no whole next update", ""},
		"the same event twice":      {"INSERT INTO events (previous_id, user_id, version, org_id, at, actor_id, api_key_id, request_id, changes, effects) SELECT id, user_id, version + 1, org_id, at, actor_id, api_key_id, request_id, changes, effects" + last, "", "1 users"},
		"an event of somebody else": {"UPDATE events SET user_id = '" + userID(2) + "' WHERE user_id = $1 AND version = 2", "", "users"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database, url, book := served(t)
			err := database.Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(cheat.text, userID(1))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := book.Settled(t.Context(), url); cheat.fault != "" && (err == nil || !strings.Contains(err.Error(), cheat.fault)) {
				t.Errorf("the histories: %v", err)
			}
			if err := checkRows(t.Context(), database); cheat.row != "" && (err == nil || !strings.Contains(err.Error(), cheat.row)) {
				t.Errorf("the rows: %v", err)
			}
		})
	}
}

// What the book does not know of, and what it knows more of than is stored.
func TestOtherBooks(t *testing.T) {
	t.Parallel()
	_, url, book := served(t)
	book.writers[7][0].acked--
	if err := book.Settled(t.Context(), url); err == nil || !strings.Contains(err.Error(), "acknowledged") {
		t.Errorf("an update of which nobody heard: %v", err)
	}
	book.writers[7][0].acked += 2
	book.writers[7][0].sent++
	if err := book.Check(t.Context(), url); err == nil || !strings.Contains(err.Error(), "were acknowledged") {
		t.Errorf("an acknowledged update is lost: %v", err)
	}
	book = New(size)
	if err := book.Check(t.Context(), url); err == nil || !strings.Contains(err.Error(), "0 sent") {
		t.Errorf("updates that were never sent: %v", err)
	}
}
