package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/roundtable-directory/roundtable"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
	"github.com/roundtable-directory/roundtable/internal/mail"
	"github.com/roundtable-directory/roundtable/internal/secret"
)

// serveSettings are the flags of serve.
type serveSettings struct {
	demo           bool
	db             string
	dbWait         time.Duration
	listen         string
	tlsCert        string
	tlsKey         string
	trustedProxies []string
	migrate        bool
	logLevel       string
	maxBatch       int
	rateLimit      int

	publicURL       string
	pages           map[string]string
	sessionIdle     time.Duration
	sessionAbsolute time.Duration
	reviewThreshold int
	smtp            string
	mailFrom        string
	mailFolder      string
	secretKeyFile   string
	ssoPrivate      bool

	metricsListen   string
	slowRequest     time.Duration
	shutdownDelay   time.Duration
	shutdownTimeout time.Duration
}

func serveCommand() *cobra.Command {
	var s serveSettings
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the directory",
		Long: `Serve the directory until it is interrupted; then requests under way are finished.

With --demo it holds a made-up company, the same each time, in a temporary database
(or in the one that --db names), listens on loopback, and prints keys to paste.`,
		Example: `  roundtable serve --demo
  roundtable serve --db company.db --listen 127.0.0.1:8080
  roundtable serve --db 'postgres://roundtable@db1,db2/roundtable?sslmode=verify-full'
  ROUNDTABLE_DB=company.db roundtable serve --tls-cert cert.pem --tls-key key.pem --listen :8443`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return s.serve(cmd.Context(), cmd.Flags().Changed("db"), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&s.demo, "demo", false, "serve the demo company and print its keys")
	flags.StringVar(&s.db, "db", "roundtable.db", "database: a file name, or an address as in postgres://user@host/name")
	flags.DurationVar(&s.dbWait, "db-wait", 30*time.Second, "how long to wait at start for a PostgreSQL server that does not answer")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8080", "address and port to listen on")
	flags.StringVar(&s.tlsCert, "tls-cert", "", "certificate file; serves HTTPS together with --tls-key")
	flags.StringVar(&s.tlsKey, "tls-key", "", "private key file")
	flags.StringSliceVar(&s.trustedProxies, "trusted-proxy", nil, "address or CIDR range whose X-Forwarded-For is believed")
	flags.BoolVar(&s.migrate, "migrate", true, "bring the schema up to date at start")
	flags.StringVar(&s.logLevel, "log-level", "info", "debug, info, warn or error")
	flags.IntVar(&s.rateLimit, "rate-limit", 300, "requests a minute of one organisation; 0: no limit")
	flags.IntVar(&s.reviewThreshold, "review-threshold", 2, "tell people of new reviews of at most so many stars, 1 to 5; 0: of none")
	flags.IntVar(&s.maxBatch, "max-batch", directory.MaxBatch, "updates of one transaction, 1 to 256; 1 gives each its own, for measuring")
	flags.StringVar(&s.publicURL, "public-url", "", "this server as browsers and mails name it, https://users.example.com; empty: where it listens")
	flags.StringToStringVar(&s.pages, "page", nil, "where a page of the sidebar leads, as in posts=https://posts.example.com; repeatable")
	flags.DurationVar(&s.sessionIdle, "session-idle", 12*time.Hour, "sign people out who have done nothing for so long")
	flags.DurationVar(&s.sessionAbsolute, "session-absolute", 30*24*time.Hour, "and everybody after so long")
	flags.StringVar(&s.smtp, "smtp", "", "server that takes mails, as in smtp://user:password@host:587 or smtps://…; empty: they become files")
	flags.StringVar(&s.mailFrom, "mail-from", "Roundtable <roundtable@localhost>", "sender of mails, as in 'Roundtable <noreply@example.com>'")
	flags.StringVar(&s.mailFolder, "mail-folder", "", "where mails become files without --smtp; empty: mails, beside the database")
	flags.StringVar(&s.secretKeyFile, "secret-key-file", "", "file with 32 bytes in base64, under which secrets of single sign-on are kept; empty: none can be")
	flags.BoolVar(&s.ssoPrivate, "sso-private-addresses", false, "let identity providers of single sign-on have private addresses")
	flags.StringVar(&s.metricsListen, "metrics-listen", "", "address and port for Prometheus, to be kept from strangers; empty: no metrics")
	flags.DurationVar(&s.slowRequest, "slow-request", time.Second, "log requests that take longer; 0: none")
	flags.DurationVar(&s.shutdownDelay, "shutdown-delay", 0, "go on serving for so long once stopped, while /health/ready is red")
	flags.DurationVar(&s.shutdownTimeout, "shutdown-timeout", 20*time.Second, "how long requests under way may then take")
	return cmd
}

// serve opens the database, listens, serves until ctx ends, and drains.
func (s *serveSettings) serve(ctx context.Context, dbNamed bool, stdout, stderr io.Writer) (err error) {
	log, err := newLogger(s.logLevel, stderr)
	if err != nil {
		return err
	}
	proxies, err := parseProxies(s.trustedProxies)
	if err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	post, err := s.mailSettings()
	if err != nil {
		return err
	}
	sealer, err := s.sealer()
	if err != nil {
		return err
	}
	database, closeDatabase, err := s.openDatabase(ctx, dbNamed, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeDatabase()) }()
	warnOfNewerSchema(ctx, database, log)
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return err
	}
	helper := secret.NewHelper(hashCommandLine, log)
	defer helper.Close()
	watching, err := watch(ctx, s.metricsListen, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, watching.close()) }()
	d := s.directory(database, listener, secret.NewHasher(helper), watching.batches(), sealer, log)
	site, err := s.site(d, log)
	if err != nil {
		d.Close()
		return errors.Join(err, listener.Close())
	}
	server := httpd.New(listener, site, httpd.Options{
		TLSCert: s.tlsCert, TLSKey: s.tlsKey, TrustedProxies: proxies, Log: log,
		SlowRequest: s.slowRequest, Observe: watching.requests(),
	})
	watching.begin(d, server, log)
	worker, err := post.worker(d, cmp.Or(s.publicURL, s.url(listener)), s.mailFolder, log)
	if err != nil {
		d.Close()
		return errors.Join(err, listener.Close())
	}
	s.greet(ctx, stdout, log, database, listener)
	return s.serveUntil(ctx, server, worker, d, log)
}

// directory is the directory as the settings want it.
func (s *serveSettings) directory(
	database *db.DB, listener net.Listener, hasher *secret.Hasher, observe func(directory.Batch), sealer *secret.Sealer, log *slog.Logger,
) *directory.Directory {
	return directory.New(database, directory.Options{
		Log: log, MaxBatch: s.maxBatch, Hasher: hasher, RateLimit: s.rateLimit, Observe: observe,
		SessionIdle: s.sessionIdle, SessionAbsolute: s.sessionAbsolute, ReviewThreshold: s.reviewThreshold,
		PublicURL: strings.TrimSuffix(cmp.Or(s.publicURL, s.url(listener)), "/"), Sealer: sealer,
		Published: demo.Published,
	})
}

// warnOfNewerSchema says so if another release has been at the database.
func warnOfNewerSchema(ctx context.Context, database *db.DB, log *slog.Logger) {
	if version, err := database.SchemaVersion(ctx); err == nil && version > db.Head() {
		log.Warn("the schema is newer than this program by one version: it works with it, and shall be followed by the next release soon",
			"schema", version, "head", db.Head())
	}
}

// check refuses settings that make no sense, before anything is opened.
func (s *serveSettings) check() error {
	if err := s.pageOptions().Check(); err != nil {
		return err
	}
	if s.slowRequest < 0 || s.shutdownDelay < 0 || s.shutdownTimeout < 0 {
		return errors.New("--slow-request, --shutdown-delay and --shutdown-timeout must not be negative")
	}
	if s.maxBatch < 1 || s.maxBatch > directory.MaxBatch {
		return fmt.Errorf("--max-batch: must be from 1 to %d", directory.MaxBatch)
	}
	if s.reviewThreshold < 0 || s.reviewThreshold > 5 {
		return errors.New("--review-threshold: must be from 0 to 5")
	}
	if s.sessionIdle <= 0 || s.sessionAbsolute < s.sessionIdle {
		return errors.New("--session-idle must be positive, and --session-absolute no less")
	}
	if (s.tlsCert == "") != (s.tlsKey == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	if s.tlsCert != "" {
		_, err := tls.LoadX509KeyPair(s.tlsCert, s.tlsKey)
		return err
	}
	return nil
}

// serveUntil serves until ctx ends. Then requests and mails under way are finished, and
// what was acknowledged is on the disk.
func (s *serveSettings) serveUntil(ctx context.Context, server *httpd.Server, worker *mail.Worker, d *directory.Directory, log *slog.Logger) error {
	mailing, stopMailing := context.WithCancel(ctx)
	var mailed sync.WaitGroup
	mailed.Go(func() { worker.Run(mailing) })
	mailed.Go(func() { d.WatchSSO(mailing, ssoWatch) })
	mailed.Go(func() { d.Prune(mailing, pruneEvery) })
	failed := make(chan error, 1)
	go func() { failed <- server.Serve() }()
	var err error
	select {
	case err = <-failed:
	case <-ctx.Done():
		log.Info("stopping, requests under way are finished")
		err = s.shutDown(context.WithoutCancel(ctx), server, log)
	}
	stopMailing()
	mailed.Wait()
	d.Close()
	return err
}

// shutDown is red for a while, so that whoever spreads the load notices, then refuses
// requests and waits for those under way.
func (s *serveSettings) shutDown(ctx context.Context, server *httpd.Server, log *slog.Logger) error {
	server.Drain()
	if s.shutdownDelay > 0 {
		<-time.After(s.shutdownDelay)
	}
	ctx, cancel := context.WithTimeout(ctx, s.shutdownTimeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, httpd.ErrCutOff) {
		log.Warn("requests under way were cut off", "after", s.shutdownTimeout.String(), "error", err)
		return nil
	}
	return err
}

// openDatabase opens the database that the settings name, up to date and with the
// demo company if that is asked for.
func (s *serveSettings) openDatabase(ctx context.Context, named bool, log *slog.Logger) (*db.DB, func() error, error) {
	path, remove := s.db, func() error { return nil }
	if s.demo && !named {
		folder, err := os.MkdirTemp("", "roundtable-demo-")
		if err != nil {
			return nil, nil, err
		}
		path, remove = filepath.Join(folder, "demo.db"), func() error { return os.RemoveAll(folder) }
	}
	if s.mailFolder == "" {
		s.mailFolder = mailFolderBeside(path)
	}
	database, err := awaitDatabase(ctx, path, s.migrate, s.dbWait, log)
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	closeDatabase := func() error { return errors.Join(database.Close(), remove()) }
	if s.demo {
		if err := demo.Plant(ctx, database, rand.Reader, time.Now()); err != nil {
			return nil, nil, errors.Join(err, closeDatabase())
		}
	}
	return database, closeDatabase, nil
}

// openDatabase opens a database whose schema is the program's.
func openDatabase(ctx context.Context, dsn string, migrate bool) (*db.DB, error) {
	options, err := db.ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	database, err := db.Open(ctx, options)
	if err != nil {
		return nil, err
	}
	if migrate {
		err = database.Migrate(ctx)
	} else {
		err = database.CheckSchema(ctx)
		if errors.Is(err, db.ErrOlderSchema) {
			err = fmt.Errorf("%w; run roundtable migrate, or start once without --migrate=false", err)
		}
	}
	if err != nil {
		return nil, errors.Join(err, database.Close())
	}
	return database, nil
}

func newLogger(level string, stderr io.Writer) (*slog.Logger, error) {
	var threshold slog.Level
	if err := threshold.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("--log-level: %w", err)
	}
	options := &slog.HandlerOptions{Level: threshold}
	if file, ok := stderr.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return slog.New(slog.NewTextHandler(stderr, options)), nil
		}
	}
	return slog.New(slog.NewJSONHandler(stderr, options)), nil
}

func parseProxies(rules []string) ([]netip.Prefix, error) {
	proxies := make([]netip.Prefix, len(rules))
	for i, rule := range rules {
		proxy, err := roundtable.ParseAddressRule(rule)
		if err != nil {
			return nil, fmt.Errorf("--trusted-proxy: %w", err)
		}
		proxies[i] = proxy
	}
	return proxies, nil
}
