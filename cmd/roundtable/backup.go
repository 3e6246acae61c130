package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// copySettings are the flags of backup and restore.
type copySettings struct {
	from  string
	to    string
	check bool
	json  bool
}

func backupCommand() *cobra.Command {
	var s copySettings
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "Copy a SQLite database while it is served",
		Long: `Copy a SQLite database to a new file, whether it is served or not.

The copy is one moment of the database and holds every change that was acknowledged
before. It is checked page by page and reference by reference before it gets its name,
and a file that stands there already is left alone. Never copy the file of a served
database by other means: changes may stand in the log beside it.`,
		Example: `  roundtable backup --db company.db --to /backup/company-$(date +%F).db`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options, err := s.file(s.from, "back up PostgreSQL with its own tools, such as pg_dump or pg_basebackup")
			if err != nil {
				return err
			}
			if s.to == "" {
				return errors.New("--to: name the file to write")
			}
			found, err := db.Backup(cmd.Context(), options.Path, s.to)
			if err != nil {
				return err
			}
			return s.report(cmd.OutOrStdout(), found, fmt.Sprintf("%s holds a copy of %s", s.to, s.from))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&s.from, "db", "roundtable.db", "the database: a file name, or sqlite: and a file name")
	flags.StringVar(&s.to, "to", "", "the file to write, which must not exist")
	flags.BoolVar(&s.json, "json", false, "print what it holds as JSON")
	return cmd
}

func restoreCommand() *cobra.Command {
	var s copySettings
	cmd := &cobra.Command{
		Use:   "restore",
		Short: "Check a backup, and put it in the place of a database",
		Long: `Check a backup of a SQLite database and copy it to where a database shall be served.

Nothing is overwritten: the place must be empty, and no server may run there. With
--check nothing is copied; the backup is only checked.`,
		Example: `  roundtable restore --check --from /backup/company-2026-11-23.db
  roundtable restore --from /backup/company-2026-11-23.db --to company.db`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options, err := s.file(s.from, "restore PostgreSQL with its own tools, such as pg_restore")
			switch {
			case s.from == "":
				return errors.New("--from: name the backup")
			case err != nil:
				return err
			case s.check:
				found, err := db.Inspect(cmd.Context(), options.Path)
				if err != nil {
					return err
				}
				return s.report(cmd.OutOrStdout(), found, s.from+" is whole")
			case s.to == "":
				return errors.New("--to: name the file to write, or ask for --check alone")
			}
			found, err := db.Restore(cmd.Context(), options.Path, s.to)
			if err != nil {
				return err
			}
			return s.report(cmd.OutOrStdout(), found, fmt.Sprintf("%s is restored from %s", s.to, s.from))
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&s.check, "check", false, "only check the backup")
	flags.StringVar(&s.from, "from", "", "the backup")
	flags.StringVar(&s.to, "to", "", "the file to write, which must not exist")
	flags.BoolVar(&s.json, "json", false, "print what it holds as JSON")
	return cmd
}

// file understands a name that must be one of a file.
func (s *copySettings) file(dsn, otherwise string) (db.Options, error) {
	options, err := db.ParseDSN(dsn)
	if options.Address != "" {
		return options, fmt.Errorf("this copies SQLite files: %s", otherwise)
	}
	return options, err
}

// holding is what --json prints.
type holding struct {
	From   string         `json:"from"`
	To     string         `json:"to,omitempty"`
	Schema int64          `json:"schema"`
	Bytes  int64          `json:"bytes"`
	Tables []countOfTable `json:"tables"`
}

type countOfTable struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

// report tells what a checked file holds.
func (s *copySettings) report(out io.Writer, found *db.Inspection, done string) error {
	h := holding{From: s.from, Schema: found.Schema, Bytes: found.Size}
	if !s.check {
		h.To = s.to
	}
	for _, table := range found.Tables {
		h.Tables = append(h.Tables, countOfTable(table))
	}
	if s.json {
		return json.NewEncoder(out).Encode(h)
	}
	fmt.Fprintf(out, "%s, checked: schema %d, %d bytes.\n\n", done, h.Schema, h.Bytes)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, count := range h.Tables {
		fmt.Fprintf(table, "  %s\t%d\n", count.Table, count.Rows)
	}
	return table.Flush()
}
