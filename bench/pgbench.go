package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

// oneStatement does the work of an update of one field in one statement: it locks the
// user, changes it and records the event. Nothing is checked.
const oneStatement = `\set org random(1, %d)
\set place random(%d, %d)
WITH target AS (
    SELECT id, org_id, version FROM users
    WHERE id = '5309c3a2' || lpad(to_hex(:org::int), 8, '0') || lpad(to_hex(:place::int), 8, '0') FOR UPDATE
), updated AS (
    UPDATE users u SET phone = '+33 6 ' || :place::int, version = t.version + 1 FROM target t WHERE u.id = t.id
    RETURNING u.id, u.org_id, u.version
)
INSERT INTO events (user_id, version, org_id, at, actor_id, api_key_id, request_id, changes, effects)
SELECT id, version, org_id, 1770000000000000, id, 1, 'bench', '[{"field":"phone","before":"","after":"+33 6"}]', '[]' FROM updated;
`

// preparePgbench has PostgreSQL's own load generator do the same work below HTTP, JSON,
// keys, rights and validation: the raw limit of the server on this machine.
func (b *bench) preparePgbench(_ context.Context, m mode, _ *postgres, address string) (*subject, error) {
	programs, err := pgtest.Programs()
	if err != nil {
		return nil, err
	}
	script := filepath.Join(b.dir, "one-statement.sql")
	text := fmt.Sprintf(oneStatement, b.world.orgs, b.world.firstManager(), b.world.perOrg-1)
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		return nil, err
	}
	run := func(ctx context.Context, seconds int) (sample, error) {
		out, err := exec.CommandContext(ctx, filepath.Join(programs, "pgbench"), "-n", "-M", "prepared", "-f", script,
			"-c", strconv.Itoa(m.connections), "-j", "1", "-T", strconv.Itoa(seconds), address).CombinedOutput()
		if err != nil {
			return sample{}, fmt.Errorf("pgbench: %w\n%s", err, out)
		}
		return readPgbench(out)
	}
	return &subject{mode: m, run: run, stop: func() error { return nil }}, nil
}

var (
	pgbenchRate    = regexp.MustCompile(`tps = ([0-9.]+)`)
	pgbenchLatency = regexp.MustCompile(`latency average = ([0-9.]+) ms`)
	pgbenchFailed  = regexp.MustCompile(`number of failed transactions: ([0-9]+)`)
)

// readPgbench reads the summary. It has no percentiles; the average stands for the
// median.
func readPgbench(out []byte) (sample, error) {
	var got sample
	numbers := make([]float64, 3)
	for i, of := range []*regexp.Regexp{pgbenchRate, pgbenchLatency, pgbenchFailed} {
		match := of.FindSubmatch(out)
		if match == nil {
			return got, fmt.Errorf("pgbench printed no %s:\n%s", of, out)
		}
		var err error
		if numbers[i], err = strconv.ParseFloat(string(match[1]), 64); err != nil {
			return got, err
		}
	}
	got.rate, got.p50, got.faults = numbers[0], time.Duration(numbers[1]*float64(time.Millisecond)), int(numbers[2])
	return got, nil
}
