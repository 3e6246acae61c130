package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/pgtest"
)

// serverSettings are those of the PostgreSQL server: sized for a machine of some
// gigabytes, and nothing that trades durability.
var serverSettings = []string{"shared_buffers = 1GB", "max_wal_size = 4GB", "checkpoint_timeout = 15min", "wal_compression = off", "max_connections = 400"}

// postgres is the PostgreSQL server of a run, with the seeded databases, which modes copy.
type postgres struct {
	cluster *pgtest.Cluster
	standby *pgtest.Cluster // nil: commits wait for nobody else
	seeded  map[string]bool
	copies  int
}

// theServer is the server that modes share; one with a standby is apart, as following it
// costs processor time.
func (b *bench) theServer(standby bool) (*postgres, error) {
	p := &b.postgres[oneIf(standby)]
	if *p != nil {
		return *p, nil
	}
	cluster, err := pgtest.Start(pgtest.Options{Durable: true, Settings: serverSettings})
	if err != nil {
		return nil, err
	}
	*p = &postgres{cluster: cluster, seeded: make(map[string]bool)}
	return *p, nil
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// database makes a database with the rows of a world, and returns its address.
func (p *postgres) database(ctx context.Context, name string, w world) (string, error) {
	if !p.seeded[name] {
		if err := p.seed(ctx, name, w); err != nil {
			return "", fmt.Errorf("seed: %w", err)
		}
		p.seeded[name] = true
	}
	p.copies++
	fresh := fmt.Sprintf("mode_%d", p.copies)
	for _, text := range []string{
		fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY", fresh, name),
		"CHECKPOINT", // not in the middle of what is measured
	} {
		if _, err := p.cluster.SQL(ctx, "postgres", text); err != nil {
			return "", err
		}
	}
	return p.cluster.DSN(fresh), nil
}

func (p *postgres) seed(ctx context.Context, name string, w world) error {
	begin := time.Now()
	if _, err := p.cluster.SQL(ctx, "postgres", "CREATE DATABASE "+name); err != nil {
		return err
	}
	d, err := db.Open(ctx, db.Options{Address: p.cluster.DSN(name)})
	if err != nil {
		return err
	}
	if err := errors.Join(fill(ctx, d, w), d.Close()); err != nil {
		return err
	}
	if _, err := p.cluster.SQL(ctx, name, "VACUUM (ANALYZE, FREEZE)"); err != nil {
		return err
	}
	progress("seeded %s on PostgreSQL in %s", name, time.Since(begin).Round(100*time.Millisecond))
	return nil
}

// follow gives the server a standby, once.
func (p *postgres) follow(ctx context.Context) (err error) {
	if p.standby == nil {
		p.standby, err = p.cluster.Standby(ctx)
	}
	return err
}

func (p *postgres) stop() error {
	if p == nil {
		return nil
	}
	var errs []error
	if p.standby != nil {
		errs = append(errs, p.standby.Stop())
	}
	return errors.Join(append(errs, p.cluster.Stop())...)
}
