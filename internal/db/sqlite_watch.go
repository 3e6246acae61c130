package db

import (
	"context"
	"os"
)

const (
	// scarce is the space below which only a write can tell whether there is enough.
	scarce = 64 << 20
	// checkPatience is how long a check waits for another process, in milliseconds.
	checkPatience = 1000
)

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
