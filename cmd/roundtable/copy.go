package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/transfer"
)

// moveSettings are the flags of copy.
type moveSettings struct {
	from string
	to   string
	json bool
}

func copyCommand() *cobra.Command {
	var s moveSettings
	cmd := &cobra.Command{
		Use:   "copy",
		Short: "Move a directory to another database, SQLite or PostgreSQL",
		Long: `Copy a directory to another database: from SQLite to PostgreSQL, back, or to one of the
same kind. Keys, passwords, history and the numbers that were given move along, so who
uses the directory sees no difference.

Stop the servers of the source first: what they change after the copy has begun stays
behind. The target must be empty; its schema is made if it has none. It is filled in one
transaction, which is committed only after every row was read back and found the same:
when anything fails, it is empty as before.`,
		Example: `  roundtable copy --from company.db --to postgres://roundtable@db.example/roundtable
  roundtable copy --from postgres://roundtable@db.example/roundtable --to company.db --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.copy(cmd.Context(), cmd.OutOrStdout(), newProgress(cmd.ErrOrStderr(), s.json))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&s.from, "from", "", "the database to copy: a file name, or a postgres:// address")
	flags.StringVar(&s.to, "to", "", "the empty database that it is copied to")
	flags.BoolVar(&s.json, "json", false, "print what arrived as JSON")
	return cmd
}

func (s *moveSettings) copy(ctx context.Context, stdout io.Writer, progress *progress) (err error) {
	switch {
	case s.from == "":
		return errors.New("--from: name the database to copy")
	case s.to == "":
		return errors.New("--to: name the database that it is copied to")
	case s.from == s.to:
		return errors.New("--from and --to are the same database")
	}
	if err := requireThere(ctx, s.from); err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	from, err := openDatabase(ctx, s.from, false)
	if err != nil {
		return fmt.Errorf("--from: %w", err)
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := openDatabase(ctx, s.to, true)
	if err != nil {
		return fmt.Errorf("--to: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	began := time.Now()
	arrivals, err := transfer.Copy(ctx, from, to, progress.show)
	progress.end()
	if err != nil {
		return fmt.Errorf("nothing was copied: %w", err)
	}
	return s.report(stdout, arrivals, from.Engine(), to.Engine(), time.Since(began))
}

// requireThere keeps a name with a slip of the pen from becoming an empty database.
func requireThere(ctx context.Context, dsn string) error {
	options, err := db.ParseDSN(dsn)
	if err != nil {
		return err
	}
	version, _, err := db.Plan(ctx, options)
	if err == nil && version == 0 {
		err = errors.New("there is no directory")
	}
	return err
}

// arrival is a table as --json prints it.
type arrival struct {
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// report prints no address: it may hold a password.
func (s *moveSettings) report(out io.Writer, arrivals []transfer.Arrival, from, to db.Engine, took time.Duration) error {
	var rows int64
	list := []arrival{}
	for _, a := range arrivals {
		rows += a.Rows
		list = append(list, arrival{a.Table, a.Rows, hex.EncodeToString(a.Sum[:])})
	}
	if s.json {
		return json.NewEncoder(out).Encode(struct {
			From    db.Engine `json:"from"`
			To      db.Engine `json:"to"`
			Schema  int64     `json:"schema"`
			Rows    int64     `json:"rows"`
			Seconds float64   `json:"seconds"`
			Tables  []arrival `json:"tables"`
		}{from, to, db.Head(), rows, took.Seconds(), list})
	}
	fmt.Fprintf(out, "Copied %d rows from %s to %s in %s; read back, all are the same.\n\n", rows, from, to, took.Round(time.Millisecond))
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, a := range list {
		fmt.Fprintf(table, "  %s\t%d\t%s\n", a.Table, a.Rows, a.SHA256)
	}
	return table.Flush()
}
