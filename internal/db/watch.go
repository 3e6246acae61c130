package db

import "context"

// Stats are figures of an open database, for those who watch it.
type Stats struct {
	Engine      Engine
	Connections int   // open
	Busy        int   // of those, in use
	Limit       int   // connections that may be open
	Files       *Disk // nil: the engine keeps its files itself
}

// Disk is what a database takes of the disk that it is on.
type Disk struct {
	File int64 // bytes of the database
	Log  int64 // bytes of its write-ahead log
	Free int64 // bytes that are left for it; -1: not known
}

// Stats returns the figures of this moment.
func (d *DB) Stats() Stats { return d.engine.stats() }

// Check reports whether the database answers a read and lets a write begin. It writes
// nothing. sure is false where only a write can tell more.
func (d *DB) Check(ctx context.Context) (sure bool, err error) {
	if err := d.Ping(ctx); err != nil {
		return false, err
	}
	return d.engine.check(ctx)
}
