package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/roundtable-directory/roundtable/internal/directory"
)

// rekeySettings are the flags of rekey.
type rekeySettings struct {
	db            string
	secretKeyFile string
	newKeyFile    string
}

func rekeyCommand() *cobra.Command {
	var s rekeySettings
	cmd := &cobra.Command{
		Use:   "rekey",
		Short: "Keep the secrets of single sign-on under another secret key",
		Long: `Keep the client secrets of single sign-on under another secret key: all of them, or
none if one cannot be opened with the present key. Servers need the new file from then on,
so stop them first. Done again, it finds nothing left to do.`,
		Example: `  head -c 32 /dev/urandom | base64 > new.key
  roundtable rekey --db company.db --secret-key-file secret.key --new-secret-key-file new.key`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.db, "db", "roundtable.db", "database: a file name, or an address as in postgres://user@host/name")
	flags.StringVar(&s.secretKeyFile, "secret-key-file", "", "the present key, as of serve")
	flags.StringVar(&s.newKeyFile, "new-secret-key-file", "", "the key from now on: 32 bytes in base64")
	return cmd
}

func (s *rekeySettings) run(ctx context.Context, stdout io.Writer) (err error) {
	if s.secretKeyFile == "" || s.newKeyFile == "" {
		return errors.New("--secret-key-file and --new-secret-key-file: name the present key and the new one")
	}
	present, err := readSealer("--secret-key-file", s.secretKeyFile)
	if err != nil {
		return err
	}
	fresh, err := readSealer("--new-secret-key-file", s.newKeyFile)
	if err != nil {
		return err
	}
	database, err := openDatabase(ctx, s.db, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	d := directory.New(database, directory.Options{Sealer: present})
	defer d.Close()
	count, err := d.Reseal(ctx, fresh)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "Secrets that are kept under the new key now: %d. Start the servers with --secret-key-file %s.\n", count, s.newKeyFile)
	return err
}
