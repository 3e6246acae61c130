package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"text/tabwriter"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// greet says where the server listens, and of the demo company what to paste.
func (s *serveSettings) greet(ctx context.Context, stdout io.Writer, log *slog.Logger, database *db.DB, listener net.Listener) {
	url := s.url(listener)
	log.Info("listening", "url", url)
	if !httpd.Loopback(listener) && hasDemoKeys(ctx, database) {
		log.Warn("the database holds demo keys; they answer 401, and the demo password signs nobody in, because the server listens beyond loopback")
	}
	if !s.demo {
		fmt.Fprintf(stdout, "Roundtable listens on %s. Sign in: %s/login Reference: %s/docs\n", url, url, url)
		return
	}
	fmt.Fprintf(stdout, "Roundtable serves the demo company on %s\n\nKeys, for the header x-APIKey:\n", url)
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	for _, key := range demo.Keys() {
		fmt.Fprintf(table, "  %s\t%s\n", key.Secret, key.Role)
	}
	_ = table.Flush() // what cannot be printed is not worth stopping for
	fmt.Fprintf(stdout, `
Update a user:

  curl -i -X POST %s/v2/user/%s \
    -H 'x-APIKey: demo-org-admin' -H 'Content-Type: application/json' \
    -d '{"first_name": "Percy", "business_ids": ["%s", "%s"]}'

Sign in as perceval@kaamelott.com or another of the company, with the password %s: %s/login
Reference, with calls to try out: %s/docs
%sStop with Ctrl-C.
`, url, demo.User("737"), demo.Business("701"), demo.Business("707"), demo.Password, url, url, s.whereMailsGo())
}

// url is where the server listens.
func (s *serveSettings) url(listener net.Listener) string {
	scheme := "http"
	if s.tlsCert != "" {
		scheme = "https"
	}
	return scheme + "://" + listener.Addr().String()
}

func (s *serveSettings) whereMailsGo() string {
	if s.smtp != "" {
		return ""
	}
	return "Mails are not sent, but kept in " + s.mailFolder + "\n"
}

func hasDemoKeys(ctx context.Context, database *db.DB) bool {
	found := false
	err := database.Get(ctx, func(tx *db.Tx) (err error) {
		found, err = tx.One("SELECT 1 FROM api_keys WHERE demo LIMIT 1", nil, new(int))
		return err
	})
	return found && err == nil
}
