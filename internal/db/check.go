package db

import (
	"context"
	"fmt"
)

const (
	// scarce is the space below which only a write can tell whether there is enough.
	scarce = 64 << 20
	// checkPatience is how long a check waits for another process, in milliseconds.
	checkPatience = 1000
)

// Check reports whether the database answers a read and lets a write begin. It writes
// nothing. sure is false where only a write can tell more.
func (d *DB) Check(ctx context.Context) (sure bool, err error) {
	if err := d.Ping(ctx); err != nil {
		return false, err
	}
	return d.engine.check(ctx)
}

// check is sure, unless the disk is nearly full or mounted for reading only.
func (d *sqliteFile) check(context.Context) (sure bool, err error) {
	select {
	case writer := <-d.writer:
		err := writer.tryBegin()
		d.writer <- writer
		if err != nil {
			return false, err
		}
	default: // a write is under way, and how it ends will tell
	}
	free, readOnly, known := diskSpace(d.path)
	return !known || free >= scarce && !readOnly, nil
}

// tryBegin begins a transaction that writes, and ends it.
func (c *conn) tryBegin() error {
	c.patience(checkPatience)
	defer c.patience(busyTimeout)
	if err := c.run("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	return c.end(false)
}

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
