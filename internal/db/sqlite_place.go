package db

import (
	"errors"
	"fmt"
	"syscall"
)

// place is a path and the file that stood there. A process keeps writing to a file
// that was removed, and all of that is gone with the process.
type place struct {
	path string
	file syscall.Stat_t
}

// placesOf notes the files that the database consists of.
func placesOf(path string) ([]place, error) {
	var places []place
	for _, suffix := range []string{"", "-wal"} {
		p := place{path: path + suffix}
		switch err := syscall.Stat(p.path, &p.file); {
		case errors.Is(err, syscall.ENOENT) && suffix != "":
			continue
		case err != nil:
			return nil, fmt.Errorf("stat %s: %w", p.path, err)
		}
		places = append(places, p)
	}
	return places, nil
}

// inPlace fails while another file, or none, stands where one of them stood.
func (d *sqliteFile) inPlace() error {
	var now syscall.Stat_t
	for i := range d.places {
		p := &d.places[i]
		err := syscall.Stat(p.path, &now)
		if err != nil {
			return fmt.Errorf("%w: %s was removed while it is served (%w); put it back, or stop the server and restore a backup",
				ErrUnavailable, p.path, err)
		}
		if now.Ino != p.file.Ino || now.Dev != p.file.Dev {
			return fmt.Errorf("%w: %s was replaced while it is served; stop the server before another database takes its place",
				ErrUnavailable, p.path)
		}
	}
	return nil
}
