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
	"time"

	"github.com/roundtable-directory/roundtable"
)

// Limits of a connection, against clients that trickle.
const (
	headerTimeout  = 10 * time.Second
	readTimeout    = 60 * time.Second
	writeTimeout   = 60 * time.Second
	idleTimeout    = 120 * time.Second
	maxHeaderBytes = 64 << 10
)

// Options say how to serve.
type Options struct {
	TLSCert, TLSKey string         // files; empty: plain HTTP
	TrustedProxies  []netip.Prefix // peers whose X-Forwarded-For is believed
	Now             func() time.Time
	Log             *slog.Logger
}

// Server serves a handler on one listener.
type Server struct {
	http     *http.Server
	listener net.Listener
	options  Options
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

// Shutdown takes no further requests and waits for those under way.
func (s *Server) Shutdown(ctx context.Context) error { return s.http.Shutdown(ctx) }

// Loopback reports whether a listener is reached from this machine only.
func Loopback(listener net.Listener) bool {
	address, ok := listener.Addr().(*net.TCPAddr)
	return ok && address.IP.IsLoopback()
}

type contextKey struct{}

// carried is what a request carries from here to its handler.
type carried struct {
	id     string
	origin roundtable.Origin
}

// RequestID returns the id that names the request in logs, events and errors.
func RequestID(r *http.Request) string { return carriedBy(r).id }

// Origin returns where and when the request came in.
func Origin(r *http.Request) roundtable.Origin { return carriedBy(r).origin }

func carriedBy(r *http.Request) carried {
	c, _ := r.Context().Value(contextKey{}).(carried)
	return c
}

func (s *Server) wrap(handler http.Handler) http.Handler {
	loopback := Loopback(s.listener)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := s.options.Now()
		c := carried{id: newRequestID(now), origin: roundtable.Origin{Now: now, Address: s.clientAddress(r), Loopback: loopback}}
		w.Header()["X-Request-Id"] = []string{c.id}
		handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, c)))
	})
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
