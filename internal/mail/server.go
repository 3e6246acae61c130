package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/roundtable-directory/roundtable/internal/directory"
)

// sendTimeout bounds how long the server may take over one mail, and over a greeting.
const sendTimeout = 20 * time.Second

// Server is an SMTP server that takes mails for everywhere.
type Server struct {
	host           string
	port           int
	user, password string
	security       security
	roots          *x509.CertPool // nil: those of the system
	dial           gomail.DialContextFunc
	timeout        time.Duration
}

// security is how a connection is protected.
type security int

const (
	startTLS    security = iota // after the greeting, or not at all
	implicitTLS                 // from the first byte
	anyTLS                      // if the server offers it, and whoever it is
)

// errServer is an address of a server that cannot be used.
var errServer = errors.New("want smtp://user:password@host:587, smtps://… or smtp+insecure://…")

// ParseServer reads the address of a server. Without TLS nothing is sent, but to
// loopback and where the address says that it may be insecure. Errors hold no password.
func ParseServer(address string) (*Server, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return nil, errServer
	}
	s := &Server{host: u.Hostname(), port: 587, user: u.User.Username()}
	s.password, _ = u.User.Password()
	switch u.Scheme {
	case "smtp":
		if loopback(s.host) {
			s.security = anyTLS
		}
	case "smtps":
		s.security, s.port = implicitTLS, 465
	case "smtp+insecure":
		s.security = anyTLS
	default:
		return nil, errServer
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port < 1 || s.port > 65535 {
			return nil, errServer
		}
	}
	s.dial, s.timeout = new(net.Dialer).DialContext, sendTimeout
	return s, nil
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// open connects and signs in. Each connection has a client of its own: clients keep what
// a server has offered.
func (s *Server) open(ctx context.Context) (connection, error) {
	c := new(serverConnection)
	encryption := &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.security == anyTLS}
	options := []gomail.Option{
		gomail.WithPort(s.port), gomail.WithTimeout(s.timeout), gomail.WithoutNoop(), gomail.WithTLSConfig(encryption),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			var err error
			if c.raw, err = s.dial(ctx, network, address); err != nil || s.security != implicitTLS {
				return c.raw, err
			}
			protected := tls.Client(c.raw, encryption)
			return protected, protected.HandshakeContext(ctx)
		}),
	}
	switch s.security {
	case startTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case implicitTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS)) // no second one inside
	case anyTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if s.user != "" {
		ways := []gomail.SMTPAuthType{gomail.SMTPAuthPlain, gomail.SMTPAuthLogin}
		if s.security == anyTLS {
			ways = []gomail.SMTPAuthType{gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
		}
		options = append(options, gomail.WithUsername(s.user), gomail.WithPassword(s.password), gomail.WithOpportunisticSMTPAuth(ways...))
	}
	client, err := gomail.NewClient(s.host, options...)
	if err != nil {
		return nil, err
	}
	c.client = client
	c.smtp, err = client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		c.close()
		return nil, fmt.Errorf("SMTP server %s: %w", net.JoinHostPort(s.host, strconv.Itoa(s.port)), err)
	}
	return c, nil
}

// serverConnection is one connection to a server.
type serverConnection struct {
	raw    net.Conn // below any encryption
	client *gomail.Client
	smtp   *smtp.Client
}

func (c *serverConnection) send(_ *directory.Mail, message *gomail.Msg) delivery {
	return judge(message, c.client.SendWithSMTPClient(c.smtp, message))
}

// close takes its leave if there is still somebody to take it from.
func (c *serverConnection) close() {
	if c.smtp != nil {
		_ = c.client.CloseWithSMTPClient(c.smtp) // whatever it says, all is sent
	}
	if c.raw != nil {
		_ = c.raw.Close()
	}
}
