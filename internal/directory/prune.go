package directory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/roundtable-directory/roundtable"
)

// Bounds of one round of pruning.
const (
	prunePage  = 2_000 // rows of a table that are looked at
	pruneChunk = 500   // rows of one operation, so that others wait for few
)

// pruned is a table whose rows are over some day.
type pruned struct {
	table, key string
	first      any // sorts before every key
	// over is the condition on which a row goes, at the moments $1, $2, … that lie so long back.
	over string
	kept []time.Duration
	// before is done in the transaction of the deletion, for those of the keys that still are over.
	before func(*operation, *pruned, []any) error
}

// supersededInvitation is the condition on which an invitation is not its user's last one:
// what became of that can be asked for as long as the user is there.
const supersededInvitation = "EXISTS (SELECT 1 FROM mails AS later WHERE later.user_id = mails.user_id AND later.kind = 'invitation' AND later.id > mails.id)"

// prunedTables lists the tables.
func prunedTables() []pruned {
	ended := func(table, key string, kept time.Duration) pruned {
		return pruned{table: table, key: key, first: []byte{}, over: table + ".expires_at <= $1", kept: []time.Duration{kept}}
	}
	sessions := ended("sessions", "id", roundtable.KeptSessions)
	sessions.first = int64(0)
	links := ended("links", "token_hash", roundtable.KeptLinks)
	links.over += " AND (links.kind <> 'invitation'" +
		" OR NOT EXISTS (SELECT 1 FROM mails WHERE mails.id = links.mail_id AND mails.user_id = links.user_id AND NOT " + supersededInvitation + ")" +
		" AND (links.used_at IS NULL OR EXISTS (SELECT 1 FROM links AS later WHERE later.user_id = links.user_id AND later.kind = 'invitation' AND later.used_at > links.used_at)))"
	return []pruned{
		sessions, links,
		ended("connection_tokens", "token_hash", roundtable.KeptConnectionTokens),
		ended("handovers", "token_hash", roundtable.KeptHandovers),
		ended("sso_requests", "state_hash", roundtable.KeptSSORequests),
		ended("saml_assertions", "assertion_hash", roundtable.KeptSSORequests),
		{
			table: "idempotent_answers", key: "scope", first: []byte{}, over: "idempotent_answers.created_at <= $1", kept: []time.Duration{answersKept},
		},
		{
			table: "mails", key: "id", first: int64(0), kept: []time.Duration{roundtable.KeptMails, roundtable.KeptDeadLetters},
			over: "(COALESCE(mails.sent_at, mails.cancelled_at) <= $1 OR mails.sent_at IS NULL AND mails.failed_at <= $2)" +
				" AND (mails.kind <> 'invitation' OR " + supersededInvitation + ")" +
				" AND mails.id < (SELECT MAX(id) FROM mails)", // whose id is not given again
			before: (*operation).stampNotices,
		},
	}
}

// Prune removes what is over, time after time, until ctx ends. Each round looks at some rows
// of each table and goes on from there in the next, so that it costs little however much
// there is. Any number of nodes may do so.
func (d *Directory) Prune(ctx context.Context, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	p := newPruning(d)
	for {
		select {
		case <-tick.C:
			if err := p.round(ctx); err != nil && ctx.Err() == nil {
				d.log.Warn("what is over was not removed", "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// pruning is how far it has come in each table.
type pruning struct {
	d      *Directory
	tables []pruned
	next   map[string]any
}

func newPruning(d *Directory) *pruning {
	return &pruning{d: d, tables: prunedTables(), next: make(map[string]any)}
}

// round prunes one page of each table.
func (p *pruning) round(ctx context.Context) error {
	for _, table := range p.tables {
		if err := p.prune(ctx, &table); err != nil {
			return fmt.Errorf("%s: %w", table.table, err)
		}
	}
	return nil
}

func (p *pruning) prune(ctx context.Context, t *pruned) error {
	over, err := p.look(ctx, t)
	if err != nil || len(over) == 0 {
		return err
	}
	for chunk := range slices.Chunk(over, pruneChunk) {
		if _, err := asServer(ctx, p.d, len(chunk), func(o *operation) (struct{}, error) { return struct{}{}, o.prune(t, chunk) }); err != nil {
			return err
		}
	}
	return nil
}
