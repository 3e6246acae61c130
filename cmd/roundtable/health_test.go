package main

import (
	"bytes"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// health asks a server by the command, and returns what it prints.
func health(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append([]string{"health"}, args...), &out, &out)
	return out.String(), err
}

func TestHealthCommand(t *testing.T) {
	t.Parallel()
	ready := http.StatusOK
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/health/ready":
			w.WriteHeader(ready)
		case "/health/live":
		default:
			w.WriteHeader(http.StatusTeapot)
		}
	})
	plain, encrypted, stranger := httptest.NewServer(handler), httptest.NewTLSServer(handler), filepath.Join(t.TempDir(), "stranger.pem")
	defer plain.Close()
	defer encrypted.Close()
	certificate := filepath.Join(t.TempDir(), "cert.pem")
	for name, der := range map[string][]byte{certificate: encrypted.Certificate().Raw, stranger: []byte("another")} {
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := strings.TrimPrefix(plain.URL, "http://")
	_, port, _ := strings.Cut(address, ":")
	secure := strings.TrimPrefix(encrypted.URL, "https://")
	for _, test := range []struct {
		args  []string
		ready int
		want  string // part of the error; empty: there is none
	}{
		{[]string{"--listen", address}, 200, ""},
		{[]string{"--listen", ":" + port}, 200, ""},
		{[]string{"--listen", "0.0.0.0:" + port}, 200, ""},
		{[]string{"--listen", "[::]:" + port}, 200, ""},
		{[]string{"--listen", address}, 503, "answers 503"},
		{[]string{"--listen", address, "--live"}, 503, ""},
		{[]string{"--listen", secure, "--tls-cert", certificate}, 200, ""},
		{[]string{"--listen", secure, "--tls-cert", certificate}, 503, "answers 503"},
		{[]string{"--listen", secure, "--tls-cert", stranger}, 200, "another certificate"},
		{[]string{"--listen", secure, "--tls-cert", "nowhere.pem"}, 200, "--tls-cert: open nowhere.pem"},
		{[]string{"--listen", secure}, 200, "answers 400"},
		{[]string{"--listen", "nonsense"}, 200, "--listen"},
		{[]string{"--listen", "127.0.0.1:1"}, 200, "refused"},
	} {
		ready = test.ready
		out, err := health(t, test.args...)
		if test.want == "" && (err != nil || out != "ok\n") || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%q, ready answers %d: %q, %v", test.args, test.ready, out, err)
		}
	}
}
