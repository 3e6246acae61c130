package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// initSettings are the flags of init.
type initSettings struct {
	db        string
	provider  string
	org       string
	email     string
	firstName string
	lastName  string
}

func initCommand() *cobra.Command {
	var s initSettings
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Prepare an empty installation and print its first API key",
		Long: `Prepare an empty installation: a provider, an organisation and a PROVIDER user.
Its API key is printed once and stored as a hash only.`,
		Example: `  roundtable init --db company.db
  roundtable init --db company.db --provider acme --org "Acme Shops" --email ada@acme.example`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.init(cmd.Context(), cmd.OutOrStdout()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.db, "db", "roundtable.db", "database: a file name, or an address as in postgres://user@host/name")
	flags.StringVar(&s.provider, "provider", "provider", "label of the provider")
	flags.StringVar(&s.org, "org", "Organisation", "name of the first organisation")
	flags.StringVar(&s.email, "email", "provider@example.com", "e-mail address of the PROVIDER user")
	flags.StringVar(&s.firstName, "first-name", "First", "first name of the PROVIDER user")
	flags.StringVar(&s.lastName, "last-name", "Provider", "last name of the PROVIDER user")
	return cmd
}

func (s *initSettings) init(ctx context.Context, stdout io.Writer) (err error) {
	if _, ok := roundtable.EmailKey(s.email); !ok {
		return fmt.Errorf("--email: %q is not a valid e-mail address", s.email)
	}
	database, err := openDatabase(ctx, s.db, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	if err := requireEmpty(ctx, database); err != nil {
		return err
	}
	key, hash, err := secret.NewAPIKey(rand.Reader)
	if err != nil {
		return err
	}
	seed, userID := s.seed(hash)
	if err := directory.Plant(ctx, database, seed, roundtable.Micros(time.Now())); err != nil {
		return err
	}
	with := "--db " + s.db
	if database.Engine() != db.SQLite { // an address may hold a password
		with = "with the same --db"
	}
	_, err = fmt.Fprintf(stdout, "PROVIDER user %s, organisation 1. Its API key, shown this once:\n\n%s\n\nServe with: roundtable serve %s\n", userID, key, with)
	return err
}

// seed is the first provider, organisation and user, with a key.
func (s *initSettings) seed(hash [32]byte) (seed directory.Seed, userID string) {
	var id [12]byte
	_, _ = rand.Read(id[:]) // never fails: it ends the program instead
	userID = hex.EncodeToString(id[:])
	return directory.Seed{
		Providers: []directory.SeedProvider{{ID: 1, Label: s.provider}},
		Orgs:      []directory.SeedOrg{{ID: 1, ProviderID: 1, Name: s.org, Alias: "organisation"}},
		Users: []directory.SeedUser{{User: roundtable.User{
			ID: userID, OrgID: 1, Email: s.email, FirstName: s.firstName, LastName: s.lastName, Lang: "en",
			Role: roundtable.Provider, Status: roundtable.Active, CreatedAt: roundtable.Micros(time.Now()),
		}}},
		Keys: []directory.SeedKey{{APIKey: roundtable.APIKey{UserID: userID}, Hash: hash, Label: "first key"}},
	}, userID
}

// requireEmpty keeps init from touching an installation that lives.
func requireEmpty(ctx context.Context, database *db.DB) error {
	var providers int
	err := database.Get(ctx, func(tx *db.Tx) error {
		_, err := tx.One("SELECT count(*) FROM providers", nil, &providers)
		return err
	})
	if err == nil && providers > 0 {
		return errors.New("the database holds an installation already; name another with --db")
	}
	return err
}
