package main

import (
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"path/filepath"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/mail"
)

// mailing is how mails are to leave, once the settings are found to be sound.
type mailing struct {
	from   *netmail.Address
	server *mail.Server // nil: they become files
}

func (s *serveSettings) mailSettings() (*mailing, error) {
	from, err := netmail.ParseAddress(s.mailFrom)
	if err != nil {
		return nil, fmt.Errorf("--mail-from: %w", err)
	}
	if s.publicURL != "" {
		if err := mail.CheckPublicURL(s.publicURL); err != nil {
			return nil, fmt.Errorf("--public-url: %w", err)
		}
	}
	m := &mailing{from: from}
	if s.smtp == "" {
		return m, nil
	}
	if m.server, err = mail.ParseServer(s.smtp); err != nil {
		return nil, fmt.Errorf("--smtp: %w", err)
	}
	if s.publicURL == "" {
		return nil, errors.New("--smtp needs --public-url, which links in mails begin with")
	}
	return m, nil
}

// worker sends the mails of a directory.
func (m *mailing) worker(d *directory.Directory, publicURL, folder string, log *slog.Logger) (*mail.Worker, error) {
	var transport mail.Transport = mail.Folder{Path: folder, Log: log}
	if m.server != nil {
		transport = m.server
	}
	return mail.NewWorker(d, mail.Options{Transport: transport, From: m.from, PublicURL: publicURL, Log: log})
}

// mailFolderBeside is where mails become files: beside a database that is a file, else
// where the program runs.
func mailFolderBeside(dsn string) string {
	options, err := db.ParseDSN(dsn)
	if err != nil || options.Path == "" {
		return "mails"
	}
	return filepath.Join(filepath.Dir(options.Path), "mails")
}
