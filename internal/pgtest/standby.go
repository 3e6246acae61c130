package pgtest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// Standby starts a copy of the server that follows it, and has it wait with every commit
// until the copy has it on the disk too. The copy has the databases of this moment.
func (c *Cluster) Standby(ctx context.Context) (*Cluster, error) {
	folder, err := NewFolder()
	if err != nil {
		return nil, err
	}
	standby := &Cluster{folder: folder, programs: c.programs, password: c.password}
	if err := standby.follow(ctx, c); err != nil {
		return nil, errors.Join(err, standby.Stop())
	}
	return standby, nil
}

func (c *Cluster) follow(ctx context.Context, primary *Cluster) error {
	backup, err := c.folder.Command("", filepath.Join(c.programs, "pg_basebackup"),
		"-d", primary.DSN("")+"&application_name=standby", "-D", "data", "-R", "-X", "stream", "-c", "fast")
	if err != nil {
		return err
	}
	if err := backup.Run(); err != nil {
		return fmt.Errorf("pg_basebackup: %w\n%s", err, c.folder.Printed("", "pg_basebackup"))
	}
	if c.port, err = FreePort(); err != nil {
		return err
	}
	if err := c.run(); err != nil {
		return err
	}
	if _, err := primary.SQL(ctx, "postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'"); err != nil {
		return err
	}
	if _, err := primary.SQL(ctx, "postgres", "SELECT pg_reload_conf()"); err != nil {
		return err
	}
	return primary.awaitStandby(ctx)
}

// awaitStandby waits until commits wait.
func (c *Cluster) awaitStandby(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		rows, err := c.SQL(ctx, "postgres", "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
		if err != nil || len(rows) > 0 {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return errors.New("the standby does not follow")
		}
	}
}
