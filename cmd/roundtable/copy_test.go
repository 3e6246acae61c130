package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/roundtable-directory/roundtable/internal/node"
	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

// moved is what a copy tells with --json.
type moved struct {
	Rows   int
	Tables []struct {
		Table, SHA256 string
		Rows          int
	}
}

// TestPostgreSQLMovesHouse has a company live on SQLite, move to PostgreSQL and back, by
// the real program: after each move its keys open, its retries are recognised, its
// history goes on, and nothing else has changed.
func TestPostgreSQLMovesHouse(t *testing.T) {
	t.Parallel()
	program, err := node.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := pgtest.Start(pgtest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	if _, err := cluster.SQL(t.Context(), "postgres", "CREATE DATABASE company"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	places := []string{filepath.Join(dir, "first.db"), cluster.DSN("company"), filepath.Join(dir, "last.db")}
	h := &household{program: program}
	h.live(t, places[0], "--demo")
	for i, place := range places[1:] {
		out := h.copy(t, places[i], place)
		back := h.copy(t, place, filepath.Join(t.TempDir(), "proof.db"))
		if out.Rows == 0 || out.Rows != back.Rows || len(out.Tables) != len(back.Tables) {
			t.Errorf("%d rows went and %d came back", out.Rows, back.Rows)
		}
		for n, table := range out.Tables {
			if table != back.Tables[n] {
				t.Errorf("%+v went and %+v came back", table, back.Tables[n])
			}
		}
		h.live(t, place)
	}
}

// household is what a company does wherever it lives.
type household struct {
	program string
	lives   int
	section float64 // the id of the newest
}

const karadoc = "/v2/user/5309c3a237bbc544d8e26705"

// live serves a place, looks for what the life before it left, and goes on.
func (h *household) live(t *testing.T, place string, flags ...string) {
	t.Helper()
	p, err := node.Start(exec.Command(h.program, append([]string{"serve", "--db", place, "--listen", "127.0.0.1:0"}, flags...)...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	// The same request in every life: it takes place once.
	first := h.ask(t, p, http.MethodPost, karadoc, `{"phone": "+33 1"}`, map[string]string{"Idempotency-Key": "one"})
	if first["status"] != "success" {
		t.Errorf("%v", first)
	}
	h.ask(t, p, http.MethodPost, karadoc, fmt.Sprintf(`{"keywords": ["é雪 %d"]}`, h.lives), nil)
	history := h.ask(t, p, http.MethodGet, karadoc+"/history", "", nil)
	if want := float64(h.lives + 2); history["count"] != want {
		t.Errorf("life %d: the history has %v events, want %v", h.lives, history["count"], want)
	}
	// A number is never given again, also when what had it is gone.
	section := h.ask(t, p, http.MethodPost, "/v2/sections", `{"name": "Season"}`, nil)
	id := section["id"].(float64)
	if id <= h.section {
		t.Errorf("life %d: section %v after %v", h.lives, id, h.section)
	}
	h.section = id
	h.ask(t, p, http.MethodDelete, fmt.Sprint("/v2/sections/", id), "", nil)
	h.lives++
	if err := p.Signal(syscall.SIGINT); err != nil {
		t.Errorf("the server ended with %v\n%s", err, p.Stderr)
	}
}

// ask sends a request that must succeed.
func (h *household) ask(t *testing.T, p *node.Node, method, path, body string, extra map[string]string) map[string]any {
	t.Helper()
	header := map[string]string{"x-APIKey": "demo-org-admin", "Content-Type": "application/json"}
	maps.Copy(header, extra)
	status, answer, err := send(context.Background(), http.DefaultClient, method, p.URL+path, header, body)
	if err != nil || status >= 300 {
		t.Fatalf("%s %s: %d %s %v\n%s", method, path, status, answer, err, p.Stderr)
	}
	var object map[string]any
	_ = json.Unmarshal([]byte(answer), &object) // what was deleted answers nothing
	return object
}

func (h *household) copy(t *testing.T, from, to string) (m moved) {
	t.Helper()
	var complaint strings.Builder
	cmd := exec.CommandContext(t.Context(), h.program, "copy", "--json", "--from", from, "--to", to)
	cmd.Stderr = &complaint
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &complaint)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
