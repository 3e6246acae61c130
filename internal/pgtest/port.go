package pgtest

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// Ports below those that the system hands out to clients: there a client that tries
// again and again to reach a server which is down would one day meet itself.
const firstPort, lastPort = 15_000, 32_000

// FreePort returns a port of loopback that nobody listens on.
func FreePort() (int, error) {
	var err error
	for range 100 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		var listener net.Listener
		if listener, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, listener.Close()
		}
	}
	return 0, fmt.Errorf("no free port: %w", err)
}
