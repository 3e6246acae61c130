package db

import (
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
)

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

func (d *sqliteFile) stats() Stats {
	n := cap(d.readers) + cap(d.writer)
	s := Stats{Engine: SQLite, Connections: n, Busy: n - len(d.readers) - len(d.writer), Limit: n, Files: &Disk{Free: -1}}
	size := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			return 0 // a log that nobody has written yet
		}
		return info.Size()
	}
	s.Files.File, s.Files.Log = size(d.path), size(d.path+"-wal")
	if free, _, known := diskSpace(d.path); known {
		s.Files.Free = free
	}
	return s
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
