package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// mailsSettings are the flags of mails.
type mailsSettings struct {
	db    string
	most  int
	json  bool
	retry []int64
}

func mailsCommand() *cobra.Command {
	var s mailsSettings
	cmd := &cobra.Command{
		Use:   "mails",
		Short: "List mails that wait or were given up, and try them again",
		Long: `List mails that were given up, with what the mail server said, and those that wait.
With --retry one that was given up is put back into the queue.

A SQLite database that is served is locked: stop the server first.`,
		Example: `  roundtable mails --db company.db
  roundtable mails --db company.db --retry 17,18
  roundtable mails --db 'postgres://roundtable@db1/roundtable' --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.db, "db", "roundtable.db", "database: a file name, or an address as in postgres://user@host/name")
	flags.IntVar(&s.most, "limit", 100, "how many of each to list, 1 to 10000")
	flags.BoolVar(&s.json, "json", false, "print them as JSON")
	flags.Int64SliceVar(&s.retry, "retry", nil, "id of a mail that was given up, to be tried again")
	return cmd
}

func (s *mailsSettings) run(ctx context.Context, stdout io.Writer) (err error) {
	if s.most < 1 || s.most > 10_000 {
		return errors.New("--limit: must be from 1 to 10000")
	}
	database, err := openDatabase(ctx, s.db, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	d := directory.New(database, directory.Options{})
	defer d.Close()
	for _, id := range s.retry {
		if err := d.RetryMail(ctx, id); err != nil {
			if refusal, ok := errors.AsType[*roundtable.Error](err); ok && refusal.Code == roundtable.CodeNotFound {
				return fmt.Errorf("mail %d was not given up", id)
			}
			return err
		}
	}
	list, err := d.QueuedMails(ctx, s.most)
	if err != nil {
		return err
	}
	if s.json {
		return json.NewEncoder(stdout).Encode(map[string]any{"mails": append([]directory.QueuedMail{}, list...)})
	}
	return printMails(stdout, list)
}

func printMails(stdout io.Writer, list []directory.QueuedMail) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(stdout, "No mail waits, and none was given up.")
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tSTATE\tKIND\tUSER\tE-MAIL\tQUEUED\tTRIES\tERROR")
	for _, m := range list {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n",
			m.ID, m.State, m.Kind, m.UserID, m.Address, m.CreatedAt.Format(time.RFC3339), m.Tries, m.Error)
	}
	return table.Flush()
}
