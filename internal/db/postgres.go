package db

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// maxSilence is how long the server may keep silent before the connection is given up,
	// unless Options.Timeout is set.
	maxSilence = 10 * time.Second
	// maxWait is how long a transaction waits for a connection.
	maxWait = 5 * time.Second
)

// postgres is a server, or several of which one writes at a time.
type postgres struct {
	address *address
	writers *pgxpool.Pool
	readers *pgxpool.Pool
	// generation goes up when a server was lost: what was connected before is not used again.
	generation atomic.Int64
	closed     atomic.Bool
	silence    time.Duration
	ids        pgIDs
}

// openPostgres connects once, so that a wrong address or a server that is gone is told
// at once: as ErrUnavailable.
func openPostgres(ctx context.Context, o Options) (*postgres, error) {
	a, err := parseAddress(o.Address)
	if err != nil {
		return nil, err
	}
	p := &postgres{address: a, silence: maxSilence}
	if o.Timeout > 0 {
		p.silence = o.Timeout + time.Second // the server itself comes first
	}
	writing, reading := a.forWriting(o), a.forReading(o)
	writing.AfterConnect = func(_ context.Context, conn *pgx.Conn) error { p.prepare(conn, false); return nil }
	reading.AfterConnect = func(_ context.Context, conn *pgx.Conn) error { p.prepare(conn, true); return nil }
	if p.writers, err = pgxpool.NewWithConfig(ctx, writing); err == nil {
		p.readers, err = pgxpool.NewWithConfig(ctx, reading)
	}
	if err == nil {
		err = p.transact(ctx, oneStatement, func(tx *Tx) error {
			_, err := tx.One("SELECT 1", nil, new(int))
			return err
		})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", p.name(), err), p.close())
	}
	return p, nil
}

func (p *postgres) name() string { return p.address.name }

func (p *postgres) close() error {
	p.closed.Store(true)
	for _, pool := range []*pgxpool.Pool{p.writers, p.readers} {
		if pool != nil {
			pool.Close()
		}
	}
	return nil
}

func (p *postgres) transact(ctx context.Context, m mode, fn func(*Tx) error) error {
	switch m {
	case changes:
		return p.within(ctx, p.writers, "BEGIN ISOLATION LEVEL SERIALIZABLE", true, fn)
	case changesOfMoment:
		return p.within(ctx, p.writers, beginSnapshot, true, fn)
	case oneSnapshot, longSnapshot:
		return p.within(ctx, p.readers, beginSnapshot, false, fn)
	}
	return p.within(ctx, p.readers, "", false, fn)
}

// within runs fn between begin and its end, which comes on a panic too.
func (p *postgres) within(ctx context.Context, pool *pgxpool.Pool, begin string, writes bool, fn func(*Tx) error) (err error) {
	c, giveBack, err := p.take(ctx, pool)
	if err != nil {
		return err
	}
	defer giveBack()
	c.begin(begin)
	tx := &Tx{session: c, engine: PostgreSQL, writes: writes}
	commit := false
	defer func() {
		tx.session = nil
		if ended := c.end(commit); err == nil {
			err = ended
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	commit = begin != ""
	return nil
}

// take waits for a connection, which has to be given back.
func (p *postgres) take(ctx context.Context, pool *pgxpool.Pool) (c *pgConn, giveBack func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	pooled, err := pool.Acquire(waiting)
	switch {
	case err == nil:
	case p.closed.Load():
		return nil, nil, ErrClosed
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	default:
		return nil, nil, connectError(err)
	}
	c = connOf(pooled.Conn())
	return c, func() { p.giveBack(c, pooled) }, nil
}

// giveBack returns a connection that is in order to its pool, and closes any other.
// When a server is lost, so are the connections beside this one: they are not tried.
func (p *postgres) giveBack(c *pgConn, pooled *pgxpool.Conn) {
	if c.lost == nil {
		c.atRest()
		pooled.Release()
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = pooled.Hijack().Close(ctx) // it is of no use whatever it says
	}()
	if p.generation.CompareAndSwap(c.generation, c.generation+1) {
		p.writers.Reset()
		p.readers.Reset()
	}
}

// inPlace has nothing to tell: the server itself refuses.
func (p *postgres) inPlace() error { return nil }
