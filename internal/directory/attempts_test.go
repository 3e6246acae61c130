package directory

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"
)

func addressOf(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
}

// fails counts how many attempts in a row are let pass, of at most n.
func fails(a *attempts, n int, account func(int) string, from func(int) netip.Addr, now time.Time) (passed int, delay time.Duration) {
	for i := range n {
		begun, wait := a.begin(account(i), from(i), false, now)
		if wait > 0 {
			break
		}
		begun.waited()
		passed, delay = passed+1, begun.delay
	}
	return passed, delay
}

func always[T any](value T) func(int) T { return func(int) T { return value } }

func numbered(i int) string { return fmt.Sprint("u", i, "@example.com") }

func TestAttemptsAreLimited(t *testing.T) {
	t.Parallel()
	a := newAttempts()
	if n, _ := fails(a, 100, always("perceval"), always(addressOf(1)), noon); n != 6 {
		t.Errorf("%d on one account from one address", n)
	}
	if n, _ := fails(a, 100, always("perceval"), always(addressOf(1)), noon.Add(19*time.Second)); n != 0 {
		t.Errorf("%d after 19 seconds", n)
	}
	if n, _ := fails(a, 100, always("perceval"), always(addressOf(1)), noon.Add(20*time.Second)); n != 1 {
		t.Errorf("%d after 20 seconds", n)
	}
	if n, _ := fails(a, 100, numbered, always(addressOf(2)), noon); n != 30 {
		t.Errorf("%d on many accounts from one address", n)
	}
	network := func(i int) netip.Addr { return netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", i)) }
	if n, _ := fails(a, 100, numbered, network, noon); n != 30 {
		t.Errorf("%d from one IPv6 network", n)
	}
}

// Whoever tries an account from a thousand addresses delays others, and locks out nobody:
// not from an address that the account has signed in from, nor from anywhere.
func TestAttemptsLockOutNobody(t *testing.T) {
	t.Parallel()
	a := newAttempts()
	home, _ := a.begin("perceval", addressOf(1), false, noon)
	home.succeed()
	if n, delay := fails(a, 1000, always("perceval"), func(i int) netip.Addr { return addressOf(100 + i) }, noon); n != 1000 || delay != maxDelay {
		t.Errorf("%d from many addresses, the last after %s", n, delay)
	}
	if begun, wait := a.begin("perceval", addressOf(1), false, noon); wait > 0 || begun.delay > 0 {
		t.Errorf("at home: %s, %s", wait, begun.delay)
	}
	if begun, wait := a.begin("perceval", addressOf(2), true, noon); wait > 0 || begun.delay > 0 {
		t.Errorf("beside a session: %s, %s", wait, begun.delay)
	}
	if begun, wait := a.begin("perceval", addressOf(3), false, noon); wait > 0 || begun.delay != maxDelay {
		t.Errorf("elsewhere: %s, %s", wait, begun.delay)
	}
	if begun, wait := a.begin("gauvain", addressOf(3), false, noon); wait > 0 || begun.delay > 0 {
		t.Errorf("another account: %s, %s", wait, begun.delay)
	}
	if begun, _ := a.begin("perceval", addressOf(4), false, noon.Add(time.Hour)); begun.delay > 0 {
		t.Errorf("an hour later: %s", begun.delay)
	}
}

// Few are kept waiting at a time.
func TestAttemptsHoldFew(t *testing.T) {
	t.Parallel()
	a := newAttempts()
	refused := 0
	for i := range maxHeld + 200 {
		if _, wait := a.begin("perceval", addressOf(i), false, noon); wait > 0 {
			refused++
		}
	}
	if refused < 100 || a.held != maxHeld {
		t.Errorf("%d refused, %d held", refused, a.held)
	}
}

// What was forgiven counts for nothing.
func TestAttemptsAreForgiven(t *testing.T) {
	t.Parallel()
	a := newAttempts()
	for i := range 1000 {
		begun, wait := a.begin("perceval", addressOf(1), false, noon)
		if wait > 0 || begun.delay > 0 {
			t.Fatalf("attempt %d: %s, %s", i, wait, begun.delay)
		}
		begun.forgive()
	}
}

// A hundred thousand attempts, each on another account from another address, take a
// bounded room.
func TestAttemptsTakeBoundedRoom(t *testing.T) {
	a := newAttempts()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 100_000 {
		begun, _ := a.begin(numbered(i), addressOf(i), false, noon)
		if i%2 == 0 {
			begun.succeed()
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%d KiB", (int64(after.HeapAlloc)-int64(before.HeapAlloc))/1024)
	if n := len(a.young) + len(a.old); n > 2*maxTracked || len(a.friend) > maxTracked {
		t.Errorf("%d entries, %d addresses", n, len(a.friend))
	}
	if took := int64(after.HeapAlloc) - int64(before.HeapAlloc); took > 32<<20 {
		t.Errorf("%d bytes", took)
	}
}
