package outage

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"testing"
)

// proxy stands between a server and its clients, as a network does.
type proxy struct {
	listener net.Listener
	to       string
	mu       sync.Mutex
	open     sync.Cond
	hung     bool
	ends     map[net.Conn]bool // to whether its next word about a commit is lost, and the connection with it
	done     sync.WaitGroup
}

// newProxy forwards to the host of an address, and returns the address to use instead.
func newProxy(t *testing.T, address string) (*proxy, string) {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{to: parsed.Host, ends: make(map[net.Conn]bool)}
	p.open.L = &p.mu
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	parsed.Host = p.listener.Addr().String()
	p.done.Go(p.accept)
	t.Cleanup(func() {
		p.listener.Close()
		p.hang(false)
		p.cut()
		p.done.Wait()
	})
	return p, parsed.String()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.to)
		if err != nil {
			client.Close()
			continue
		}
		p.mu.Lock()
		p.ends[client], p.ends[server] = false, false
		p.mu.Unlock()
		p.done.Go(func() { p.forward(client, server) })
		p.done.Go(func() { p.forward(server, client) })
	}
}

// forward copies until one end is gone, and holds everything back while hung.
func (p *proxy) forward(from, to net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		for p.hung {
			p.open.Wait()
		}
		lost := p.ends[from] && bytes.Contains(buffer[:n], []byte("COMMIT"))
		p.mu.Unlock()
		if lost {
			break
		}
		if _, failed := to.Write(buffer[:n]); err == nil {
			err = failed
		}
		if err != nil {
			break
		}
	}
	p.mu.Lock()
	delete(p.ends, from)
	p.mu.Unlock()
	from.Close()
	to.Close()
}

// hang stops everything on its way, without a word to either side; or lets it go on.
func (p *proxy) hang(hung bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hung = hung
	p.open.Broadcast()
}

// loseCommits closes every connection as soon as the server says on it that it has
// committed: it has, and nobody hears of it.
func (p *proxy) loseCommits() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for end := range p.ends {
		p.ends[end] = end.RemoteAddr().String() == p.to
	}
}

// cut resets every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for end := range p.ends {
		if connection, ok := end.(*net.TCPConn); ok {
			connection.SetLinger(0)
		}
		end.Close()
	}
}
