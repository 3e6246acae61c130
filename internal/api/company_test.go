package api_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roundtable-directory/roundtable/internal/api"
	"github.com/roundtable-directory/roundtable/internal/apitest"
	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/db/dbtest"
	"github.com/roundtable-directory/roundtable/internal/demo"
	"github.com/roundtable-directory/roundtable/internal/directory"
	"github.com/roundtable-directory/roundtable/internal/httpd"
	"github.com/roundtable-directory/roundtable/internal/logtest"
)

// founded is when the demo company was planted, noon when the tests begin.
const (
	founded = 1615299414
	noon    = 1772366400
)

// template is a demo company that nobody has used yet.
var template = dbtest.NewTemplate(func(ctx context.Context, database *db.DB) error {
	if err := demo.Plant(ctx, database, rand.Reader, time.Unix(founded, 0)); err != nil {
		return err
	}
	return database.Read(ctx, func(tx *db.Tx) (err error) {
		everyRow, err = dumpQuery(tx)
		return err
	})
})

// everyRow reads every row of the demo company. It is there once the template is.
var everyRow string

// contract is the document that every reply is held against.
var contract = sync.OnceValues(apitest.NewValidator)

// company is a demo company of a test's own, served whole: listener, key check,
// routes, directory, database.
type company struct {
	t       testing.TB // the test whose end closes it
	db      *db.DB
	now     atomic.Int64 // Unix seconds
	log     logtest.Log
	handler http.Handler
	logger  *slog.Logger
	client  *http.Client

	stop   func()      // takes no more updates; for tests of what is answered then
	broken atomic.Bool // the test has closed the database itself, and the log tells

	mu   sync.Mutex
	urls map[place]string
}

// place is where a server listens and whom it believes.
type place struct {
	peer    string // address that requests seem to come from; empty: the real one
	listen  string // address that the server seems to listen on; empty: the real one
	proxies string // CIDR range of trusted proxies; empty: none
}

func newCompany(t testing.TB) *company {
	t.Helper()
	return newLimitedCompany(t, 0)
}

// newLimitedCompany has a limit of requests a minute; 0: none.
func newLimitedCompany(t testing.TB, rateLimit int) *company {
	t.Helper()
	database := dbtest.Opened(t, template.Place(t, db.Options{Readers: 1, Writers: 1}))
	c := &company{t: t, db: database, urls: make(map[place]string)}
	c.now.Store(noon)
	c.logger = slog.New(slog.NewJSONHandler(&c.log, nil))
	d := directory.New(database, directory.Options{Now: c.clock, Log: c.logger, RateLimit: rateLimit, UseEvery: 1000 * time.Hour, ReviewThreshold: 2, PublicURL: "https://directory.example"})
	c.handler = api.New(d, c.logger)
	c.stop = sync.OnceFunc(d.Close)
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}
	c.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		c.stop()
		if c.broken.Load() {
			return
		}
		if err := database.Close(); err != nil {
			t.Error(err)
		}
		if strings.Contains(c.log.String(), `"level":"ERROR"`) {
			t.Errorf("the log tells of errors:\n%s", c.log.String())
		}
	})
	t.Cleanup(transport.CloseIdleConnections)
	return c
}

func (c *company) clock() time.Time { return time.Unix(c.now.Load(), 0) }

// url starts a server at a place, if there is none yet, and returns its address.
func (c *company) url(at place) string {
	t := c.t
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.urls[at] != "" {
		return c.urls[at]
	}
	actual, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	options := httpd.Options{Now: c.clock, Log: c.logger}
	if at.proxies != "" {
		options.TrustedProxies = []netip.Prefix{netip.MustParsePrefix(at.proxies)}
	}
	server := httpd.New(&pretender{Listener: actual, at: at}, c.handler, options)
	served := make(chan error, 1)
	go func() { served <- server.Serve() }()
	t.Cleanup(func() {
		c.client.CloseIdleConnections()
		if err := errors.Join(server.Shutdown(context.Background()), <-served); err != nil {
			t.Error(err)
		}
	})
	c.urls[at] = "http://" + actual.Addr().String()
	return c.urls[at]
}

// pretender is a loopback listener that gives other addresses than its own.
type pretender struct {
	net.Listener
	at place
}

func (l *pretender) Addr() net.Addr {
	if l.at.listen == "" {
		return l.Listener.Addr()
	}
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(l.at.listen), 8080))
}

func (l *pretender) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil || l.at.peer == "" {
		return conn, err
	}
	return &farConn{conn, net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(l.at.peer), 40000))}, nil
}

type farConn struct {
	net.Conn
	peer net.Addr
}

func (c *farConn) RemoteAddr() net.Addr { return c.peer }

// answer is a reply, read whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// send makes a call at the usual place and checks what every reply must keep.
func (c *company) send(t *testing.T, call apitest.Call) answer {
	t.Helper()
	return c.sendTo(t, place{}, call)
}

func (c *company) sendTo(t *testing.T, at place, call apitest.Call) answer {
	t.Helper()
	got := c.sendUnchecked(t, at, call)
	path, _, _ := strings.Cut(call.Target, "?")
	checkReply(t, call.Method, path, got)
	return got
}

func (c *company) sendUnchecked(t *testing.T, at place, call apitest.Call) answer {
	t.Helper()
	request, err := call.Request(c.url(at))
	if err != nil {
		t.Fatal(err)
	}
	response, err := c.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return readAnswer(t, response)
}

func readAnswer(t *testing.T, response *http.Response) answer {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Errorf("the reply breaks off: %v", err)
	}
	return answer{response.StatusCode, response.Header, body}
}

// call is a call with a demo key and a JSON body; both may be empty.
func call(method, target, key, body string) apitest.Call {
	header := http.Header{}
	if key != "" {
		header.Set("X-Apikey", key)
	}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	return apitest.Call{Method: method, Target: target, Header: header, Body: []byte(body)}
}
