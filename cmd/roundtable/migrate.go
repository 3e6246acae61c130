package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/roundtable-directory/roundtable/internal/db"
)

// planned is the exit status of migrate --plan when something would run.
const planned exitStatus = 2

// migrateSettings are the flags of migrate.
type migrateSettings struct {
	db   string
	plan bool
	json bool
}

func migrateCommand() *cobra.Command {
	var s migrateSettings
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring a database's schema up to date, or show what that takes",
		Long: `Bring the schema of a database to the version that this program works with. serve does
so itself at its start, unless it is told --migrate=false.

With --plan nothing is changed: what would run is printed, and the exit status is 0 when
that is nothing, 2 when it is something, and 1 when the database cannot be migrated. A
database may be served meanwhile.`,
		Example: `  roundtable migrate --plan --db company.db
  roundtable migrate --db company.db`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.db, "db", "roundtable.db", "database: a file name, or sqlite: and a file name")
	flags.BoolVar(&s.plan, "plan", false, "only print what would run")
	flags.BoolVar(&s.json, "json", false, "print as JSON")
	return cmd
}

func (s *migrateSettings) run(ctx context.Context, stdout io.Writer) error {
	options, err := db.ParseDSN(s.db)
	if err != nil {
		return err
	}
	version, pending, err := db.Plan(ctx, options)
	if err != nil {
		return err
	}
	if !s.plan {
		database, err := openDatabase(ctx, s.db, true)
		if err != nil {
			return err
		}
		if err := database.Close(); err != nil {
			return err
		}
	}
	if err := s.report(stdout, version, pending); err != nil {
		return err
	}
	if s.plan && len(pending) > 0 {
		return planned
	}
	return nil
}

// migrationStep is a step as --json prints it.
type migrationStep struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
	SQL     string `json:"sql"`
}

func (s *migrateSettings) report(out io.Writer, version int64, pending []db.Migration) error {
	if s.json {
		steps := []migrationStep{}
		for _, step := range pending {
			steps = append(steps, migrationStep(step))
		}
		return json.NewEncoder(out).Encode(struct {
			Schema  int64           `json:"schema"`  // before
			Head    int64           `json:"head"`    // of the program
			Applied bool            `json:"applied"` // false: a plan
			Steps   []migrationStep `json:"steps"`
		}{version, db.Head(), !s.plan, steps})
	}
	switch {
	case version > db.Head():
		fmt.Fprintf(out, "Nothing to do: the schema has version %d, one more than this program's %d, and it works with that.\n", version, db.Head())
	case len(pending) == 0:
		fmt.Fprintf(out, "Nothing to do: the schema has version %d.\n", version)
	case !s.plan:
		fmt.Fprintf(out, "Migrated the schema from version %d to %d.\n", version, db.Head())
	default:
		fmt.Fprintf(out, "-- The schema has version %d and would be migrated to %d.\n", version, db.Head())
		for _, step := range pending {
			fmt.Fprintf(out, "\n-- %s\n\n%s\n", step.Name, step.SQL)
		}
	}
	return nil
}

// exitStatus ends the program with a status of its own and without a message.
type exitStatus int

// Error is for who does not know the status.
func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// statusOf is the exit status that an error of run stands for, and whether it needs
// to be told.
func statusOf(err error) (status int, silent bool) {
	if own, ok := errors.AsType[exitStatus](err); ok {
		return int(own), true
	}
	return 1, false
}
