package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
)

// healthSettings are the flags of health, which are those of the server that is asked.
type healthSettings struct {
	listen  string
	tlsCert string
	live    bool
	timeout time.Duration
}

func healthCommand() *cobra.Command {
	var s healthSettings
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask a server on this machine whether it is ready",
		Long: `Ask a server on this machine whether it takes requests, and its database reads and
writes. Exits with 0 if so. It takes the flags and variables that the server has, and
believes no other certificate than the one that --tls-cert names.`,
		Example: `  roundtable health
  roundtable health --listen :8443 --tls-cert cert.pem
  roundtable health --live               the process alone`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.ask(cmd.Context(), cmd.OutOrStdout()) },
	}
	flags := cmd.Flags()
	flags.StringVar(&s.listen, "listen", "127.0.0.1:8080", "address and port that the server listens on")
	flags.StringVar(&s.tlsCert, "tls-cert", "", "certificate file of the server; asks by HTTPS")
	flags.BoolVar(&s.live, "live", false, "ask only whether the process serves")
	flags.DurationVar(&s.timeout, "timeout", 3*time.Second, "how long an answer may take")
	return cmd
}

func (s *healthSettings) ask(ctx context.Context, stdout io.Writer) error {
	url, client, err := s.target()
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, response.Status)
	}
	_, err = fmt.Fprintln(stdout, "ok")
	return err
}

// target is where to ask, and with what.
func (s *healthSettings) target() (url string, client *http.Client, err error) {
	host, port, err := net.SplitHostPort(s.listen)
	if err != nil {
		return "", nil, fmt.Errorf("--listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme, transport := "http", &http.Transport{}
	if s.tlsCert != "" {
		scheme = "https"
		if transport.TLSClientConfig, err = trustOnly(s.tlsCert); err != nil {
			return "", nil, err
		}
	}
	path := "/health/ready"
	if s.live {
		path = "/health/live"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + path, &http.Client{Transport: transport}, nil
}

// trustOnly believes the certificate of a file, whatever names it bears: the server is
// asked by its address.
func trustOnly(file string) (*tls.Config, error) {
	expected, err := readCertificate(file)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert: %w", err)
	}
	return &tls.Config{
		InsecureSkipVerify: true, // VerifyConnection is stricter
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) == 0 || !bytes.Equal(state.PeerCertificates[0].Raw, expected) {
				return errors.New("the server has another certificate than --tls-cert names")
			}
			return nil
		},
	}, nil
}

// readCertificate returns the first certificate of a PEM file, which is the server's own.
func readCertificate(file string) (der []byte, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return block.Bytes, nil
		}
	}
	return nil, fmt.Errorf("%s holds no certificate", file)
}
