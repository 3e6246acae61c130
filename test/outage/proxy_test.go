package outage

import (
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
	ends     map[net.Conn]bool
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
		p.ends[client], p.ends[server] = true, true
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
		p.mu.Unlock()
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
