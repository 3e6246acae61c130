package db

import "os"

// Stats are figures of an open database, for those who watch it.
type Stats struct {
	Engine      string
	Connections int   // open
	Busy        int   // of those, in use
	Files       *Disk // nil: the engine keeps its files itself
}

// Disk is what a database takes of the disk that it is on.
type Disk struct {
	File int64 // bytes of the database
	Log  int64 // bytes of its write-ahead log
	Free int64 // bytes that are left for it; -1: not known
}

// Stats returns the figures of this moment.
func (d *DB) Stats() Stats {
	s := Stats{Engine: "sqlite", Connections: cap(d.readers) + cap(d.writer), Files: &Disk{Free: -1}}
	s.Busy = s.Connections - len(d.readers) - len(d.writer)
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
