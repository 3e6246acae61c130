package signin

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestRequirePublic(t *testing.T) {
	t.Parallel()
	for address, public := range map[string]bool{
		"93.184.216.34:443": true, "[2606:2800:220:1::1]:443": true,
		"127.0.0.1:80": false, "[::1]:80": false, "10.1.2.3:80": false, "172.16.0.1:80": false, "192.168.1.1:80": false, "169.254.169.254:80": false,
		"100.64.0.1:80": false, "0.0.0.0:80": false, "[::]:80": false, "224.0.0.1:80": false, "255.255.255.255:80": false, "[fe80::1%eth0]:80": false,
		"[fd00::1]:80": false, "[::ffff:127.0.0.1]:80": false, "[64:ff9b::7f00:1]:80": false, "[2002:7f00:1::]:80": false, "198.18.0.1:80": false, "name:80": false,
	} {
		if err := requirePublic(address); (err == nil) != public {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestClientIsBounded: private addresses, however they are come by, long answers, and
// redirects without end.
func TestClientIsBounded(t *testing.T) {
	t.Parallel()
	var asked int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/long":
			io.WriteString(w, strings.Repeat("x", 2<<20))
		}
	}))
	t.Cleanup(server.Close)
	for _, address := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1)} {
		if _, err := newClient(false).Get(address); !errors.Is(err, errPrivateAddress) || asked > 0 {
			t.Errorf("%s: %v", address, err)
		}
	}
	allowed := newClient(true)
	if _, err := allowed.Get(server.URL + "/round"); err == nil || asked > maxRedirects+1 {
		t.Errorf("%v after %d requests", err, asked)
	}
	response, err := allowed.Get(server.URL + "/long")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); !errors.Is(err, errLongAnswer) || len(text) > maxAnswer {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

func TestArrivals(t *testing.T) {
	t.Parallel()
	h, _ := logres(t)
	b := h.browser().noFollow()
	for range arrivalsAtOnce {
		h.signIn(b, "logres")
	}
	h.wantProblem(h.signIn(b, "logres"), "too many from one address", TooMany)
	if n := h.count("SELECT count(*) FROM sso_requests"); n > arrivalsAtOnce {
		t.Errorf("%d requests are kept", n)
	}
}
