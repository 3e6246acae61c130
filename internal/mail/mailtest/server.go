// Package mailtest owns an SMTP server for tests and for the load test: it keeps what it
// takes, and fails as it is told. What the mails mean it must not know.
package mailtest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/mail"
	"slices"
	"sync"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Message is one that was taken.
type Message struct {
	From, To string // of the envelope
	Data     []byte
	User     string // who had signed in; "": nobody
	TLS      bool   // the connection was encrypted
}

// Read takes a message apart.
func (m Message) Read() (*mail.Message, error) { return mail.ReadMessage(bytes.NewReader(m.Data)) }

// Server is an SMTP server on loopback. What it is told to do may not be changed while it
// serves; the functions may be nil.
type Server struct {
	TLS      *tls.Config // offers STARTTLS
	Implicit bool        // speaks TLS from the first byte instead
	User     string      // who has to sign in; "": nobody
	Password string

	Sender    func(from string) error // answers MAIL FROM
	Recipient func(to string) error   // answers RCPT TO
	Taken     func(Message) error     // answers what was sent
	Forgets   bool                    // what was taken is only counted

	mu       sync.Mutex
	messages []Message
	count    int
	changed  chan struct{} // closed with the next message
	listener net.Listener
	server   *smtp.Server
	served   chan struct{}
}

// Start serves until Close.
func (s *Server) Start() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.serve(listener)
	return nil
}

// StartAt serves at an address that it had before.
func (s *Server) StartAt(address string) error {
	listener, err := net.Listen("tcp", address)
	if err == nil {
		s.serve(listener)
	}
	return err
}

func (s *Server) serve(listener net.Listener) {
	s.listener = listener
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		_, encrypted := c.TLSConnectionState()
		session := &session{server: s, encrypted: encrypted}
		if s.User == "" {
			return session, nil
		}
		return &signedIn{session}, nil
	}))
	s.server.Domain = "mail.example"
	s.server.AllowInsecureAuth = s.TLS == nil
	s.server.ErrorLog = silent{}
	if s.Implicit {
		listener = tls.NewListener(listener, s.TLS)
	} else {
		s.server.TLSConfig = s.TLS
	}
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		_ = s.server.Serve(listener) // ends with Close
	}()
}

// Address is where it listens.
func (s *Server) Address() string { return s.listener.Addr().String() }

// Close hangs up.
func (s *Server) Close() {
	_ = s.server.Close()   // which knows the listener only once it serves,
	_ = s.listener.Close() // and may have closed it
	<-s.served
}

// Messages are those taken so far.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// Count is how many messages were taken so far.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Await returns the messages once there are so many.
func (s *Server) Await(ctx context.Context, count int) ([]Message, error) {
	for {
		s.mu.Lock()
		if s.count >= count {
			s.mu.Unlock()
			return s.Messages(), nil
		}
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return s.Messages(), ctx.Err()
		}
	}
}

func (s *Server) take(m Message) error {
	if s.Taken != nil {
		if err := s.Taken(m); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	if !s.Forgets {
		s.messages = append(s.messages, m)
	}
	return nil
}

// silent is a log of what clients do, which is for the tests to look at.
type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// session is a connection.
type session struct {
	server    *Server
	encrypted bool
	user      string
	from, to  string
}

func (s *session) Reset()        { s.from, s.to = "", "" }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.User != "" && s.user == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.from = from
	if s.server.Sender != nil {
		return s.server.Sender(from)
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	if s.server.Recipient != nil {
		return s.server.Recipient(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return s.server.take(Message{From: s.from, To: s.to, Data: data, User: s.user, TLS: s.encrypted})
}

// signedIn is a session of a server that wants to know who is there.
type signedIn struct{ *session }

func (s *signedIn) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *signedIn) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.User || password != s.server.Password {
			return errors.New("wrong user or password")
		}
		s.user = user
		return nil
	}), nil
}
