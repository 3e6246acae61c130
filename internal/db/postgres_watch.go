package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// check asks the server that is written to whether it lets us. How full its disk is, it
// does not say before a write fails.
func (p *postgres) check(ctx context.Context) (sure bool, err error) {
	if pool := p.writers.Stat(); pool.AcquiredConns() >= pool.MaxConns() {
		return true, nil // writes are under way, and how they end will tell
	}
	var readOnly bool
	err = p.transact(ctx, changes, func(tx *Tx) error {
		_, err := tx.One("SELECT current_setting('transaction_read_only') = 'on'", nil, &readOnly)
		return err
	})
	if err == nil && readOnly {
		err = fmt.Errorf("%w: the server takes no writes", ErrUnavailable)
	}
	return err == nil, err
}

func (p *postgres) stats() Stats {
	s := Stats{Engine: PostgreSQL}
	for _, pool := range []*pgxpool.Pool{p.writers, p.readers} {
		now := pool.Stat()
		s.Connections += int(now.TotalConns())
		s.Busy += int(now.AcquiredConns())
		s.Limit += int(now.MaxConns())
	}
	return s
}
