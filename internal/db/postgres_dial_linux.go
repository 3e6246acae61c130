package db

import (
	"strings"
	"syscall"
)

const (
	tcpUserTimeout = 0x12 // TCP_USER_TIMEOUT
	unacknowledged = 8000 // milliseconds
)

// limitUnacknowledged gives a connection up whose other side has not acknowledged what
// was sent for some seconds.
func limitUnacknowledged(network, _ string, raw syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil
	}
	var failed error
	if err := raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, unacknowledged)
	}); err != nil {
		return err
	}
	return failed
}
