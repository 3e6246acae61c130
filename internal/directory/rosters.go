package directory

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/roundtable-directory/roundtable/internal/db"
	"github.com/roundtable-directory/roundtable/internal/roster"
)

// rosterBounds bound the rosters.
type rosterBounds struct {
	bytes    int   // of all rosters together
	followed int64 // events; after more, rosters are read anew
	changed  int   // users of an organisation that wait to be read again
}

func newRosters() rosters {
	return rosters{bounds: rosterBounds{bytes: 256 << 20, followed: 100_000, changed: 20_000}, byOrg: make(map[int64]*orgRoster)}
}

// rosters hold the users of organisations in memory, for searches. They are no truth:
// a search proves, in the snapshot that it answers from, that the rosters it asks are
// current, by what is recorded with every change. The events name the users who
// changed; the shops_version of an organisation goes up with its businesses and groups.
type rosters struct {
	bounds rosterBounds

	mu       sync.Mutex
	followed int64 // the last event that was looked at
	epoch    int   // goes up when the events are too many to follow
	clock    int64
	bytes    int
	byOrg    map[int64]*orgRoster
}

// orgRoster is the roster of an organisation. Whoever asks it holds its lock from
// before the snapshot begins, so that it is never ahead of the snapshot.
type orgRoster struct {
	org    int64
	lock   sync.RWMutex
	roster *roster.Roster // nil: not read yet
	shops  int64          // the shops_version that it has

	// Under the lock of the rosters:
	epoch   int
	changed []change // users to be read again, by event
	used    int64
	bytes   int
	holders int
}

type change struct {
	event int64
	user  string
}

// Why a search has to begin anew.
var (
	errOtherRosters  = errors.New("other rosters are needed")
	errRostersBehind = errors.New("rosters are not current")
)

// held are rosters that a search has locked.
type held struct {
	rosters *rosters
	orgs    []*orgRoster
	alone   bool
	open    bool
}

// hold locks the rosters of organisations: alone to bring them up to date, or beside
// others.
func (s *rosters) hold(orgs []int64, alone bool) *held {
	h := &held{rosters: s, alone: alone, open: true}
	s.mu.Lock()
	s.clock++
	for _, org := range orgs {
		r := s.byOrg[org]
		if r == nil {
			r = &orgRoster{org: org, epoch: s.epoch}
			s.byOrg[org] = r
		}
		r.used = s.clock
		r.holders++
		h.orgs = append(h.orgs, r)
	}
	s.mu.Unlock()
	slices.SortFunc(h.orgs, func(a, b *orgRoster) int { return cmp.Compare(a.org, b.org) })
	for _, r := range h.orgs {
		if alone {
			r.lock.Lock()
		} else {
			r.lock.RLock()
		}
	}
	return h
}

// release gives the locks back, once.
func (h *held) release() {
	if !h.open {
		return
	}
	h.open = false
	h.rosters.weigh(h)
	for _, r := range h.orgs {
		if h.alone {
			r.lock.Unlock()
		} else {
			r.lock.RUnlock()
		}
	}
}

// holds reports whether the rosters are those of the organisations.
func (h *held) holds(orgs []int64) bool {
	if len(orgs) != len(h.orgs) {
		return false
	}
	sorted := slices.Sorted(slices.Values(orgs))
	for i, r := range h.orgs {
		if r.org != sorted[i] {
			return false
		}
	}
	return true
}

// weigh notes how large rosters have become, if that may have changed, and drops those
// not used for longest while all together are too large. Nobody holds those.
func (s *rosters) weigh(h *held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range h.orgs {
		r.holders--
		if h.alone && r.roster != nil {
			bytes := r.roster.Bytes()
			s.bytes += bytes - r.bytes
			r.bytes = bytes
		}
	}
	for s.bytes > s.bounds.bytes {
		var oldest *orgRoster
		for _, r := range s.byOrg {
			if r.holders == 0 && (oldest == nil || r.used < oldest.used) {
				oldest = r
			}
		}
		if oldest == nil {
			return
		}
		delete(s.byOrg, oldest.org)
		s.bytes -= oldest.bytes
	}
}

// follow looks at the events since the last time, up to the newest of the snapshot,
// and tells the rosters whose users they are about. It returns the newest.
func (s *rosters) follow(tx *db.Tx) (newest int64, err error) {
	if _, err := tx.One("SELECT COALESCE(MAX(id), 0) FROM events", nil, &newest); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if newest <= s.followed {
		return newest, nil
	}
	if newest-s.followed > s.bounds.followed {
		s.epoch++
		for _, r := range s.byOrg {
			r.changed = nil
		}
		s.followed = newest
		return newest, nil
	}
	err = tx.Each("SELECT id, user_id, org_id, changes LIKE '%\"org_id\"%' FROM events WHERE id > $1 AND id <= $2 ORDER BY id",
		[]any{s.followed, newest}, func(rows *db.Rows) error {
			var c change
			var org int64
			var moved bool
			if err := rows.Scan(&c.event, &c.user, &org, &moved); err != nil {
				return err
			}
			s.note(c, org, moved)
			s.followed = c.event
			return nil
		})
	return newest, err
}

// note leaves a change to the roster of its organisation, or to all if the user may
// have come from any.
func (s *rosters) note(c change, org int64, moved bool) {
	if !moved {
		s.byOrg[org].note(c, s.bounds.changed)
		return
	}
	for _, r := range s.byOrg {
		r.note(c, s.bounds.changed)
	}
}

func (r *orgRoster) note(c change, atMost int) {
	if r == nil || r.epoch < 0 {
		return
	}
	if r.changed = append(r.changed, c); len(r.changed) > atMost {
		r.changed, r.epoch = nil, -1
	}
}

// changedUntil takes out the users that changed up to an event, each once. fresh is
// false if that is not known: all have to be read, from a snapshot that lacks nothing
// of what was looked at while the roster was not told.
func (s *rosters) changedUntil(r *orgRoster, newest int64) (users []string, fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.epoch != s.epoch && newest < s.followed {
		return nil, false, errRostersBehind
	}
	n := upTo(r.changed, newest)
	for _, c := range r.changed[:n] {
		users = append(users, c.user)
	}
	r.changed = slices.Clone(r.changed[n:])
	fresh = r.epoch == s.epoch
	r.epoch = s.epoch
	slices.Sort(users)
	return slices.Compact(users), fresh, nil
}

// upTo counts the changes up to an event.
func upTo(changed []change, event int64) int {
	n, found := slices.BinarySearchFunc(changed, event, func(c change, event int64) int { return cmp.Compare(c.event, event) })
	if found {
		n++
	}
	return n
}

// current reports whether nothing changed the users of a roster, up to an event, that
// it was not told of.
func (s *rosters) current(r *orgRoster, newest int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.roster != nil && r.epoch == s.epoch && upTo(r.changed, newest) == 0
}
