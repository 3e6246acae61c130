package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/directory"
)

// ssoSettings are the flags of sso.
type ssoSettings struct {
	db            string
	provider      string
	publicURL     string
	secretKeyFile string

	identifier   string
	issuer       string
	clientID     string
	secretFile   string
	metadataFile string
	trustedEmail bool
	enable       bool
	disable      bool
}

func ssoCommand() *cobra.Command {
	var s ssoSettings
	cmd := &cobra.Command{
		Use:   "sso",
		Short: "Set the single sign-on of a provider's own users",
		Long: `Set the single sign-on of a provider's own users, those with the role PROVIDER. That of
an organisation is set by its administrators, over the API, and never lets a PROVIDER in.

It is switched on in three steps: set, test (an address to open in a browser), set --enable.`,
		Example: `  roundtable sso set --provider acme --issuer https://login.acme.example --client-id roundtable --client-secret-file secret
  roundtable sso test --provider acme
  roundtable sso set --provider acme --issuer https://login.acme.example --client-id roundtable --enable`,
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&s.db, "db", "roundtable.db", "database: a file name, or an address as in postgres://user@host/name")
	flags.StringVar(&s.provider, "provider", "", "label of the provider")
	flags.StringVar(&s.publicURL, "public-url", "http://127.0.0.1:8080", "the server as browsers name it, as of serve")
	flags.StringVar(&s.secretKeyFile, "secret-key-file", "", "as of serve: keeps the client secret")
	set := s.command("set", "Set it, the whole of it but for the client secret", s.set)
	own := set.Flags()
	own.StringVar(&s.identifier, "identifier", "", "what stands in its addresses; empty: as it is, or random")
	own.StringVar(&s.issuer, "issuer", "", "OpenID Connect: the issuer")
	own.StringVar(&s.clientID, "client-id", "", "OpenID Connect: this side, as the issuer knows it")
	own.StringVar(&s.secretFile, "client-secret-file", "", "OpenID Connect: file with the client secret")
	own.StringVar(&s.metadataFile, "metadata-file", "", "SAML: file with the metadata of the identity provider")
	own.BoolVar(&s.trustedEmail, "trusted-email", false, "OpenID Connect: believe addresses of which the issuer does not say whether they are verified")
	own.BoolVar(&s.enable, "enable", false, "switch it on, after a test")
	own.BoolVar(&s.disable, "disable", false, "switch it off")
	cmd.AddCommand(
		set, s.command("show", "Show it, but for the client secret", s.show),
		s.command("test", "Print an address under which it is tested", s.test), s.command("remove", "Take it away", s.remove))
	return cmd
}

// command is one of what can be done, on the directory that the flags name.
func (s *ssoSettings) command(name, short string, do func(context.Context, *directory.Directory, io.Writer) error) *cobra.Command {
	return &cobra.Command{
		Use: name, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if s.provider == "" {
				return errors.New("--provider: name the provider by its label")
			}
			sealer, err := readSealer("--secret-key-file", s.secretKeyFile)
			if err != nil {
				return err
			}
			database, err := openDatabase(cmd.Context(), s.db, false)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, database.Close()) }()
			d := directory.New(database, directory.Options{PublicURL: strings.TrimSuffix(s.publicURL, "/"), Sealer: sealer})
			defer d.Close()
			return do(cmd.Context(), d, cmd.OutOrStdout())
		},
	}
}

func (s *ssoSettings) set(ctx context.Context, d *directory.Directory, stdout io.Writer) error {
	change, err := s.change()
	if err != nil {
		return err
	}
	view, err := d.SetProviderSSO(ctx, s.provider, change)
	if err != nil {
		return explained(err)
	}
	return printView(stdout, view)
}

// change is the configuration that the flags describe.
func (s *ssoSettings) change() (change roundtable.SSOChange, err error) {
	patch := &change.Patch
	if s.identifier != "" {
		patch.Identifier = roundtable.Some(s.identifier)
	}
	if s.enable || s.disable {
		patch.Enabled = roundtable.Some(s.enable && !s.disable)
	}
	if s.metadataFile != "" {
		text, err := os.ReadFile(s.metadataFile)
		patch.Type, patch.Metadata = roundtable.Some(string(roundtable.SAML)), roundtable.Some(string(text))
		return change, err
	}
	patch.Type, patch.Issuer, patch.ClientID = roundtable.Some(string(roundtable.OIDC)), roundtable.Some(s.issuer), roundtable.Some(s.clientID)
	patch.TrustedEmail = roundtable.Some(s.trustedEmail)
	if s.secretFile != "" {
		text, err := os.ReadFile(s.secretFile)
		patch.ClientSecret = roundtable.Some(strings.TrimSpace(string(text)))
		return change, err
	}
	return change, nil
}

func (s *ssoSettings) show(ctx context.Context, d *directory.Directory, stdout io.Writer) error {
	view, err := d.ProviderSSO(ctx, s.provider)
	if err != nil {
		return err
	}
	if view == nil {
		return fmt.Errorf("provider %q has no single sign-on", s.provider)
	}
	return printView(stdout, view)
}

func (s *ssoSettings) test(ctx context.Context, d *directory.Directory, stdout io.Writer) error {
	try, err := d.TryProviderSSO(ctx, s.provider)
	if err != nil {
		return explained(err)
	}
	_, err = fmt.Fprintf(stdout, "Open this in a browser within ten minutes, while the server runs:\n\n%s\n", try.URL)
	return err
}

func (s *ssoSettings) remove(ctx context.Context, d *directory.Directory, _ io.Writer) error {
	return d.DeleteProviderSSO(ctx, s.provider)
}

func printView(stdout io.Writer, view *roundtable.SSOView) error {
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(view)
}

// explained is a refusal with all that stands against it, for people.
func explained(err error) error {
	refusal, ok := errors.AsType[*roundtable.Error](err)
	if !ok {
		return err
	}
	lines := []string{string(refusal.Code)}
	for _, f := range refusal.Fields {
		lines = append(lines, f.Field+": "+f.Message)
	}
	return errors.New(strings.Join(lines, "\n  "))
}
