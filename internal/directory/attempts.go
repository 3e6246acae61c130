package directory

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Bounds of what is remembered of attempts to sign in.
const (
	maxTracked  = 50_000 // entries, of each of two generations
	maxHeld     = 512    // visitors who are kept waiting at a time
	maxDelay    = 5 * time.Second
	ipv6Network = 64 // bits of an address, of which somebody has all the rest
)

// attemptLimit allows burst attempts at once, and then one every so often.
type attemptLimit struct {
	burst int
	every time.Duration
}

// attemptsByAddress bounds what fails from one address, on whatever accounts.
func attemptsByAddress() attemptLimit { return attemptLimit{30, 10 * time.Second} }

// attemptsByBoth bounds what fails from one address on one account.
func attemptsByBoth() attemptLimit { return attemptLimit{6, 20 * time.Second} }

// attemptsByAccount bounds what fails on one account from addresses that it never signed in
// from. Beyond it they are delayed and not refused: nobody can lock somebody else out.
func attemptsByAccount() attemptLimit { return attemptLimit{20, 30 * time.Second} }

// attempts remembers what failed, and from where accounts have signed in. It is kept in
// memory, of each node apart, and bounded: the older of two generations is forgotten when
// the younger is full. A restart forgives.
type attempts struct {
	mu     sync.Mutex
	seed   maphash.Seed
	young  map[uint64]int64 // until when an entry has used up what it may, Unix nanoseconds
	old    map[uint64]int64
	friend map[uint64]bool // account and address of those who signed in
	held   int
}

func newAttempts() *attempts {
	return &attempts{seed: maphash.MakeSeed(), young: make(map[uint64]int64), friend: make(map[uint64]bool)}
}

// attempt is a try to sign in that was let pass. It counts as failed until it is forgiven.
type attempt struct {
	of    *attempts
	taken [3]uint64
	limit [3]attemptLimit
	delay time.Duration // to be waited for before it is gone on with
}

// begin counts an attempt on an account from an address. wait above zero refuses it; known
// says that the account has signed in from there.
func (a *attempts) begin(account string, from netip.Addr, known bool, now time.Time) (begun attempt, wait time.Duration) {
	begun = a.attempt(account, from)
	a.mu.Lock()
	defer a.mu.Unlock()
	if wait = begun.refused(now); wait > 0 {
		return begun, wait
	}
	known = known || a.friend[begun.taken[1]]
	if known {
		begun.taken[2] = 0
	} else if begun.delay = min(maxDelay, begun.limit[2].wait(a.entry(begun.taken[2]), now)); begun.delay > 0 {
		if a.held >= maxHeld {
			return begun, begun.delay
		}
		a.held++
	}
	for i, key := range begun.taken {
		if key != 0 {
			a.set(key, begun.limit[i].take(a.entry(key), now))
		}
	}
	return begun, 0
}

// refuses tells how long an account is refused from an address, without counting anything:
// for who would rather not begin to work for that.
func (a *attempts) refuses(account string, from netip.Addr, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.attempt(account, from).refused(now)
}

// attempt is a try that is not counted yet.
func (a *attempts) attempt(account string, from netip.Addr) attempt {
	address := network(from)
	return attempt{
		of:    a,
		taken: [3]uint64{a.key("address", "", address), a.key("both", account, address), a.key("account", account, "")},
		limit: [3]attemptLimit{attemptsByAddress(), attemptsByBoth(), attemptsByAccount()},
	}
}

// refused is how long the attempt may not be made.
func (t attempt) refused(now time.Time) (wait time.Duration) {
	for i := range 2 {
		wait = max(wait, t.limit[i].wait(t.of.entry(t.taken[i]), now))
	}
	return wait
}

// waited ends the delay of an attempt.
func (t attempt) waited() {
	if t.delay > 0 {
		t.of.mu.Lock()
		defer t.of.mu.Unlock()
		t.of.held--
	}
}

// forgive takes back an attempt that was not judged, or succeeded.
func (t attempt) forgive() {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	for i, key := range t.taken {
		if until := t.of.entry(key); until != 0 {
			t.of.set(key, until-int64(t.limit[i].every))
		}
	}
}

// succeed forgives an attempt, and all that failed before from there on this account.
func (t attempt) succeed() {
	t.forgive()
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	delete(t.of.young, t.taken[1])
	delete(t.of.old, t.taken[1])
	if len(t.of.friend) >= maxTracked {
		clear(t.of.friend)
	}
	t.of.friend[t.taken[1]] = true
}

// wait is how long it takes until a further attempt is allowed.
func (l attemptLimit) wait(until int64, now time.Time) time.Duration {
	return max(0, time.Duration(until-now.UnixNano())-time.Duration(l.burst-1)*l.every)
}

// take is until when an entry is used up after a further attempt. It never lies further
// ahead than one beyond the burst, so that many attempts cost later ones no more.
func (l attemptLimit) take(until int64, now time.Time) int64 {
	full := now.UnixNano() + int64(l.burst)*int64(l.every)
	return min(max(until, now.UnixNano())+int64(l.every), full+int64(maxDelay))
}

func (a *attempts) entry(key uint64) int64 { return max(a.young[key], a.old[key]) }

func (a *attempts) set(key uint64, until int64) {
	if len(a.young) >= maxTracked {
		a.young, a.old = make(map[uint64]int64), a.young
	}
	a.young[key] = until
	delete(a.old, key)
}

// key is what an entry is remembered under: a hash that nobody outside can aim at.
func (a *attempts) key(kind, account, address string) uint64 {
	var h maphash.Hash
	h.SetSeed(a.seed)
	for _, part := range []string{kind, account, address} {
		_, _ = h.WriteString(part) // never fails
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// network is the address, or of IPv6 the network that its owner has.
func network(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is6() {
		if prefix, err := address.Prefix(ipv6Network); err == nil {
			return prefix.String()
		}
	}
	return address.String()
}
