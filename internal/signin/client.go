package signin

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// What is asked of an identity provider is bounded: somebody else runs it.
const (
	clientTimeout = 10 * time.Second
	maxAnswer     = 1 << 20
	maxRedirects  = 3
)

var errPrivateAddress = errors.New("the address of the identity provider is private; an operator may allow such with --sso-private-addresses")

var errLongAnswer = errors.New("the answer of the identity provider is too long")

// privateRanges are what is not the public internet, beside what net/netip knows: shared,
// benchmark and reserved addresses, and IPv6 that stands for IPv4.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/32"),
	netip.MustParsePrefix("2002::/16"),
}

// newClient makes the client that asks identity providers. It judges the address that it
// is about to dial, so that neither a name nor a redirect leads elsewhere.
func newClient(private bool) *http.Client {
	dialer := &net.Dialer{Timeout: clientTimeout}
	if !private {
		dialer.Control = func(_, address string, _ syscall.RawConn) error { return requirePublic(address) }
	}
	return &http.Client{
		Timeout: clientTimeout,
		Transport: &bounded{&http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: clientTimeout, ResponseHeaderTimeout: clientTimeout,
			MaxIdleConns: 20, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		}},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) >= maxRedirects {
				return errors.New("too many redirects")
			}
			if r.URL.Scheme != "https" && via[0].URL.Scheme == "https" {
				return errors.New("redirected away from https")
			}
			return nil
		},
	}
}

func requirePublic(address string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %s", errPrivateAddress, address)
	}
	ip := at.Addr().Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsLoopback() {
		return errPrivateAddress
	}
	for _, private := range privateRanges {
		if private.Contains(ip) {
			return errPrivateAddress
		}
	}
	return nil
}

// bounded ends answers that are too long.
type bounded struct{ next http.RoundTripper }

// RoundTrip sends a request.
func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err == nil {
		response.Body = &boundedBody{response.Body, maxAnswer}
	}
	return response, err
}

type boundedBody struct {
	io.ReadCloser
	left int
}

// Read reads on, up to the bound.
func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLongAnswer
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
