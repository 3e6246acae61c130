package httpd_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roundtable-directory/roundtable/internal/httpd"
)

// pipes is a listener whose connections are pipes in memory, so that the clock of a
// synctest bubble times them.
type pipes struct {
	incoming chan net.Conn
	closed   chan struct{}
	once     sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.incoming:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (p *pipes) dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.incoming <- server:
		return client, nil
	case <-p.closed:
		return nil, errors.New("connection refused")
	}
}

// piped is a server on pipes, with the clock of its bubble.
type piped struct {
	*pipes
	server *httpd.Server
	visits chan httpd.Visit // those that have ended
}

func servePiped(t *testing.T, handler http.HandlerFunc, o httpd.Options) *piped {
	t.Helper()
	p := &piped{pipes: &pipes{incoming: make(chan net.Conn), closed: make(chan struct{})}, visits: make(chan httpd.Visit, 2000)}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Observe = append(o.Observe, func(_ *http.Request, v *httpd.Visit) { p.visits <- *v })
	p.server = httpd.New(p.pipes, handler, o)
	go p.server.Serve()
	return p
}

// client is an honest client.
func (p *piped) client() *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return p.dial() }}}
}

// ask makes a request of its own connection and returns what the status is.
func (p *piped) ask(t *testing.T) int {
	t.Helper()
	client := p.client()
	defer client.CloseIdleConnections()
	response, err := client.Get("http://server/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

func (p *piped) stop(t *testing.T) {
	t.Helper()
	if err := p.server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// A thousand clients that send a byte of their headers each second keep nobody else
// waiting, and are gone after ten seconds.
func TestThousandSlowHeaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := servePiped(t, func(http.ResponseWriter, *http.Request) {}, httpd.Options{})
		began := time.Now()
		var clients sync.WaitGroup
		for range 1000 {
			connection, err := p.dial()
			if err != nil {
				t.Fatal(err)
			}
			clients.Go(func() {
				defer connection.Close()
				go io.WriteString(connection, "GET / HTTP/1.1\r\nX-Slow: ")
				tick := time.NewTicker(time.Second)
				defer tick.Stop()
				for ; ; <-tick.C {
					if _, err := io.WriteString(connection, "z"); err != nil {
						if took := time.Since(began); took < 10*time.Second || took > 11*time.Second {
							t.Errorf("cut off after %s", took)
						}
						return
					}
				}
			})
		}
		for range 9 {
			<-time.After(time.Second)
			at := time.Now()
			if status := p.ask(t); status != http.StatusOK || time.Since(at) > 0 {
				t.Errorf("an honest client waited %s for %d", time.Since(at), status)
			}
		}
		clients.Wait()
		if n := len(p.visits); n != 9 {
			t.Errorf("%d requests, want the 9 of the honest client", n)
		}
		p.stop(t)
	})
}

// A body that trickles holds up nobody else, and ends after a minute.
func TestTrickledBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 100)
		p := servePiped(t, func(_ http.ResponseWriter, r *http.Request) {
			if r.ContentLength > 0 {
				_, err := io.ReadAll(r.Body)
				ended <- err
			}
		}, httpd.Options{})
		began := time.Now()
		var clients sync.WaitGroup
		for range 100 {
			connection, err := p.dial()
			if err != nil {
				t.Fatal(err)
			}
			clients.Go(func() {
				defer connection.Close()
				_, err := io.WriteString(connection, "POST / HTTP/1.1\r\nHost: server\r\nContent-Length: 1000\r\n\r\n")
				for ; err == nil; _, err = io.WriteString(connection, "z") {
					<-time.After(2 * time.Second)
				}
			})
			go io.Copy(io.Discard, connection)
		}
		<-time.After(30 * time.Second)
		if status := p.ask(t); status != http.StatusOK {
			t.Errorf("an honest client is answered %d", status)
		}
		for range 100 {
			if err := <-ended; err == nil || time.Since(began) != time.Minute {
				t.Errorf("the body ended with %v after %s", err, time.Since(began))
			}
		}
		clients.Wait()
		p.stop(t)
	})
}

// Who does not read the answer is left after a minute; who has nothing to ask, after two.
func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := servePiped(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 1<<20)) }, httpd.Options{})
		connection, err := p.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		io.WriteString(connection, "GET / HTTP/1.1\r\nHost: server\r\n\r\n")
		if v := <-p.visits; v.Took != time.Minute {
			t.Errorf("the handler wrote for %s", v.Took)
		}
		p.stop(t)
	})
}

func TestIdleConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := servePiped(t, func(http.ResponseWriter, *http.Request) {}, httpd.Options{})
		connection, err := p.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		answers := bufio.NewReader(connection)
		fmt.Fprint(connection, "GET / HTTP/1.1\r\nHost: server\r\n\r\n")
		response, err := http.ReadResponse(answers, nil)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatal(response, err)
		}
		at := time.Now()
		if _, err := answers.ReadByte(); !errors.Is(err, io.EOF) || time.Since(at) != 2*time.Minute {
			t.Errorf("%v after %s", err, time.Since(at))
		}
		p.stop(t)
	})
}

// A server that stops is red first, then refuses what comes, and waits for what came
// before; what does not end in time is cut off.
func TestShutdownInSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := servePiped(t, func(_ http.ResponseWriter, r *http.Request) { io.ReadAll(r.Body) }, httpd.Options{})
		slow, err := p.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		fmt.Fprint(slow, "POST / HTTP/1.1\r\nHost: server\r\nContent-Length: 10\r\n\r\nz")
		synctest.Wait()
		p.ask(t)
		if v := <-p.visits; v.Draining || v.Refused {
			t.Error("it stops before it was told to")
		}
		p.server.Drain()
		client := p.client()
		response, err := client.Get("http://server/")
		if err != nil || !response.Close {
			t.Errorf("while it drains: %v, %v", response, err)
		}
		if v := <-p.visits; !v.Draining || v.Refused || !p.server.Draining() {
			t.Error("it does not drain")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		began, stopped := time.Now(), make(chan error, 1)
		go func() { stopped <- p.server.Shutdown(ctx) }()
		synctest.Wait()
		p.ask(t)
		if v := <-p.visits; !v.Refused {
			t.Error("a late request is not refused")
		}
		if err := <-stopped; !errors.Is(err, httpd.ErrCutOff) || time.Since(began) != 20*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		if _, err := p.dial(); err == nil {
			t.Error("somebody still listens")
		}
		if v := <-p.visits; v.Refused || v.Draining {
			t.Error("the request under way was refused")
		}
	})
}

// The log has one line about a slow request, with where the time went and nothing that
// the client wrote.
func TestSlowRequestIsLogged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		p := servePiped(t, func(w http.ResponseWriter, r *http.Request) {
			v := httpd.VisitOf(r)
			v.Route, v.KeyID, v.Body = "/v2/thing/{id}", 7, time.Second
			if r.URL.Path == "/slow" {
				<-time.After(1500 * time.Millisecond)
			}
			w.WriteHeader(http.StatusTeapot)
		}, httpd.Options{SlowRequest: 1500 * time.Millisecond, Log: slog.New(slog.NewTextHandler(&log, nil))})
		client := p.client()
		for _, path := range []string{"/quick", "/slow"} {
			request, _ := http.NewRequestWithContext(t.Context(), "SECRET", "http://server"+path+"?secret=1", strings.NewReader("secret"))
			request.Header.Set("X-Secret", "secret")
			response, err := client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
		}
		p.stop(t)
		<-p.visits
		id := (<-p.visits).ID
		_, got, _ := strings.Cut(log.String(), " level=")
		want := `WARN msg="slow request" method=other route=/v2/thing/{id} status=418 seconds=1.5 body_seconds=1 queue_seconds=0 transaction_seconds=0 batch=0 request_id=` + id + " api_key_id=7\n"
		if got != want {
			t.Errorf("the log has\n%s\nwant\n%s", got, want)
		}
	})
}

// A visit knows how its request ended.
func TestVisitStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := servePiped(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/written":
				io.WriteString(w, "text")
			case "/refused":
				w.WriteHeader(http.StatusEarlyHints)
				w.WriteHeader(http.StatusForbidden)
			case "/gone":
				panic(http.ErrAbortHandler)
			case "/flushed":
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
			}
		}, httpd.Options{})
		for path, want := range map[string]int{"/written": 200, "/refused": 403, "/gone": 0, "/silent": 200, "/flushed": 200} {
			client := p.client()
			if response, err := client.Get("http://server" + path); err == nil {
				response.Body.Close()
			}
			client.CloseIdleConnections()
			if v := <-p.visits; v.Status != want || v.Method != http.MethodGet || p.server.InFlight() != 0 {
				t.Errorf("%s: %d, want %d; %d in flight", path, v.Status, want, p.server.InFlight())
			}
		}
		p.stop(t)
	})
}
