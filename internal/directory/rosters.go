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
	bytes    int // of all rosters together
	followed int // events; after more, rosters are read anew
	changed  int // users of an organisation that wait to be read again
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
	followed moment // up to which events were looked at
	epoch    int    // goes up when the events are too many to follow
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
	number int64 // of its event, as moments have it
	user   string
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

// follow looks at the events that came since the last time, up to those that the
// snapshot shows, and tells the rosters whose users they are about. It returns how far
// the snapshot goes.
func (s *rosters) follow(tx *db.Tx) (now moment, err error) {
	if now, err = readMoment(tx); err != nil {
		return now, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.server != s.followed.server || now.next-s.followed.next > int64(s.bounds.followed) {
		s.beginAnew(now)
		return now, nil
	}
	if !s.followed.before(now) {
		return now, nil
	}
	events, deletion := 0, false
	err = tx.Each(eventsSince.For(tx), []any{s.followed.next, now.next, s.followed.missingList(), s.bounds.followed + 1}, func(rows *db.Rows) error {
		var c change
		var org int64
		var moved bool
		if err := rows.Scan(&c.number, &c.user, &org, &moved); err != nil {
			return err
		}
		s.note(c, org, moved)
		events++
		deletion = deletion || c.user == ""
		return nil
	})
	switch {
	case err != nil || deletion || events > s.bounds.followed:
		s.beginAnew(now) // not every roster was told what it needs
	default:
		s.followed = now
	}
	return now, err
}

// beginAnew has every roster read again: the events are too many to follow, or lost.
func (s *rosters) beginAnew(now moment) {
	s.epoch++
	for _, r := range s.byOrg {
		r.changed = nil
	}
	s.followed = now
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

// changedUntil takes out the users that changed as far as a snapshot shows, each once.
// fresh is false if that is not known: all have to be read, from a snapshot that lacks
// nothing of what was looked at while the roster was not told.
func (s *rosters) changedUntil(r *orgRoster, now moment) (users []string, fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.epoch != s.epoch && (now.server != s.followed.server || now.before(s.followed)) {
		return nil, false, errRostersBehind
	}
	var later []change
	for _, c := range r.changed {
		if now.shows(c.number) {
			users = append(users, c.user)
		} else {
			later = append(later, c)
		}
	}
	r.changed = later
	fresh = r.epoch == s.epoch
	r.epoch = s.epoch
	slices.Sort(users)
	return slices.Compact(users), fresh, nil
}

// current reports whether nothing that a snapshot shows changed the users of a roster
// without the roster having been told of it.
func (s *rosters) current(r *orgRoster, now moment) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.roster != nil && r.epoch == s.epoch &&
		!slices.ContainsFunc(r.changed, func(c change) bool { return now.shows(c.number) })
}
