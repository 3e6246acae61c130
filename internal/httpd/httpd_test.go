package httpd_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// served is a server on a port of its own.
type served struct {
	url    string
	server *httpd.Server
	ended  chan error
}

func serve(t *testing.T, address string, handler http.HandlerFunc, o httpd.Options) *served {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{ended: make(chan error, 1)}
	o.Log = slog.New(slog.DiscardHandler)
	s.server = httpd.New(listener, handler, o)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	s.url = "http://127.0.0.1:" + port
	go func() { s.ended <- s.server.Serve() }()
	t.Cleanup(func() { s.server.Shutdown(context.Background()) })
	return s
}

// get makes a request with X-Forwarded-For headers and returns answer and body.
func (s *served) get(t *testing.T, forwarded ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header["X-Forwarded-For"] = forwarded
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// Every request has an id of its own, the same for handler and client, which sorts
// by time.
func TestRequestID(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := serve(t, "127.0.0.1:0", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, httpd.RequestID(r)) },
		httpd.Options{Now: func() time.Time { now = now.Add(time.Millisecond); return now }})
	last := ""
	for range 50 {
		response, body := s.get(t)
		id := response.Header.Get("X-Request-Id")
		if id != body || len(id) != 26 || strings.Trim(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") != "" {
			t.Fatalf("the client is told %q, the handler %q", id, body)
		}
		if last == "" && !strings.HasPrefix(id, "01KJMMA2G1") {
			t.Fatalf("%s does not begin with its time", id)
		}
		if id <= last {
			t.Fatalf("%s follows on %s", id, last)
		}
		last = id
	}
}

// The address is the peer's, unless that is a trusted proxy: then the right-most
// one of X-Forwarded-For that is none (section 4).
func TestOriginAddress(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		proxies   []string
		forwarded []string
		want      string
	}{
		"no proxy":                     {nil, nil, "127.0.0.1"},
		"a claim of the client":        {nil, []string{"1.2.3.4"}, "127.0.0.1"},
		"another proxy":                {[]string{"10.0.0.0/8"}, []string{"1.2.3.4"}, "127.0.0.1"},
		"a proxy":                      {[]string{"127.0.0.1/32"}, []string{"1.2.3.4"}, "1.2.3.4"},
		"a proxy that tells nothing":   {[]string{"127.0.0.1/32"}, nil, "127.0.0.1"},
		"what the client sent along":   {[]string{"127.0.0.0/8"}, []string{"9.9.9.9, 1.2.3.4"}, "1.2.3.4"},
		"two proxies":                  {[]string{"127.0.0.0/8", "10.0.0.0/8"}, []string{"9.9.9.9, 1.2.3.4, 10.0.0.7"}, "1.2.3.4"},
		"two headers":                  {[]string{"127.0.0.0/8", "10.0.0.0/8"}, []string{"9.9.9.9, 1.2.3.4", "10.0.0.7"}, "1.2.3.4"},
		"proxies only":                 {[]string{"127.0.0.0/8", "10.0.0.0/8"}, []string{"10.0.0.8, 10.0.0.7"}, "10.0.0.8"},
		"IPv6":                         {[]string{"127.0.0.0/8", "2001:db8::/32"}, []string{"2001:db9::1,2001:db8::5"}, "2001:db9::1"},
		"IPv4 in IPv6":                 {[]string{"127.0.0.0/8"}, []string{"::ffff:1.2.3.4"}, "1.2.3.4"},
		"nonsense":                     {[]string{"127.0.0.0/8"}, []string{"1.2.3.4, nonsense"}, "127.0.0.1"},
		"nonsense left of the address": {[]string{"127.0.0.0/8"}, []string{"nonsense, 1.2.3.4"}, "1.2.3.4"},
		"empty":                        {[]string{"127.0.0.0/8"}, []string{""}, "127.0.0.1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var proxies []netip.Prefix
			for _, proxy := range test.proxies {
				proxies = append(proxies, netip.MustParsePrefix(proxy))
			}
			s := serve(t, "127.0.0.1:0", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, httpd.Origin(r).Address) }, httpd.Options{TrustedProxies: proxies})
			if _, got := s.get(t, test.forwarded...); got != test.want {
				t.Errorf("address %s, want %s", got, test.want)
			}
		})
	}
}

func TestOriginTimeAndLoopback(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	handler := func(w http.ResponseWriter, r *http.Request) {
		origin := httpd.Origin(r)
		fmt.Fprint(w, origin.Loopback, " ", origin.Now.Equal(now))
	}
	for address, want := range map[string]string{"127.0.0.1:0": "true true", "0.0.0.0:0": "false true", ":0": "false true", "127.0.0.2:0": "true true"} {
		s := serve(t, address, handler, httpd.Options{Now: func() time.Time { return now }})
		if address == "127.0.0.2:0" {
			s.url = strings.Replace(s.url, "127.0.0.1", "127.0.0.2", 1)
		}
		if _, got := s.get(t); got != want {
			t.Errorf("%s: loopback and clock %s, want %s", address, got, want)
		}
	}
}

// A handler that panics costs its connection, and not the server.
func TestPanic(t *testing.T) {
	t.Parallel()
	s := serve(t, "127.0.0.1:0", func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Forwarded-For") == "panic" {
			panic("planted")
		}
	}, httpd.Options{})
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url, nil)
	request.Header.Set("X-Forwarded-For", "panic")
	if response, err := http.DefaultClient.Do(request); err == nil {
		response.Body.Close()
		t.Errorf("answered %s", response.Status)
	}
	if response, _ := s.get(t); response.StatusCode != http.StatusOK {
		t.Errorf("the next request is answered %s", response.Status)
	}
}

// Shutdown waits for requests under way and takes no others.
func TestShutdown(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	s := serve(t, "127.0.0.1:0", func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		fmt.Fprint(w, "done")
	}, httpd.Options{})
	answered := make(chan string)
	go func() {
		_, body := s.get(t)
		answered <- body
	}()
	<-entered
	stopped := make(chan error)
	go func() { stopped <- s.server.Shutdown(t.Context()) }()
	if err := <-s.ended; err != nil { // the listener is closed
		t.Errorf("Serve: %v", err)
	}
	if connection, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://")); err == nil {
		connection.Close()
		t.Error("a stopping server takes connections")
	}
	select {
	case <-stopped:
		t.Error("Shutdown left a request behind")
	default:
	}
	close(release)
	if body := <-answered; body != "done" {
		t.Errorf("the request under way was answered %q", body)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// Headers are bounded.
func TestHeaderLimit(t *testing.T) {
	t.Parallel()
	s := serve(t, "127.0.0.1:0", func(http.ResponseWriter, *http.Request) {}, httpd.Options{})
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url, nil)
	request.Header.Set("X-Long", strings.Repeat("x", 100_000))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("answered %s to 100 kB of headers", response.Status)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	options := httpd.Options{TLSCert: filepath.Join(dir, "cert.pem"), TLSKey: filepath.Join(dir, "key.pem")}
	for name, block := range map[string]*pem.Block{options.TLSCert: {Type: "CERTIFICATE", Bytes: certificate}, options.TLSKey: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := serve(t, "127.0.0.1:0", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.TLS != nil) }, options)
	parsed, _ := x509.ParseCertificate(certificate)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(s.url, "http", "https", 1), nil)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); string(body) != "true" {
		t.Errorf("answered %s", body)
	}
}
