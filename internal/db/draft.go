package db

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// draft is a file in the making: it stands beside its place under another name, and
// comes to its place whole and on the disk, or not at all.
type draft struct {
	name string
	to   string
}

// newDraft begins a file that will stand at to, where nothing may stand yet.
func newDraft(to string) (*draft, error) {
	if err := requireAbsent(to); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+".*.partial")
	if err != nil {
		return nil, err
	}
	d := &draft{name: file.Name(), to: to}
	if err := file.Close(); err != nil {
		return nil, errors.Join(err, d.drop())
	}
	return d, nil
}

// requireAbsent refuses a place where a database stands, or what one left there: a
// log beside a file that it is not of would be taken for its own.
func requireAbsent(path string) error {
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		_, err := os.Lstat(path + suffix)
		if err == nil {
			return fmt.Errorf("%s: %w; name another file, or move that one away first", path+suffix, fs.ErrExist)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// publish flushes the file and gives it its name, if that is still free.
func (d *draft) publish() error {
	if err := flush(d.name); err != nil {
		return err
	}
	switch err := os.Link(d.name, d.to); {
	case err == nil:
		if err := os.Remove(d.name); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrExist):
		return err
	default: // a file system without links
		if err := os.Rename(d.name, d.to); err != nil {
			return err
		}
	}
	return flush(filepath.Dir(d.to))
}

// flush makes a file, or the names in a folder, survive a power cut.
func flush(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// drop removes what publish has not moved away.
func (d *draft) drop() error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(d.name + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
