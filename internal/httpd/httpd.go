// Package httpd owns the listener and what every request carries: an id, an
// origin, a bounded life. It must not know any route.
package httpd

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"
)

// Limits of a connection, against clients that trickle.
const (
	headerTimeout  = 10 * time.Second
	readTimeout    = 60 * time.Second
	writeTimeout   = 60 * time.Second
	idleTimeout    = 120 * time.Second
	maxHeaderBytes = 64 << 10
)

// farewell is how long a server that stops answers that it does.
const farewell = 100 * time.Millisecond

// ErrCutOff is a Shutdown that did not wait for every request.
var ErrCutOff = errors.New("requests under way were cut off")

// Options say how to serve.
type Options struct {
	TLSCert, TLSKey string         // files; empty: plain HTTP
	TrustedProxies  []netip.Prefix // peers whose X-Forwarded-For is believed
	Now             func() time.Time
	Log             *slog.Logger

	SlowRequest time.Duration                 // requests that take longer are logged; 0: none is
	Observe     []func(*http.Request, *Visit) // are told of every request at its end
}

// Server serves a handler on one listener.
type Server struct {
	http     *http.Server
	listener net.Listener
	options  Options
	draining atomic.Bool
	refusing atomic.Bool
	inFlight atomic.Int64
}

// New prepares a server; Serve starts it.
func New(listener net.Listener, handler http.Handler, o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{listener: listener, options: o}
	s.http = &http.Server{
		Handler:           s.wrap(handler),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return s
}

// Serve serves until Shutdown.
func (s *Server) Serve() error {
	var err error
	if s.options.TLSCert != "" {
		err = s.http.ServeTLS(s.listener, s.options.TLSCert, s.options.TLSKey)
	} else {
		err = s.http.Serve(s.listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Drain says that the server will stop: it goes on to answer, closes each connection
// after the next answer, and is not ready, so that whoever spreads the load sends no more.
func (s *Server) Drain() { s.draining.Store(true) }

// Shutdown refuses further requests and waits for those under way. Under load
// it takes connections for a moment more, so that clients in full swing read a refusal
// and not an end. What
// is under way when ctx ends is cut off; then it returns ErrCutOff.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	s.refusing.Store(true)
	if s.inFlight.Load() > 0 {
		select {
		case <-time.After(farewell):
		case <-ctx.Done():
		}
	}
	err := s.http.Shutdown(ctx)
	if ctx.Err() != nil && err != nil {
		return errors.Join(ErrCutOff, s.http.Close())
	}
	return err
}

// Draining reports whether the server stops, or will.
func (s *Server) Draining() bool { return s.draining.Load() }

// InFlight is how many requests are being served.
func (s *Server) InFlight() int64 { return s.inFlight.Load() }

// Loopback reports whether a listener is reached from this machine only.
func Loopback(listener net.Listener) bool {
	address, ok := listener.Addr().(*net.TCPAddr)
	return ok && address.IP.IsLoopback()
}

// clientAddress is the peer's address or, behind trusted proxies, the right-most
// address of X-Forwarded-For that is none of theirs (section 4).
func (s *Server) clientAddress(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	address := peer.Addr().Unmap()
	if len(s.options.TrustedProxies) == 0 || !s.trusted(address) {
		return address
	}
	forwarded := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(forwarded) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
		if err != nil {
			return address
		}
		address = hop.Unmap()
		if !s.trusted(address) {
			break
		}
	}
	return address
}

func (s *Server) trusted(address netip.Addr) bool {
	for _, proxy := range s.options.TrustedProxies {
		if proxy.Contains(address) {
			return true
		}
	}
	return false
}
