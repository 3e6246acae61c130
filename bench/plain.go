package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
)

// plainCommand makes this program the plain server.
const plainCommand = "plain-transaction"

// servePlain does for every request what a straightforward server does, in five round
// trips and nothing else: begin, read and lock the user, update it, record the event,
// commit. No key, no right and no value is checked. It prints its address and runs until
// it is stopped.
func servePlain(ctx context.Context, address string) error {
	pool, err := pgxpool.New(ctx, address+"&pool_max_conns=32")
	if err != nil {
		return err
	}
	defer pool.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, listener.Addr())
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = plainTransaction(r.Context(), pool, r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:], string(body))
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"id":"5309c3a237bbc544d8e26737","status":"success"}`)
	})}
	context.AfterFunc(ctx, func() { _ = s.Close() }) // the process ends with it
	if err := s.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func plainTransaction(ctx context.Context, pool *pgxpool.Pool, id, changes string) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) // after the commit it does nothing
	var org, version int64
	if err := tx.QueryRow(ctx, "SELECT org_id, version FROM users WHERE id = $1 FOR UPDATE", id).Scan(&org, &version); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE users SET phone = $2, version = $3 WHERE id = $1", id, fmt.Sprint("+33 6 ", version), version+1); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO events (user_id, version, org_id, at, actor_id, api_key_id, request_id, changes, effects)"+
		" VALUES ($1, $2, $3, 1770000000000000, $1, 1, 'bench', $4, '[]')", id, version+1, org, changes)
	if err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// startPlain starts this program as the plain server.
func startPlain(address string) (*server, error) { return startSelf(plainCommand, address) }

// startSelf starts this program as one of the servers that it can be, which prints its
// address first.
func startSelf(args ...string) (*server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &server{log: new(bytes.Buffer), process: exec.Command(self, args...)}
	s.process.Stderr = s.log
	out, err := s.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	s.wait()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", args[0], err), s.stop())
	}
	s.url = "http://" + strings.TrimSpace(address)
	return s, nil
}
